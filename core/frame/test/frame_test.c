/*
 * core/frame against a model: a set of owned page ranges, driven by random sequences. One file: the
 * model is one test's, and the cases before it share its memory and books.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <base/errno.h>
#include <frame/frame.h>
#include <host/host.h>

#include "../zone.h"

#define RAM_BASE 0x80000000ull

static uint64_t random_state;

static uint64_t next_random(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}

/* A fresh allocator: components keep their state in globals, which only a test resets. */
static void reset(const struct frame_range *ram, size_t nr_ram, const struct frame_range *reserved,
                  size_t nr_reserved)
{
    uint64_t low = UINT64_MAX, high = 0;

    for (size_t i = 0; i < nr_ram; i++) {
        low = MIN(low, ram[i].start.v);
        high = MAX(high, ram[i].start.v + ram[i].size);
    }
    random_state = 0x9e3779b97f4a7c15ull;
    memset(frame_zones, 0, sizeof(frame_zones));
    memset(&frame_holes, 0, sizeof(frame_holes));
    memset(&frame_extras, 0, sizeof(frame_extras));
    memset(&frame_cache, 0, sizeof(frame_cache));
    frame_nr_zones = 0;
    frame_nr_meta = 0;
    host_ram_init(PADDR(ALIGN_DOWN(low, MIB(1))), ALIGN_UP(high, MIB(1)) - ALIGN_DOWN(low, MIB(1)));
    assert_int_equal(frame_init(ram, nr_ram, reserved, nr_reserved), 0);
}

static void reset_simple(uint64_t size)
{
    const struct frame_range ram = {PADDR(RAM_BASE), size};
    const struct frame_range reserved = {PADDR(RAM_BASE), MIB(2)};

    reset(&ram, 1, &reserved, 1);
}

/* Every frame is accounted for exactly once. */
static void check_books(uint64_t nr_used)
{
    struct frame_stats s;

    frame_check();
    frame_stats(&s);
    assert_int_equal(s.total, s.free + s.reserved + s.meta + nr_used);
}

static void test_boot_is_lazy(void **state)
{
    struct frame_stats small, large;

    reset_simple(MIB(16));
    frame_stats(&small);
    check_books(0);
    reset_simple(GIB(64));
    frame_stats(&large);
    check_books(0);
    assert_int_equal(small.meta, large.meta);
    assert_true(large.meta <= 4);
}

static void test_single_pages(void **state)
{
    static struct frame *frames[8192];
    size_t nr = 0;

    reset_simple(MIB(16));
    while ((frames[nr] = frame_alloc(0, 0)) != NULL) {
        assert_int_equal(frames[nr]->refcount, 1);
        memset(frame_to_virt(frames[nr]), (int)nr, PAGE_SIZE);
        nr++;
        assert_true(nr < ARRAY_SIZE(frames));
    }
    check_books(nr);
    /* 14 MiB are not reserved: 3584 frames, of which descriptors take 28. */
    assert_true(nr >= 3584 - 30);
    for (size_t i = 0; i < nr; i++) {
        const uint8_t *bytes = frame_to_virt(frames[i]);

        assert_int_equal(bytes[0], (uint8_t)i);
        assert_int_equal(bytes[PAGE_SIZE - 1], (uint8_t)i);
        frame_free(frames[i], 0);
    }
    frame_cache_drain();
    check_books(0);
}

static void test_merges_up_to_1_gib(void **state)
{
    struct frame *big, *small[100];

    reset_simple(GIB(3));
    for (size_t i = 0; i < ARRAY_SIZE(small); i++)
        small[i] = frame_alloc(i % 4, 0);
    big = frame_alloc(FRAME_MAX_ORDER, 0);
    assert_non_null(big);
    assert_int_equal(frame_to_pa(big).v, RAM_BASE + GIB(1));
    assert_null(frame_alloc(FRAME_MAX_ORDER, 0));
    frame_free(big, FRAME_MAX_ORDER);
    for (size_t i = 0; i < ARRAY_SIZE(small); i++)
        frame_free(small[i], i % 4);
    frame_cache_drain();
    check_books(0);
    for (size_t i = 0; i < 1000; i++)
        assert_non_null(frame_alloc(9, 0));
    big = frame_alloc(FRAME_MAX_ORDER, 0);
    assert_null(big);
    check_books(1000 << 9);
}

