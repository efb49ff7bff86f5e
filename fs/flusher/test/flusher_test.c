/*
 * The flusher, with a pretended disk, time that the test moves, and its thread, which takes turns
 * with the test's: what is dirty is written within half a minute, whatever comes between; without
 * it no timer runs.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <flusher/flusher.h>
#include <irq/upcalls.h>
#include <pagecache/pagecache.h>
#include <thread/thread.h>
#include <time/time.h>

#include "../../ramfs/test/world.h"

#define SEC      NS_PER_SEC
#define LATEST   (30 * SEC)
#define NR_PAGES 16u

static struct pagecache file;
static bool is_on_disk[NR_PAGES];
static int disk_err;
static bool is_stuck, is_held_back;
static unsigned nr_requests, nr_syncs;
static uint64_t dirtied_meanwhile; /* a page; 0: none */

static void make_dirty(uint64_t index)
{
    struct frame *frame;

    assert_int_equal(pagecache_get(&file, index, PAGECACHE_NO_FILL, &frame), 0);
    is_on_disk[index] = false;
    pagecache_mark_dirty(&file, frame);
    frame_put(frame);
}

static int disk_write(struct pagecache *cache, uint64_t index, struct frame *const *frames,
                      size_t nr)
{
    nr_requests++;
    while (is_stuck)
        thread_yield();
    if (dirtied_meanwhile)
        make_dirty(dirtied_meanwhile);
    dirtied_meanwhile = 0;
    for (size_t i = 0; i < nr && !disk_err; i++)
        is_on_disk[index + i] = true;
    return disk_err;
}

static bool disk_may_write(struct pagecache *cache, uint64_t index)
{
    return !is_held_back;
}

static const struct pagecache_ops disk_ops = {.write_pages = disk_write,
                                              .may_write = disk_may_write};

/* A file system whose log is committed by sync: then the pages behind it may go. */
static int log_sync(struct superblock *sb)
{
    nr_syncs++;
    is_held_back = false;
    return 0;
}

static const struct superblock_ops fs_ops = {.inode_size = sizeof(struct inode), .sync = log_sync};
static const struct fs_type fs = {.name = "pretended"};
static struct superblock *sb;

/* Each timer on time, and then whoever it woke. */
static void pass(uint64_t ns)
{
    uint64_t end = host_ticks + ns;

    while (time_next_deadline() <= end) {
        host_ticks = MAX(host_ticks, time_next_deadline());
        time_interrupt();
        thread_yield();
    }
    host_ticks = end;
    thread_yield();
}

static bool has_timer(void)
{
    return time_next_deadline() != TIME_NEVER;
}

static uint64_t nr_dirty(void)
{
    struct pagecache_stats stats;

    pagecache_stats(&stats);
    return stats.nr_dirty;
}

static int set_up(void **state)
{
    time_init(SEC);
    if (world_init() != 0 || flusher_init() != 0)
        return -1;
    sb = superblock_alloc(&fs, &fs_ops);
    return sb ? 0 : -1;
}

static int begin(void **state)
{
    memset(is_on_disk, 0, sizeof(is_on_disk));
    disk_err = 0;
    is_stuck = is_held_back = false;
    nr_requests = nr_syncs = 0;
    dirtied_meanwhile = 0;
    sb->flags = 0;
    pagecache_init(&file, &disk_ops, true);
    thread_yield();
    return has_timer() ? -1 : 0;
}

/* All is written in the end, and the machine sleeps. */
static int end(void **state)
{
    disk_err = 0;
    is_stuck = is_held_back = false;
    pass(2 * LATEST);
    assert_int_equal(nr_dirty(), 0);
    assert_false(has_timer());
    pagecache_destroy(&file);
    return 0;
}

/* ---- when ---- */

static void what_is_dirty_is_written_by_itself(void **state)
{
    make_dirty(3);
    make_dirty(4);
    assert_true(has_timer());
    pass(LATEST);
    assert_true(is_on_disk[3] && is_on_disk[4]);
    assert_int_equal(nr_requests, 1); /* together */
    assert_false(has_timer());
}

/* What a program writes again and again, or deletes soon, is not worth a request each. */
static void not_at_once(void **state)
{
    make_dirty(1);
    for (unsigned i = 0; i < 5; i++) {
        pass(SEC);
        make_dirty(1);
        make_dirty(2 + i);
    }
    assert_int_equal(nr_requests, 0);
}

