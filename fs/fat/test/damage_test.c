/*
 * fs/fat on what is not sound: images with flipped bits and loops, disks that fail, allocations
 * that fail. Nothing may be lost but what was damaged.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "image.h"

#include <faultinject/faultinject.h>
#include <prng/prng.h>

/* Everything a user could do to an image that may say anything; only its survival is checked. */
static void exercise(void)
{
    struct listing *l = malloc(sizeof(*l));
    static uint8_t data[5000];
    char path[400];

    if (disk_mount() != 0) {
        free(l);
        return;
    }
    if (list_dir("/mnt", l) >= 0) {
        for (unsigned i = 0; i < MIN(l->nr, 20u); i++) {
            snprintf(path, sizeof(path), "/mnt/%s", l->names[i]);
            (void)read_at(path, 0, data, sizeof(data));
            (void)write_at(path, 3000, "xyz", 3);
            (void)vfs_rename(CTX, NULL, path, NULL, "/mnt/dir/moved", 0);
        }
    }
    if (list_dir("/mnt/dir", l) >= 0) {
        for (unsigned i = 0; i < MIN(l->nr, 20u); i++) {
            snprintf(path, sizeof(path), "/mnt/dir/%s", l->names[i]);
            (void)read_at(path, 0, data, sizeof(data));
            (void)truncate_to(path, 10);
            (void)vfs_unlink(CTX, NULL, path);
        }
    }
    (void)vfs_mkdir(CTX, NULL, "/mnt/dir/new", 0777);
    (void)write_at("/mnt/a new file", 0, data, sizeof(data));
    (void)vfs_rmdir(CTX, NULL, "/mnt/dir");
    (void)vfs_sync();
    assert_int_equal(disk_unmount(), 0);
    free(l);
}

/* An image of 64 KiB with a bit of everything. */
static void make_small_image(void)
{
    static uint8_t data[3000];

    make_image("-F 12 -s 1 -r 16 -R 1", 64);
    assert_int_equal(disk_mount(), 0);
    assert_int_equal(vfs_mkdir(CTX, NULL, "/mnt/dir", 0777), 0);
    assert_int_equal(vfs_mkdir(CTX, NULL, "/mnt/dir/sub", 0777), 0);
    assert_int_equal(write_at("/mnt/first file.txt", 0, data, 3000), 3000);
    assert_int_equal(write_at("/mnt/dir/second", 0, data, 1000), 1000);
    assert_int_equal(write_at("/mnt/dir/sub/third one", 0, data, 10), 10);
    assert_int_equal(disk_unmount(), 0);
    expect_clean();
}

static uint64_t free_memory(void)
{
    struct frame_stats stats;

    heap_shrink();
    while (dentry_shrink(100) != 0) {
    }
    pagecache_shrink(SIZE_MAX);
    frame_cache_drain();
    frame_stats(&stats);
    return stats.free;
}

static void test_flipped_bits(void **state)
{
    static uint8_t good[65536];
    uint64_t before = 0;
    struct prng prng;

    (void)state;
    prng_init(&prng, 1);
    make_small_image();
    memcpy(good, disk_data, sizeof(good));
    log_set_level(0);
    /* Boot sector, tables and root directory: each bit; then several bits at once, anywhere
     * there. */
    for (size_t bit = 0; bit < 2048 * 8 + 4000; bit++) {
        if (bit == 3000)
            before = free_memory();
        memcpy(disk_data, good, sizeof(good));
        if (bit < 2048 * 8)
            disk_data[bit / 8] ^= (uint8_t)(1u << bit % 8);
        else
            for (int i = 0; i < 6; i++)
                disk_data[512 + prng_below(&prng, 4096)] ^= (uint8_t)(1u << prng_below(&prng, 8));
        exercise();
    }
    /* Nothing that failed kept memory, up to what caches hold. */
    assert_true(free_memory() + 64 >= before);
    log_set_level(7);
}

static void test_failing_disk(void **state)
{
    static uint8_t good[65536];

    (void)state;
    make_small_image();
    memcpy(good, disk_data, sizeof(good));
    log_set_level(0);
    for (uint64_t n = 0; n < 120; n++) {
        memcpy(disk_data, good, sizeof(good));
        disk_fail_after = n;
        exercise();
        disk_fail_after = UINT64_MAX;
    }
    log_set_level(7);
}