static void test_zero(void **state)
{
    struct frame *f;

    reset_simple(MIB(16));
    f = frame_alloc(3, 0);
    memset(frame_to_virt(f), 0xff, PAGE_SIZE << 3);
    frame_free(f, 3);
    f = frame_alloc(3, FRAME_ZERO);
    for (size_t i = 0; i < PAGE_SIZE << 3; i++)
        assert_int_equal(((uint8_t *)frame_to_virt(f))[i], 0);
    frame_free(f, 3);
    check_books(0);
}

static void test_contig(void **state)
{
    struct frame *f;

    reset_simple(MIB(64));
    assert_null(frame_alloc_contig(0, 1, 0));
    assert_null(frame_alloc_contig((1ul << FRAME_MAX_ORDER) + 1, 1, 0));
    f = frame_alloc_contig(1000, 1, FRAME_ZERO);
    assert_non_null(f);
    check_books(1000);
    /* Pieces may go back one by one and in runs. */
    frame_free(f + 500, 0);
    frame_free_contig(f + 501, 499);
    for (size_t i = 0; i < 500; i++)
        assert_true(frame_put(f + i));
    frame_cache_drain();
    check_books(0);
}

/* Act like a program that touches 64 pages and frees them: windows of 1, 2, 4, ... pages. */
static void touch_and_return(void)
{
    struct frame *singles[31], *blocks[2];

    for (size_t i = 0; i < ARRAY_SIZE(singles); i++)
        singles[i] = frame_alloc(0, 0);
    for (size_t i = 0; i < ARRAY_SIZE(blocks); i++) {
        blocks[i] = frame_alloc(4, 0);
        frame_split(blocks[i], 4);
    }
    for (size_t i = 0; i < ARRAY_SIZE(singles); i++)
        frame_free_contig(singles[i], 1);
    for (size_t i = 0; i < ARRAY_SIZE(blocks); i++)
        frame_free_contig(blocks[i], 16);
}

/* Once the caches are warm, nothing of it goes to the lists, where each block would merge. */
static void test_load_stays_in_the_caches(void **state)
{
    struct frame_stats before, after;

    reset_simple(MIB(16));
    for (size_t i = 0; i < 4; i++)
        touch_and_return();
    frame_stats(&before);
    for (size_t i = 0; i < 100; i++) {
        touch_and_return();
        frame_stats(&after);
        assert_int_equal(after.cached, before.cached);
        assert_memory_equal(after.nr_free, before.nr_free, sizeof(before.nr_free));
    }
    frame_cache_drain();
    check_books(0);
}

/* All frames single, freed in random order: the few in the caches must not keep a block in
 * pieces. */
static void test_large_block_after_fragments(void **state)
{
    static struct frame *frames[16384];
    size_t nr = 0;
    struct frame *f;

    reset_simple(MIB(64));
    while ((frames[nr] = frame_alloc(0, 0)) != NULL)
        nr++;
    for (size_t left = nr; left > 0; left--) {
        size_t i = next_random() % left;

        frame_free(frames[i], 0);
        frames[i] = frames[left - 1];
    }
    f = frame_alloc(12, 0);
    assert_non_null(f);
    frame_free(f, 12);
    f = frame_alloc_contig(nr / 2, 1, 0);
    assert_non_null(f);
    frame_free_contig(f, nr / 2);
    check_books(0);
}

static void expect_run(size_t nr_pages, size_t align)
{
    struct frame *f = frame_alloc_contig(nr_pages, align, 0);

    assert_non_null(f);
    assert_true(IS_ALIGNED(frame_to_pfn(f), align));
    check_books(nr_pages);
    frame_free_contig(f, nr_pages);
    check_books(0);
}

/* No power of two: what is free in one piece can be had. */
static void test_runs_of_any_length(void **state)
{
    static const struct frame_range ram = {PADDR(RAM_BASE), GIB(8)};
    const struct frame_range reserved[] = {{PADDR(RAM_BASE), MIB(2)},
                                           {PADDR(RAM_BASE + GIB(3)), KIB(4)}};

    reset_simple(MIB(64));
    expect_run(MIB(61) >> PAGE_SHIFT, 1);
    expect_run(4097, 1);
    expect_run(4097, 512);
    assert_null(frame_alloc_contig(MIB(62) >> PAGE_SHIFT, 1, 0));
    reset(&ram, 1, reserved, 2);
    expect_run((GIB(1) >> PAGE_SHIFT) - 1, 1);
    expect_run((GIB(1) >> PAGE_SHIFT) + 1, 1);
    expect_run((GIB(5) - MIB(80)) >> PAGE_SHIFT, 1);
    expect_run(GIB(3) >> PAGE_SHIFT, 1ul << FRAME_MAX_ORDER); /* behind the hole */
    assert_null(frame_alloc_contig(GIB(5) >> PAGE_SHIFT, 1, 0));
}