/* Later pages do not put off earlier ones. */
static void a_steady_writer(void **state)
{
    for (unsigned i = 0; i < NR_PAGES; i++) {
        make_dirty(i);
        pass(5 * SEC);
        if (i + 1 >= LATEST / (5 * SEC))
            assert_true(is_on_disk[i + 1 - LATEST / (5 * SEC)]);
    }
    assert_true(nr_requests <= 5);
}

static void somebody_else_wrote_it(void **state)
{
    make_dirty(1);
    pass(10 * SEC);
    assert_int_equal(vfs_sync(), 0);
    assert_int_equal(nr_requests, 1);
    make_dirty(2); /* its own half minute begins */
    pass(LATEST);
    assert_true(is_on_disk[2]);
    make_dirty(3);
    assert_int_equal(vfs_sync(), 0);
    pass(LATEST);
    assert_int_equal(nr_requests, 3);
    assert_false(has_timer());
}

static void pages_that_are_cut_off_keep_nobody_awake(void **state)
{
    make_dirty(1);
    pagecache_truncate(&file, 0);
    pass(LATEST);
    assert_int_equal(nr_requests, 0);
    assert_false(has_timer());
}

/* ---- while it writes ---- */

static void a_page_that_becomes_dirty_while_another_is_written(void **state)
{
    make_dirty(5);
    dirtied_meanwhile = 1; /* it has passed there */
    pass(LATEST);
    assert_true(is_on_disk[5]);
    pass(LATEST);
    assert_true(is_on_disk[1]);
}

static void the_page_itself_becomes_dirty_again(void **state)
{
    make_dirty(5);
    dirtied_meanwhile = 5;
    pass(LATEST);
    assert_int_equal(nr_requests, 1);
    pass(LATEST);
    assert_int_equal(nr_requests, 2);
}

/* A request that takes minutes: what became dirty meanwhile is written after it. */
static void a_slow_disk(void **state)
{
    make_dirty(1);
    is_stuck = true;
    pass(LATEST);
    assert_int_equal(nr_requests, 1);
    make_dirty(0);
    make_dirty(9);
    pass(10 * LATEST);
    assert_int_equal(nr_requests, 1);
    is_stuck = false;
    pass(LATEST);
    assert_true(is_on_disk[0] && is_on_disk[1] && is_on_disk[9]);
}

/* ---- what cannot be written ---- */

static void a_disk_that_fails_is_tried_again(void **state)
{
    make_dirty(1);
    disk_err = -EIO;
    pass(20 * LATEST);
    assert_int_equal(nr_dirty(), 1);
    assert_true(nr_requests >= 20 && nr_requests <= 60); /* but not without a rest */
    disk_err = 0;
    pass(LATEST);
    assert_true(is_on_disk[1]);
}

/* A page that waits for the file system's log is written once that is. */
static void pages_that_are_held_back(void **state)
{
    is_held_back = true;
    make_dirty(1);
    pass(LATEST);
    assert_int_equal(nr_syncs, 1);
    pass(LATEST);
    assert_true(is_on_disk[1]);
}

/* ---- who is told ---- */

static void file_systems_write_the_rest(void **state)
{
    make_dirty(1);
    pass(LATEST);
    assert_int_equal(nr_syncs, 1);
    pass(10 * LATEST);
    assert_int_equal(nr_syncs, 1);
    sb->flags |= SB_READ_ONLY;
    make_dirty(1);
    pass(LATEST);
    assert_int_equal(nr_syncs, 1);
}

/* Files in memory are written nowhere. */
static void memory_file_systems_start_nothing(void **state)
{
    assert_int_equal(write_file("/f", "words", 5), 5);
    assert_int_equal(nr_dirty(), 0);
    assert_false(has_timer());
    assert_int_equal(vfs_unlink(CTX, NULL, "/f"), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_dirty_is_written_by_itself),
        TEST(not_at_once),
        TEST(a_steady_writer),
        TEST(somebody_else_wrote_it),
        TEST(pages_that_are_cut_off_keep_nobody_awake),
        TEST(a_page_that_becomes_dirty_while_another_is_written),
        TEST(the_page_itself_becomes_dirty_again),
        TEST(a_slow_disk),
        TEST(a_disk_that_fails_is_tried_again),
        TEST(pages_that_are_held_back),
        TEST(file_systems_write_the_rest),
        TEST(memory_file_systems_start_nothing),
    };

    return cmocka_run_group_tests(tests, set_up, NULL);
}