static void test_loops(void **state)
{
    char buf[16];

    (void)state;
    make_small_image();
    log_set_level(0);
    /* FAT12, two tables from sector 1; every chain leads to cluster 2. */
    memset(disk_data + 512 + 3, 0x02, 60);
    for (size_t i = 3; i + 2 < 60; i += 3) {
        disk_data[512 + i] = 0x02;
        disk_data[512 + i + 1] = 0x20;
        disk_data[512 + i + 2] = 0x00;
    }
    assert_int_equal(disk_mount(), 0);
    assert_int_equal(size_of("/mnt/dir/second"), -EUCLEAN);
    assert_true(read_at("/mnt/first file.txt", 2900, buf, 16) <= 16);
    (void)vfs_unlink(CTX, NULL, "/mnt/first file.txt");
    assert_int_equal(disk_unmount(), 0);
    log_set_level(7);
}

/* A bit of everything; what fails, fails. */
static void work_through(void)
{
    static uint8_t data[30000];
    struct listing *l = malloc(sizeof(*l));

    (void)vfs_mkdir(CTX, NULL, "/mnt/dir/new directory", 0777);
    (void)write_at("/mnt/dir/new directory/with a file", 0, data, sizeof(data));
    (void)write_at("/mnt/first file.txt", 9000, data, 100);
    (void)truncate_to("/mnt/first file.txt", 50);
    (void)vfs_rename(CTX, NULL, "/mnt/dir/sub", NULL, "/mnt/a directory that moved", 0);
    (void)vfs_rename(CTX, NULL, "/mnt/dir/second", NULL, "/mnt/FIRST FILE.txt", 0);
    (void)vfs_rename(CTX, NULL, "/mnt/first file.txt", NULL, "/mnt/dir/new directory",
                     RENAME_EXCHANGE);
    for (int i = 0; i < 20; i++) {
        char path[64];

        snprintf(path, sizeof(path), "/mnt/dir/many names %d", i);
        (void)write_at(path, 0, data, (size_t)i * 10);
        if (i % 2)
            (void)vfs_unlink(CTX, NULL, path);
    }
    (void)list_dir("/mnt/dir", l);
    (void)vfs_rmdir(CTX, NULL, "/mnt/a directory that moved");
    (void)vfs_sync();
    free(l);
}

/* Each allocation fails once: the disk stays sound, and the memory comes back. */
static void test_failing_allocations(void **state)
{
    static uint8_t good[300 * 1024];
    uint64_t before = 0, nr_hits;

    (void)state;
    make_image("-F 12 -s 1", 300);
    assert_int_equal(disk_mount(), 0);
    assert_int_equal(vfs_mkdir(CTX, NULL, "/mnt/dir", 0777), 0);
    assert_int_equal(vfs_mkdir(CTX, NULL, "/mnt/dir/sub", 0777), 0);
    assert_int_equal(write_at("/mnt/first file.txt", 0, good, 3000), 3000);
    assert_int_equal(write_at("/mnt/dir/second", 0, good, 1000), 1000);
    assert_int_equal(disk_unmount(), 0);
    memcpy(good, disk_data, sizeof(good));
    log_set_level(0);
    for (uint64_t n = 1;; n++) {
        memcpy(disk_data, good, sizeof(good));
        assert_int_equal(disk_mount(), 0);
        nr_hits = alloc_fail_hits();
        alloc_fail_set(n);
        work_through();
        alloc_fail_set(0);
        assert_int_equal(disk_unmount(), 0);
        expect_clean();
        if (alloc_fail_hits() == nr_hits) {
            assert_true(n > 100); /* the work is worth the name */
            break;
        }
        if (n == 20)
            before = free_memory();
    }
    assert_true(free_memory() + 64 >= before);
    log_set_level(7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_flipped_bits),
        cmocka_unit_test(test_failing_disk),
        cmocka_unit_test(test_failing_allocations),
        cmocka_unit_test(test_loops),
    };

    return cmocka_run_group_tests(tests, image_setup, image_teardown);
}
