/*
 * Physical ranges of mm/vspace, which are mapped by large pages, against an array of pages: rights
 * and places change by single pages, and no access meets anything else.
 *
 * A failing run prints its seed: VSPACE_TEST_SEED=n repeats it.
 */
#include "world.h"

#define FLASH_PAGES 1536u /* three large pages */
#define FLASH_PA    0x20000000ull
#define FLASH_BASE  MIB(2)
#define FLASH_LIMIT MIB(32)
#define FLASH_AREA  ((unsigned)((FLASH_LIMIT - FLASH_BASE) / PAGE_SIZE))

struct flash_page {
    uint32_t rights;
    unsigned index; /* of the flash, from 1; 0: nothing is mapped */
};

static struct flash_page flash_pages[FLASH_AREA];

static void flash_check(struct vspace *vs, unsigned i)
{
    const struct flash_page *p = &flash_pages[i];
    struct vspace_translation t;

    vspace_query(vs, FLASH_BASE + i * PAGE_SIZE, &t);
    if (!t.is_mapped)
        return;
    assert_true(p->index != 0);
    assert_true(t.pa.v == FLASH_PA + (p->index - 1) * PAGE_SIZE);
    assert_int_equal(t.rights, p->rights);
}

static void flash_access(struct vspace *vs, unsigned i, uint32_t access)
{
    const struct flash_page *p = &flash_pages[i];
    uint64_t addr = FLASH_BASE + i * PAGE_SIZE;
    struct vspace_translation t;
    int expected = p->index == 0 ? -EFAULT : p->rights & access ? 0 : -EACCES;

    vspace_query(vs, addr, &t);
    if (t.is_mapped && t.rights & access) {
        assert_int_equal(expected, 0);
        return;
    }
    if (!is_done(vspace_fault(vs, addr, access), expected))
        return;
    vspace_query(vs, addr, &t);
    assert_true(t.is_mapped && t.rights & access);
}

static void flash_step(struct vspace *vs)
{
    unsigned first = below(FLASH_AREA), nr = 1 + below(MIN(FLASH_AREA - first, 700u)), to;
    uint64_t addr = FLASH_BASE + first * PAGE_SIZE, size = nr * PAGE_SIZE, out;
    uint32_t rights = below(2) ? VMA_READ : VMA_READ | VMA_WRITE;
    struct flash_page moved[700];
    bool is_covered = true;

    for (unsigned i = first; i < first + nr; i++)
        is_covered &= flash_pages[i].index != 0;
    switch (below(8)) {
    case 0:
        if (is_done(vspace_unmap(vs, addr, size), 0))
            memset(&flash_pages[first], 0, nr * sizeof(flash_pages[0]));
        break;
    case 1:
        (void)is_done(vspace_protect(vs, addr, size, rights), is_covered ? 0 : -ENOMEM);
        for (unsigned i = first; i < first + nr && flash_pages[i].index != 0; i++)
            flash_pages[i].rights = rights; /* up to the first hole */
        break;
    case 2:
        if (vspace_remap(vs, addr, size, size, VSPACE_REMAP_MAY_MOVE | VSPACE_REMAP_KEEP, 0,
                         &out) == 0) {
            to = (unsigned)((out - FLASH_BASE) / PAGE_SIZE);
            memcpy(&flash_pages[to], &flash_pages[first], nr * sizeof(flash_pages[0]));
        }
        break;
    case 3:
        to = below(FLASH_AREA - nr);
        if (vspace_remap(vs, addr, size, size, VSPACE_REMAP_MAY_MOVE | VSPACE_REMAP_FIXED,
                         FLASH_BASE + to * PAGE_SIZE, &out) == 0) {
            memcpy(moved, &flash_pages[first], nr * sizeof(flash_pages[0]));
            memset(&flash_pages[first], 0, nr * sizeof(flash_pages[0]));
            memcpy(&flash_pages[to], moved, nr * sizeof(flash_pages[0]));
        }
        break;
    default:
        flash_access(vs, first, below(2) ? VMA_READ : VMA_WRITE);
        break;
    }
}

static void run_flash(uint64_t seed)
{
    struct vspace *vs = vspace_create(VSPACE_STAGE1, FLASH_BASE, FLASH_LIMIT);
    struct vspace_map_request r = {
        .addr = FLASH_BASE,
        .size = FLASH_PAGES * PAGE_SIZE,
        .flags = VMA_READ | VMA_WRITE | VMA_SHARED | VMA_MAY_WRITE,
        .options = VSPACE_FIXED,
        .ops = &vma_physical,
        .offset = FLASH_PA,
    };
    struct vspace_translation t;
    uint64_t addr;

    assert_non_null(vs);
    prng_init(&prng, seed);
    may_fail = false;
    memset(flash_pages, 0, sizeof(flash_pages));
    assert_int_equal(vspace_map(vs, &r, &addr), 0);
    for (unsigned i = 0; i < FLASH_PAGES; i++)
        flash_pages[i] = (struct flash_page){VMA_READ | VMA_WRITE, i + 1};
    assert_int_equal(vspace_fault(vs, FLASH_BASE, VMA_READ), 0);
    vspace_query(vs, FLASH_BASE, &t);
    assert_true(t.page_size == MIB(2));
    assert_int_equal(
        vspace_remap(vs, FLASH_BASE, r.size, r.size + PAGE_SIZE, VSPACE_REMAP_MAY_MOVE, 0, &addr),
        -EFAULT); /* past the bank */
    assert_int_equal(vspace_copy_out(vs, &addr, FLASH_BASE, sizeof(addr)), -EFAULT); /* no RAM */
    assert_int_equal(vspace_copy_in(vs, FLASH_BASE, &addr, sizeof(addr)), -EFAULT);
    for (unsigned step_nr = 0; step_nr < 60; step_nr++) {
        flash_step(vs);
        for (unsigned i = 0; i < FLASH_AREA; i++)
            flash_check(vs, i);
    }
    vspace_put(vs);
}

static void test_physical(void **state)
{
    uint64_t seed = first_seed(), nr_free = nr_free_frames(), used = nr_used_bytes();

    (void)state;
    for (unsigned i = 0; i < 40; i++, seed++) {
        print_message("seed %llu\n", (unsigned long long)seed);
        run_flash(seed);
        assert_true(nr_used_bytes() == used);
        assert_true(nr_free_frames() == nr_free);
    }
}

static int setup(void **state)
{
    (void)state;
    if (world_init() != 0)
        return -1;
    run_flash(0); /* what is allocated once and kept */
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_physical),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}
