/*
 * mm/pagecache: a file on a pretended disk against an array of bytes, under eviction, write-back,
 * failing transfers and truncation; huge indices; a reader that has the page while it is filled is
 * not simulated (there is one thread). One file: all cases share the pretended disk and its
 * failures.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <base/errno.h>
#include <faultinject/faultinject.h>
#include <host/host.h>
#include <pagecache/pagecache.h>
#include <prng/prng.h>

static int setup(void **state)
{
    const struct frame_range ram = {PADDR(0x80000000), MIB(64)};

    (void)state;
    host_ram_init(ram.start, ram.size);
    return frame_init(&ram, 1, NULL, 0) != 0 ? -1 : pagecache_module_init();
}

#define NR_PAGES 200u
#define SIZE     (NR_PAGES * PAGE_SIZE)

static uint8_t disk[SIZE];
static uint8_t model[SIZE];
static int fail_percent;
static struct prng prng;

static unsigned nr_requests; /* since somebody set it to 0 */
static size_t last_nr;       /* pages of the last one */
static uint64_t bad_page = UINT64_MAX;

static int disk_read(struct pagecache *cache, uint64_t index, struct frame *const *frames,
                     size_t nr)
{
    (void)cache;
    nr_requests++;
    last_nr = nr;
    if ((int)prng_below(&prng, 100) < fail_percent)
        return -EIO;
    if (bad_page >= index && bad_page < index + nr)
        return -EIO;
    for (size_t i = 0; i < nr; i++)
        memcpy(frame_to_virt(frames[i]), disk + (index + i) * PAGE_SIZE, PAGE_SIZE);
    return 0;
}

static int disk_write(struct pagecache *cache, uint64_t index, struct frame *const *frames,
                      size_t nr)
{
    (void)cache;
    nr_requests++;
    last_nr = nr;
    if ((int)prng_below(&prng, 100) < fail_percent)
        return -EIO;
    if (bad_page >= index && bad_page < index + nr)
        return -EIO;
    for (size_t i = 0; i < nr; i++)
        memcpy(disk + (index + i) * PAGE_SIZE, frame_to_virt(frames[i]), PAGE_SIZE);
    return 0;
}

static uint64_t disk_nr_pages(struct pagecache *cache)
{
    (void)cache;
    return NR_PAGES;
}

static const struct pagecache_ops disk_ops = {
    .read_pages = disk_read, .nr_pages = disk_nr_pages, .write_pages = disk_write};

static void step_write(struct pagecache *cache)
{
    static uint8_t data[3 * 4096];
    uint64_t at = prng_below(&prng, SIZE - sizeof(data));
    size_t n = 1 + prng_below(&prng, sizeof(data));
    struct uio uio;

    if (prng_below(&prng, 2) == 0)
        at = ALIGN_DOWN(at, PAGE_SIZE);
    prng_fill(&prng, data, n);
    uio_init_kernel(&uio, data, n);
    ssize_t ret = pagecache_write(cache, &uio, at, SIZE);

    if (ret < 0)
        assert_int_equal(ret, -EIO);
    else
        memcpy(model + at, data, (size_t)ret);
    assert_true(ret == (ssize_t)n || fail_percent > 0);
}

static void step_read(struct pagecache *cache)
{
    static uint8_t data[5 * 4096];
    uint64_t at = prng_below(&prng, SIZE);
    size_t n = prng_below(&prng, sizeof(data));
    struct uio uio;

    uio_init_kernel(&uio, data, n);
    ssize_t ret = pagecache_read(cache, &uio, at, SIZE);

    if (ret < 0) {
        assert_int_equal(ret, -EIO);
        assert_true(fail_percent > 0);
        return;
    }
    assert_memory_equal(data, model + at, (size_t)ret);
    assert_true(fail_percent > 0 || (size_t)ret == MIN(n, SIZE - at));
}