static void test_runs_grow(void **state)
{
    struct frame *f, *behind;

    reset_simple(MIB(64));
    f = frame_alloc_contig(5, 1, 0);
    assert_non_null(f);
    for (size_t nr = 5; nr < 10000; nr += 37) /* into RAM that was not open */
        assert_true(frame_extend_contig(f, nr, 37));
    check_books(5 + (10000 - 5 + 36) / 37 * 37);
    frame_free_contig(f + 5, (10000 - 5 + 36) / 37 * 37);
    behind = f + 20;
    while (behind != f + 5 && frame_extend_contig(f, 5, (size_t)(behind - f) - 5 + 1) == false)
        behind--;
    frame_free_contig(f + 5, (size_t)(behind - f) - 5 + 1);
    assert_false(frame_extend_contig(f, 5, MIB(64) >> PAGE_SHIFT));
    frame_free_contig(f, 5);
    check_books(0);
}

/* A run of single frames that ends in the next zone: the last pages of a node were reserved. */
static void test_contig_across_zones(void **state)
{
    const struct frame_range ram[] = {
        {PADDR(RAM_BASE), MIB(8)},
        {PADDR(RAM_BASE + MIB(8)), MIB(4)},
    };
    const struct frame_range reserved = {PADDR(RAM_BASE + MIB(8) - KIB(64)), KIB(64)};
    uint64_t nr_above = 0;
    struct frame *f;
    size_t nr = 16;

    reset(ram, ARRAY_SIZE(ram), &reserved, 1);
    assert_int_equal(frame_adopt(reserved.start, reserved.size), 0);
    while ((f = frame_alloc(0, 0)) != NULL) {
        nr++;
        nr_above += frame_to_pa(f).v >= RAM_BASE + MIB(8) && frame_to_pa(f).v < RAM_BASE + MIB(9);
    }
    assert_int_equal(nr_above, 256);
    check_books(nr);
    frame_free_contig(pa_to_frame(reserved.start), 16 + 256);
    check_books(nr - 16 - 256);
    assert_int_equal(frame_zones[0].nr_free, 16);
    assert_int_equal(frame_zones[1].nr_free, 256);
}

static void test_refcount(void **state)
{
    struct frame *f;

    reset_simple(MIB(16));
    f = frame_alloc(2, 0);
    frame_get(f);
    assert_false(frame_put(f));
    check_books(4);
    assert_true(frame_put(f));
    check_books(0);
}

/* Several nodes, holes at odd places: every frame outside the holes can be had, none inside. */
static void test_zones_and_holes(void **state)
{
    const struct frame_range ram[] = {
        {PADDR(RAM_BASE), MIB(8)},
        {PADDR(RAM_BASE + MIB(8)), MIB(4)},
        {PADDR(RAM_BASE + MIB(32)), MIB(8)},
        {PADDR(RAM_BASE + MIB(34)), MIB(2)}, /* inside another: ignored */
    };
    const struct frame_range reserved[] = {
        {PADDR(RAM_BASE), KIB(512)},
        {PADDR(RAM_BASE + MIB(2)), KIB(300)},
        {PADDR(RAM_BASE + MIB(2) + 100), KIB(299)}, /* overlaps */
        {PADDR(RAM_BASE + MIB(33) + 5), 1},
        {PADDR(RAM_BASE + MIB(39) + KIB(900)), KIB(12)},
        {PADDR(RAM_BASE + MIB(20)), MIB(1)}, /* no RAM there */
    };
    struct frame *f;
    size_t nr = 0;

    reset(ram, ARRAY_SIZE(ram), reserved, ARRAY_SIZE(reserved));
    check_books(0);
    while ((f = frame_alloc(0, 0)) != NULL) {
        uint64_t pa = frame_to_pa(f).v;
        bool is_ram = (pa >= RAM_BASE && pa < RAM_BASE + MIB(12)) ||
                      (pa >= RAM_BASE + MIB(32) && pa < RAM_BASE + MIB(40));

        assert_true(is_ram);
        for (size_t i = 0; i < ARRAY_SIZE(reserved); i++)
            assert_false(pa + PAGE_SIZE > reserved[i].start.v &&
                         pa < reserved[i].start.v + reserved[i].size);
        nr++;
    }
    check_books(nr);
    assert_true(nr > 5120 - 128 - 75 - 4 - 40 - 3);
}

