/*
 * mremap where memory or the limit of the space is short.
 */
#include "world.h"

#define BASE  MIB(2)
#define LIMIT MIB(4)

static uint64_t addr_of(unsigned page)
{
    return BASE + page * PAGE_SIZE;
}

static struct vspace *space_with(unsigned first, unsigned nr)
{
    struct vspace_map_request r = {.addr = addr_of(first),
                                   .size = nr * PAGE_SIZE,
                                   .flags = VMA_READ | VMA_WRITE,
                                   .options = VSPACE_FIXED,
                                   .ops = &vma_anonymous};
    struct vspace *vs = vspace_create(VSPACE_STAGE1, BASE, LIMIT);
    uint64_t addr;

    assert_non_null(vs);
    assert_int_equal(vspace_map(vs, &r, &addr), 0);
    for (uint64_t i = first; i < first + nr; i++)
        assert_int_equal(vspace_copy_in(vs, addr_of((unsigned)i), &i, sizeof(i)), sizeof(i));
    return vs;
}

/* Pages [at, at + nr) hold what was written to those from `first` on. */
static void assert_holds(struct vspace *vs, unsigned at, unsigned first, unsigned nr)
{
    for (unsigned i = 0; i < nr; i++) {
        uint64_t value = 0;

        assert_int_equal(vspace_copy_out(vs, &value, addr_of(at + i), sizeof(value)),
                         sizeof(value));
        assert_int_equal(value, first + i);
    }
}

/* Pages 32 to 58 of 32 to 66 go to 21 to 31: the new place ends where the old one begins. */
static bool move_beside(uint64_t nth)
{
    struct vspace *vs = space_with(32, 35);
    uint64_t hits = alloc_fail_hits(), addr;
    bool has_failed;
    int err;

    alloc_fail_set(nth);
    err = vspace_remap(vs, addr_of(32), 27 * PAGE_SIZE, 11 * PAGE_SIZE,
                       VSPACE_REMAP_MAY_MOVE | VSPACE_REMAP_FIXED, addr_of(21), &addr);
    alloc_fail_set(0);
    has_failed = alloc_fail_hits() != hits;
    if (err != 0) {
        assert_int_equal(err, -ENOMEM);
        assert_true(has_failed);
        assert_true(vs->nr_bytes == 35 * PAGE_SIZE);
        assert_true(vspace_find(vs, addr_of(21))->start == addr_of(32));
        assert_holds(vs, 32, 32, 35);
    } else {
        assert_true(vs->nr_bytes == (11 + 8) * PAGE_SIZE);
        assert_holds(vs, 21, 32, 11);
        assert_holds(vs, 59, 59, 8);
    }
    vspace_put(vs);
    return has_failed;
}

static void test_move_beside_itself_without_memory(void **state)
{
    uint64_t used = nr_used_bytes(), nr_free = nr_free_frames(), nth = 1;

    (void)state;
    while (move_beside(nth))
        nth++;
    assert_true(nth > 2); /* a border and the new mapping need memory */
    assert_true(nr_used_bytes() == used);
    assert_true(nr_free_frames() == nr_free);
}

static int map_fixed(struct vspace *vs, unsigned first, unsigned nr)
{
    struct vspace_map_request r = {.addr = addr_of(first),
                                   .size = nr * PAGE_SIZE,
                                   .flags = VMA_READ,
                                   .options = VSPACE_FIXED,
                                   .ops = &vma_anonymous};
    uint64_t addr;

    return vspace_map(vs, &r, &addr);
}

/* As on Linux: what is replaced or moved does not count twice. */
static void test_limit_counts_growth_only(void **state)
{
    const uint32_t fixed = VSPACE_REMAP_MAY_MOVE | VSPACE_REMAP_FIXED;
    struct vspace *vs = space_with(0, 20);
    uint64_t addr;

    (void)state;
    vs->limits.nr_bytes = 20 * PAGE_SIZE;
    assert_int_equal(map_fixed(vs, 12, 4), 0);
    assert_int_equal(map_fixed(vs, 16, 5), -ENOMEM); /* one page of it is new */
    assert_int_equal(
        vspace_remap(vs, addr_of(0), 8 * PAGE_SIZE, 8 * PAGE_SIZE, fixed, addr_of(40), &addr), 0);
    assert_holds(vs, 40, 0, 8);
    assert_int_equal(
        vspace_remap(vs, addr_of(40), 8 * PAGE_SIZE, 9 * PAGE_SIZE, fixed, addr_of(60), &addr),
        -ENOMEM);
    assert_int_equal(vspace_remap(vs, addr_of(40), 8 * PAGE_SIZE, 8 * PAGE_SIZE,
                                  VSPACE_REMAP_MAY_MOVE | VSPACE_REMAP_KEEP, 0, &addr),
                     -ENOMEM);
    assert_holds(vs, 40, 0, 8);
    assert_true(vs->nr_bytes == 20 * PAGE_SIZE);
    vspace_put(vs);
}

static int setup(void **state)
{
    (void)state;
    if (world_init() != 0)
        return -1;
    vspace_put(space_with(0, 1)); /* what is allocated once and kept */
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_move_beside_itself_without_memory),
        cmocka_unit_test(test_limit_counts_growth_only),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}