static void run(int percent, int nr_steps)
{
    struct pagecache_stats before;
    struct pagecache_stats after;
    struct pagecache cache;

    fail_percent = percent;
    memset(disk, 0x5a, sizeof(disk));
    memcpy(model, disk, sizeof(model));
    pagecache_stats(&before);
    pagecache_init(&cache, &disk_ops, true);
    for (int i = 0; i < nr_steps; i++) {
        switch (prng_below(&prng, 10)) {
        case 0:
            (void)pagecache_shrink(prng_below(&prng, 50));
            break;
        case 1: {
            int ret = pagecache_writeback(&cache, 0, UINT64_MAX);

            assert_true(ret == 0 || (ret == -EIO && percent > 0));
            break;
        }
        case 2:
        case 3:
        case 4:
        case 5:
            step_write(&cache);
            break;
        default:
            step_read(&cache);
            break;
        }
    }
    /* Without failures all reaches the disk, and clean pages can all go. */
    fail_percent = 0;
    assert_int_equal(pagecache_writeback(&cache, 0, UINT64_MAX), 0);
    assert_int_equal(cache.nr_dirty, 0);
    assert_memory_equal(disk, model, SIZE);
    (void)pagecache_shrink(2 * NR_PAGES);
    (void)pagecache_shrink(2 * NR_PAGES);
    assert_int_equal(cache.nr_pages, 0);
    assert_int_equal(cache.height, 0);
    assert_null(cache.root);
    pagecache_destroy(&cache);
    pagecache_stats(&after);
    assert_memory_equal(&before, &after, sizeof(before));
}

static void test_against_an_array(void **state)
{
    (void)state;
    prng_init(&prng, 42);
    run(0, 20000);
}

static void test_failing_disk(void **state)
{
    (void)state;
    prng_init(&prng, 43);
    run(20, 20000);
}

/* A page that somebody refers to is not evicted; one that was truncated lives on for who has it. */
static void test_references(void **state)
{
    struct pagecache cache;
    struct frame *frame;

    (void)state;
    fail_percent = 0;
    pagecache_init(&cache, &disk_ops, true);
    assert_int_equal(pagecache_get(&cache, 5, 0, &frame), 0);
    (void)pagecache_shrink(10);
    (void)pagecache_shrink(10);
    assert_int_equal(cache.nr_pages, 1);
    assert_int_equal(frame->index, 5);
    pagecache_truncate(&cache, 0);
    assert_int_equal(cache.nr_pages, 0);
    assert_int_equal(frame->refcount, 1);
    pagecache_mark_dirty(&cache, frame); /* too late: nothing happens */
    assert_int_equal(cache.nr_dirty, 0);
    assert_true(frame_put(frame));
    pagecache_destroy(&cache);
}

/* The index against a plain list of numbers, up to the largest there are; every so many
 * allocations fail (0: none). */
static void run_index(uint64_t fail_every)
{
    static const uint64_t places[] = {
        0, 1, 63, 64, 4095, 4096, 1ull << 30, (1ull << 52) - 1, UINT64_MAX - 1};
    static const struct pagecache_ops memory_ops = {.read_pages = NULL};
    bool present[ARRAY_SIZE(places)] = {false};
    struct pagecache cache;

    prng_init(&prng, 9);
    pagecache_init(&cache, &memory_ops, false);
    alloc_fail_every(fail_every);
    for (int i = 0; i < 3000; i++) {
        size_t k = prng_below(&prng, ARRAY_SIZE(places));
        struct frame *frame;

        if (prng_below(&prng, 2) == 0) {
            int ret = pagecache_get(&cache, places[k], 0, &frame);

            assert_true(ret == 0 || (ret == -ENOMEM && fail_every != 0));
            if (ret != 0)
                continue;
            assert_int_equal(frame->index, places[k]);
            frame_put(frame);
            present[k] = true;
        } else if (places[k] < UINT64_MAX / PAGE_SIZE) {
            pagecache_remove_range(&cache, places[k] * PAGE_SIZE, (places[k] + 1) * PAGE_SIZE);
            present[k] = false;
        }
        for (size_t p = ARRAY_SIZE(places); p-- > 0;) {
            frame = pagecache_find(&cache, places[p]);
            assert_int_equal(frame != NULL, present[p]);
            if (frame != NULL)
                frame_put(frame);
        }
    }
    alloc_fail_every(0);
    pagecache_destroy(&cache);
}