static void test_release_and_adopt(void **state)
{
    const struct frame_range ram = {PADDR(RAM_BASE), MIB(64)};
    const struct frame_range reserved[] = {
        {PADDR(RAM_BASE), MIB(1)},
        {PADDR(RAM_BASE + MIB(2)), KIB(64)},   /* soon below the low watermark */
        {PADDR(RAM_BASE + MIB(32)), MIB(5)},   /* untouched region */
        {PADDR(RAM_BASE + MIB(63)), KIB(256)}, /* among the metadata */
    };
    struct frame_stats before, after;
    static struct frame *all[16384];
    size_t nr = 0;

    reset(&ram, 1, reserved, ARRAY_SIZE(reserved));
    for (size_t i = 0; i < 10; i++)
        frame_free(frame_alloc(8, 0), 8);
    frame_stats(&before);
    frame_release(reserved[1].start, reserved[1].size);
    check_books(0);
    frame_stats(&after);
    assert_int_equal(after.reserved, before.reserved - 16);

    assert_int_equal(frame_adopt(PADDR(RAM_BASE + MIB(32)), MIB(4)), 0);
    check_books(1024);
    assert_int_equal(frame_adopt(PADDR(RAM_BASE + MIB(32)), MIB(1)), -EINVAL);
    assert_int_equal(frame_adopt(PADDR(RAM_BASE + MIB(10)), MIB(1)), -EINVAL);
    frame_release(PADDR(RAM_BASE + MIB(36)), MIB(1));
    check_books(1024);
    assert_int_equal(frame_adopt(reserved[3].start, reserved[3].size), 0);
    check_books(1024 + 64);
    for (pfn_t i = 0; i < 1024; i++)
        assert_true(frame_put(pa_to_frame(PADDR(RAM_BASE + MIB(32) + i * PAGE_SIZE))));
    for (pfn_t i = 0; i < 64; i++)
        assert_true(frame_put(pa_to_frame(PADDR(reserved[3].start.v + i * PAGE_SIZE))));
    frame_cache_drain();
    check_books(0);
    frame_release(reserved[0].start, reserved[0].size);
    check_books(0);
    frame_stats(&after);
    assert_int_equal(after.reserved, 0);
    while ((all[nr] = frame_alloc(0, 0)) != NULL)
        nr++;
    check_books(nr);
    frame_stats(&after);
    assert_int_equal(after.total, nr + after.meta);
    while (nr > 0)
        frame_free(all[--nr], 0);
    frame_cache_drain();
    check_books(0);
}

static uint64_t nr_usable(void)
{
    struct frame_stats s;

    frame_stats(&s);
    return s.total - s.reserved - s.meta - s.meta_ahead;
}

/* As with an initrd in the middle and a device tree at the top. */
static void test_descriptors_are_foreseen(void **state)
{
    const struct frame_range ram = {PADDR(RAM_BASE), GIB(1)};
    const struct frame_range reserved[] = {
        {PADDR(RAM_BASE), MIB(2)},
        {PADDR(RAM_BASE + MIB(512)), MIB(40)},
        {PADDR(RAM_BASE + GIB(1) - MIB(2)), KIB(12)},
    };
    uint64_t at_first;

    reset(&ram, 1, reserved, ARRAY_SIZE(reserved));
    at_first = nr_usable();
    while (frame_alloc(6, 0) != NULL) {
        /* Four tables are foreseen, which the build machine does not need. */
        assert_in_range(nr_usable(), at_first, at_first + 4);
    }
}

static void test_lookup(void **state)
{
    reset_simple(MIB(64));
    assert_null(frame_lookup(PADDR(0x10000000)));
    assert_null(frame_lookup(PADDR(RAM_BASE + MIB(60))));
    assert_non_null(frame_lookup(PADDR(RAM_BASE + MIB(2))));
}