static void test_index(void **state)
{
    (void)state;
    for (uint64_t fail_every = 0; fail_every < 9; fail_every += fail_every == 0 ? 2 : 1)
        run_index(fail_every);
}

/* Write-back asks every owner of a mapping once, and truncation unmaps before it removes. */
static int nr_unmaps;
static int nr_protects;
static int nr_holes;
static int nr_owner_refs;

static bool owner_get(void *owner)
{
    (void)owner;
    nr_owner_refs++;
    return true;
}

static void owner_put(void *owner)
{
    (void)owner;
    nr_owner_refs--;
}

static void unmap(void *owner, struct pagecache *cache, uint64_t first, uint64_t nr, bool is_hole)
{
    (void)owner;
    if (is_hole) {
        assert_int_equal(first, 5);
        assert_int_equal(nr, 2);
        nr_holes++;
        return;
    }
    assert_int_equal(first, 1);
    assert_true(nr > 0);
    assert_true(cache->nr_pages > 0);
    nr_unmaps++;
}

static void write_protect(void *owner, struct pagecache *cache, uint64_t first, uint64_t nr)
{
    (void)owner, (void)cache;
    assert_int_equal(first, 3);
    assert_int_equal(nr, 1);
    nr_protects++;
}

static void test_mappings(void **state)
{
    static const struct pagecache_mapping_ops ops = {.owner_get = owner_get,
                                                     .owner_put = owner_put,
                                                     .unmap = unmap,
                                                     .write_protect = write_protect};
    struct pagecache_mapping mappings[3] = {{.ops = &ops, .owner = &nr_unmaps},
                                            {.ops = &ops, .owner = &nr_unmaps},
                                            {.ops = &ops, .owner = &nr_protects}};
    struct pagecache cache;
    struct frame *frame;

    (void)state;
    fail_percent = 0;
    pagecache_init(&cache, &disk_ops, true);
    for (int i = 0; i < 3; i++)
        pagecache_map_add(&cache, &mappings[i]);
    assert_int_equal(pagecache_get(&cache, 3, 0, &frame), 0);
    pagecache_mark_dirty(&cache, frame);
    frame_put(frame);
    assert_int_equal(pagecache_writeback(&cache, 0, UINT64_MAX), 0);
    assert_int_equal(nr_protects, 2);
    pagecache_remove_range(&cache, 4 * PAGE_SIZE + 1, 8 * PAGE_SIZE - 1);
    assert_int_equal(nr_holes, 4); /* each before and after the pages go */
    pagecache_truncate(&cache, 100);
    assert_int_equal(nr_unmaps, 4);
    assert_int_equal(nr_owner_refs, 0);
    for (int i = 0; i < 3; i++)
        pagecache_map_remove(&cache, &mappings[i]);
    pagecache_destroy(&cache);
}

static void read_at(struct pagecache *cache, uint64_t index, size_t nr_bytes)
{
    static uint8_t data[64 * 4096];
    struct uio uio;

    nr_requests = 0;
    uio_init_kernel(&uio, data, nr_bytes);
    assert_int_equal(pagecache_read(cache, &uio, index * PAGE_SIZE, SIZE), nr_bytes);
    assert_memory_equal(data, disk + index * PAGE_SIZE, nr_bytes);
}

static void begin(struct pagecache *cache)
{
    fail_percent = 0;
    bad_page = UINT64_MAX;
    pagecache_init(cache, &disk_ops, true);
    prng_fill(&prng, disk, sizeof(disk));
}

/* A sequential reader gets ever larger runs, up to the end; concurrent readers do not disturb each
 * other; a random access reads one page. */
static void test_reading_ahead(void **state)
{
    static const size_t runs[] = {4, 8, 24, 32, 32, 32, 32, 32, 4};
    struct pagecache cache;
    unsigned nr = 0;

    (void)state;
    begin(&cache);
    for (uint64_t index = 0; index < NR_PAGES; index++) {
        read_at(&cache, index, 100);
        assert_true(nr_requests <= 1);
        if (nr_requests == 1)
            assert_int_equal(last_nr, runs[nr++]);
    }
    assert_int_equal(nr, ARRAY_SIZE(runs));
    pagecache_destroy(&cache);

    begin(&cache);
    for (uint64_t index = 190; index > 0; index -= 10) {
        read_at(&cache, index, PAGE_SIZE);
        assert_int_equal(nr_requests, 1);
        assert_int_equal(last_nr, 1);
    }
    read_at(&cache, 100, 16 * PAGE_SIZE); /* as many as are wanted, as far as none is there */
    assert_int_equal(nr_requests, 2);
    pagecache_destroy(&cache);

    begin(&cache);
    for (nr = 0; nr < 30; nr++) { /* two at once, in turn */
        read_at(&cache, nr, 1);
        read_at(&cache, 100 + nr, 1);
    }
    assert_true(cache.nr_pages > 80);
    pagecache_destroy(&cache);
}

/* A bad place costs whoever wants it, and nobody else; that which was read in vain does not
 * stay. */
static void test_a_bad_page_in_a_run(void **state)
{
    struct pagecache cache;
    struct frame *frame;

    (void)state;
    begin(&cache);
    bad_page = 2;
    read_at(&cache, 0, PAGE_SIZE);
    assert_int_equal(nr_requests, 2);
    assert_int_equal(cache.nr_pages, 1);
    read_at(&cache, 1, PAGE_SIZE);
    assert_int_equal(pagecache_get(&cache, 2, 0, &frame), -EIO);
    read_at(&cache, 3, PAGE_SIZE);
    bad_page = 50;
    for (uint64_t index = 40; index < 60; index++) {
        assert_int_equal(pagecache_get(&cache, index, PAGECACHE_NO_FILL, &frame), 0);
        memset(frame_to_virt(frame), (int)index, PAGE_SIZE);
        pagecache_mark_dirty(&cache, frame);
        frame_put(frame);
    }
    assert_int_equal(pagecache_writeback(&cache, 0, UINT64_MAX), -EIO);
    assert_int_equal(cache.nr_dirty, 1);
    assert_int_equal(disk[51 * PAGE_SIZE], 51);
    assert_int_not_equal(disk[50 * PAGE_SIZE], 50);
    bad_page = UINT64_MAX;
    assert_int_equal(pagecache_writeback(&cache, 0, UINT64_MAX), 0);
    assert_int_equal(disk[50 * PAGE_SIZE], 50);
    pagecache_destroy(&cache);
}

/* Dirty pages in a row are one request, up to a run; what is clean between them is not written. */
static void test_writing_in_runs(void **state)
{
    struct pagecache cache;
    struct frame *frame;

    (void)state;
    begin(&cache);
    for (uint64_t index = 0; index < 100; index++) {
        if (index == 70)
            continue;
        assert_int_equal(pagecache_get(&cache, index, PAGECACHE_NO_FILL, &frame), 0);
        memset(frame_to_virt(frame), (int)index, PAGE_SIZE);
        pagecache_mark_dirty(&cache, frame);
        frame_put(frame);
    }
    nr_requests = 0;
    assert_int_equal(pagecache_writeback(&cache, 10, 19), 0);
    assert_int_equal(nr_requests, 1);
    assert_int_equal(last_nr, 10);
    nr_requests = 0;
    assert_int_equal(pagecache_writeback(&cache, 0, UINT64_MAX), 0);
    assert_int_equal(nr_requests, 1 + 2 + 1); /* to 9, to 51 and 69, the rest */
    for (unsigned index = 0; index < 100; index++)
        assert_true(index == 70 || disk[index * PAGE_SIZE + 7] == index);
    pagecache_destroy(&cache);
}

/* A disk with room for some pages: the owner is asked once, before a page becomes writable, and its
 * refusal leaves the page clean. */
static unsigned room;
static unsigned nr_asked;

static int take_room(struct pagecache *cache, uint64_t index)
{
    (void)cache, (void)index;
    nr_asked++;
    if (room == 0)
        return -ENOSPC;
    room--;
    return 0;
}