static void test_bugs_are_found(void **state)
{
    struct frame *f;

    reset_simple(MIB(16));
    f = frame_alloc(2, 0);
    assert_true(HOST_PANICS(frame_free(f, 1)));
    assert_true(HOST_PANICS(frame_free(f + 1, 0)));
    frame_free(f, 2);
    assert_true(HOST_PANICS(frame_free(f, 2)));
    f = frame_alloc(0, 0);
    frame_free(f, 0);
    assert_true(HOST_PANICS(frame_free(f, 0)));
    *(char *)frame_to_virt(f) = 1;
    assert_true(HOST_PANICS(f = frame_alloc(0, 0)));
}

static size_t shrink_calls;
static struct frame *hoard[64];

static size_t give_back(size_t nr_pages)
{
    size_t nr = 0;

    shrink_calls++;
    for (size_t i = 0; i < ARRAY_SIZE(hoard); i++) {
        if (hoard[i] != NULL) {
            frame_free(hoard[i], 4);
            hoard[i] = NULL;
            nr += 16;
        }
    }
    return nr;
}

static void test_shrinker(void **state)
{
    static struct frame_shrinker shrinker = {.shrink = give_back};

    reset_simple(MIB(8));
    frame_shrinker_add(&shrinker);
    for (size_t i = 0; i < ARRAY_SIZE(hoard); i++)
        hoard[i] = frame_alloc(4, 0);
    shrink_calls = 0;
    while (frame_alloc(3, 0) != NULL) {
    }
    assert_int_equal(shrink_calls, 2);
}

struct owned {
    struct frame *f;
    unsigned order;
    uint64_t tag;
};

static void test_random_walk(void **state)
{
    static struct owned owned[512];
    static uint8_t model[GIB(1) >> PAGE_SHIFT];
    uint64_t nr_used = 0;

    reset_simple(GIB(1));
    memset(model, 0, sizeof(model));
    for (size_t step = 0; step < 60000; step++) {
        struct owned *o = &owned[next_random() % ARRAY_SIZE(owned)];

        if (o->f == NULL) {
            o->order = next_random() % 16 == 0 ? next_random() % 14 : next_random() % 5;
            o->f = frame_alloc(o->order, 0);
            if (o->f == NULL)
                continue;
            pfn_t first = frame_to_pfn(o->f) - (RAM_BASE >> PAGE_SHIFT);

            assert_int_equal(first & ((1ul << o->order) - 1), 0);
            for (pfn_t i = 0; i < 1ul << o->order; i++)
                assert_int_equal(model[first + i]++, 0);
            o->tag = next_random();
            *(uint64_t *)frame_to_virt(o->f) = o->tag;
            nr_used += 1ul << o->order;
        } else {
            pfn_t first = frame_to_pfn(o->f) - (RAM_BASE >> PAGE_SHIFT);

            assert_int_equal(*(uint64_t *)frame_to_virt(o->f), o->tag);
            for (pfn_t i = 0; i < 1ul << o->order; i++)
                model[first + i]--;
            frame_free(o->f, o->order);
            nr_used -= 1ul << o->order;
            o->f = NULL;
        }
        if (step % 2000 == 0)
            check_books(nr_used);
    }
    for (size_t i = 0; i < ARRAY_SIZE(owned); i++)
        if (owned[i].f != NULL)
            frame_free(owned[i].f, owned[i].order);
    frame_cache_drain();
    check_books(0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_boot_is_lazy),
        cmocka_unit_test(test_single_pages),
        cmocka_unit_test(test_merges_up_to_1_gib),
        cmocka_unit_test(test_zero),
        cmocka_unit_test(test_contig),
        cmocka_unit_test(test_contig_across_zones),
        cmocka_unit_test(test_load_stays_in_the_caches),
        cmocka_unit_test(test_large_block_after_fragments),
        cmocka_unit_test(test_runs_of_any_length),
        cmocka_unit_test(test_runs_grow),
        cmocka_unit_test(test_refcount),
        cmocka_unit_test(test_zones_and_holes),
        cmocka_unit_test(test_release_and_adopt),
        cmocka_unit_test(test_descriptors_are_foreseen),
        cmocka_unit_test(test_lookup),
        cmocka_unit_test(test_bugs_are_found),
        cmocka_unit_test(test_shrinker),
        cmocka_unit_test(test_random_walk),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