static void test_making_writable(void **state)
{
    static const struct pagecache_ops ops = {
        .read_pages = disk_read, .write_pages = disk_write, .make_writable = take_room};
    struct pagecache cache;
    struct frame *frames[3];

    (void)state;
    fail_percent = 0;
    room = 2;
    nr_asked = 0;
    pagecache_init(&cache, &ops, true);
    for (uint64_t index = 0; index < 3; index++) {
        assert_int_equal(pagecache_get(&cache, index, PAGECACHE_NO_WAIT, &frames[index]), -EAGAIN);
        assert_int_equal(pagecache_get(&cache, index, 0, &frames[index]), 0);
        assert_false(pagecache_is_writable(&cache, frames[index]));
        assert_int_equal(pagecache_make_writable(&cache, frames[index]), index < 2 ? 0 : -ENOSPC);
        assert_int_equal(pagecache_is_dirty(&cache, frames[index]), index < 2);
    }
    assert_int_equal(nr_asked, 3);
    assert_true(pagecache_is_writable(&cache, frames[0]));
    assert_int_equal(pagecache_make_writable(&cache, frames[0]), 0);
    assert_int_equal(nr_asked, 3);
    assert_int_equal(pagecache_writeback(&cache, 0, UINT64_MAX), 0);
    room = 1;
    assert_int_equal(pagecache_make_writable(&cache, frames[1]),
                     0); /* anew, since it was written */
    assert_int_equal(nr_asked, 4);
    for (unsigned i = 0; i < 3; i++)
        frame_put(frames[i]);
    pagecache_destroy(&cache);
}

/* Pages that a journal holds back stay dirty, are not evicted, and are written as soon as
 * permitted. */
static uint64_t held_first, held_last;

static bool may_write(struct pagecache *cache, uint64_t index)
{
    (void)cache;
    return index < held_first || index > held_last;
}

static void test_holding_back(void **state)
{
    static const struct pagecache_ops ops = {
        .read_pages = disk_read, .write_pages = disk_write, .may_write = may_write};
    struct pagecache cache;
    struct frame *frame;

    (void)state;
    fail_percent = 0;
    memset(disk, 0, sizeof(disk));
    held_first = 3;
    held_last = 5;
    pagecache_init(&cache, &ops, true);
    for (uint64_t index = 0; index < 10; index++) {
        assert_int_equal(pagecache_get(&cache, index, PAGECACHE_NO_FILL, &frame), 0);
        memset(frame_to_virt(frame), (int)index + 1, PAGE_SIZE);
        pagecache_mark_dirty(&cache, frame);
        frame_put(frame);
    }
    nr_requests = 0;
    assert_int_equal(pagecache_writeback(&cache, 0, 5), 0);
    assert_int_equal(nr_requests, 1);
    assert_int_equal(cache.nr_dirty, 7);
    assert_int_equal(pagecache_writeback(&cache, 0, UINT64_MAX), 0);
    assert_int_equal(nr_requests, 2);
    assert_int_equal(cache.nr_dirty, 3);
    (void)pagecache_shrink(100);
    (void)pagecache_shrink(100);
    assert_int_equal(cache.nr_pages, 3);
    assert_int_equal(disk[4 * PAGE_SIZE], 0);
    held_first = held_last = UINT64_MAX;
    assert_int_equal(pagecache_writeback(&cache, 0, UINT64_MAX), 0);
    assert_int_equal(cache.nr_dirty, 0);
    for (unsigned index = 0; index < 10; index++)
        assert_int_equal(disk[index * PAGE_SIZE + 9], index + 1);
    pagecache_destroy(&cache);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_against_an_array),
        cmocka_unit_test(test_failing_disk),
        cmocka_unit_test(test_references),
        cmocka_unit_test(test_index),
        cmocka_unit_test(test_mappings),
        cmocka_unit_test(test_reading_ahead),
        cmocka_unit_test(test_making_writable),
        cmocka_unit_test(test_holding_back),
        cmocka_unit_test(test_a_bad_page_in_a_run),
        cmocka_unit_test(test_writing_in_runs),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}
