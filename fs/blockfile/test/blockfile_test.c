/*
 * fs/blockfile over a disk in memory whose end is in the middle of a page: reads and writes at any
 * offset and at the end, what reaches the disk when, and what its errors become.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <base/errno.h>
#include <blockfile/blockfile.h>
#include <devfs/devfs.h>

#include "../../../drivers/blockdev/test/fake_disk.h"
#include "../../ramfs/test/world.h"

#define NR_SECTORS 1003u
#define SIZE       (NR_SECTORS * 512u)

static struct fake_disk *disk;   /* vda */
static struct fake_disk *locked; /* vdb, read-only */
static uint8_t expected[SIZE];

/* No frame that is handed out next is zero by luck. */
static void dirty_frames(void)
{
    struct frame *frames[256];

    for (size_t i = 0; i < ARRAY_SIZE(frames); i++) {
        frames[i] = frame_alloc(0, 0);
        memset(frame_to_virt(frames[i]), 0xee, PAGE_SIZE);
    }
    for (size_t i = 0; i < ARRAY_SIZE(frames); i++)
        frame_free(frames[i], 0);
}

static int setup(void **state)
{
    (void)state;
    if (world_init() != 0)
        return -1;
    dirty_frames();
    disk = fake_disk_new(NR_SECTORS, 512);
    locked = fake_disk_new(64, 4096);
    locked->dev.is_read_only = true;
    if (devfs_init() != 0 || blockfile_init() != 0 || vfs_mkdir(CTX, NULL, "/dev", 0755) != 0)
        return -1;
    for (size_t i = 0; i < SIZE; i++)
        disk->memory[i] = expected[i] = (uint8_t)(i * 7 + i / 512);
    return vfs_mount(CTX, "dev", "/dev", "devtmpfs", 0, "");
}

static struct file *open_disk(const char *name, unsigned flags)
{
    struct file *file;

    assert_int_equal(vfs_open(CTX, NULL, name, flags, 0, &file), 0);
    return file;
}

static void test_names(void **state)
{
    struct fake_disk *late = fake_disk_new(8, 512); /* vdc, found after the start */
    struct vfs_stat st;
    struct file *file;

    (void)state;
    assert_int_equal(stat_file("/dev/vda", &st), 0);
    assert_int_equal(st.mode, S_IFBLK | 0660);
    assert_int_equal(st.rdev, DEVNO(disk->dev.major, disk->dev.minor));
    assert_int_equal(stat_file("/dev/vdb", &st), 0);
    assert_int_equal(st.rdev, DEVNO(locked->dev.major, locked->dev.minor));
    assert_int_equal(
        vfs_mknod(CTX, NULL, "/other", S_IFBLK | 0600, DEVNO(late->dev.major, late->dev.minor)), 0);
    file = open_disk("/other", O_RDONLY); /* the number counts, whatever name */
    assert_int_equal(file_seek(file, 0, SEEK_END), 8 * 512);
    file_put(file);
    assert_int_equal(vfs_mknod(CTX, NULL, "/none", S_IFBLK | 0600, DEVNO(late->dev.major, 900)), 0);
    assert_int_equal(vfs_open(CTX, NULL, "/none", O_RDONLY, 0, &file), -ENXIO);
    assert_int_equal(vfs_open(CTX, NULL, "/dev/vdb", O_RDWR, 0, &file), -EROFS);
    file = open_disk("/dev/vdb", O_RDONLY);
    file_put(file);
}

static void test_reads(void **state)
{
    static const struct {
        uint64_t pos;
        size_t n, got;
    } reads[] = {
        {0, 1, 1},           {511, 2, 2},         {4090, 5000, 5000},
        {1, SIZE, SIZE - 1}, {SIZE - 1, 100, 1},  {SIZE - 300, 300, 300},
        {SIZE, 1, 0},        {SIZE + 4096, 9, 0},
    };
    static uint8_t buf[SIZE + 1];
    struct file *file = open_disk("/dev/vda", O_RDONLY);

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(reads); i++) {
        memset(buf, 0xee, sizeof(buf));
        assert_int_equal(file_pread(file, buf, reads[i].n, reads[i].pos), reads[i].got);
        if (reads[i].got > 0)
            assert_memory_equal(buf, expected + reads[i].pos, reads[i].got);
        assert_int_equal(buf[reads[i].got], 0xee);
    }
    assert_int_equal(file_seek(file, -5, SEEK_END), SIZE - 5);
    assert_int_equal(file_read(file, buf, 100), 5);
    assert_int_equal(file_seek(file, 0, SEEK_CUR), SIZE);
    assert_int_equal(file_seek(file, -1, SEEK_SET), -EINVAL);
    assert_int_equal(file_seek(file, -(int64_t)SIZE - 1, SEEK_CUR), -EINVAL);
    assert_int_equal(file_write(file, buf, 1), -EBADF);
    file_put(file);
}

/* A mapping of the last page shows zeros behind the end. */
static void test_last_page(void **state)
{
    static const uint8_t zeros[PAGE_SIZE];
    struct file *file = open_disk("/dev/vda", O_RDONLY);
    struct file_mapping mapping;
    struct frame *frame;
    uint8_t c;

    (void)state;
    assert_int_equal(file_pread(file, &c, 1, SIZE - 1), 1);
    assert_int_equal(file_mmap(file, &mapping), 0);
    frame = pagecache_find(mapping.cache, SIZE / PAGE_SIZE);
    assert_non_null(frame);
    assert_memory_equal((char *)frame_to_virt(frame) + SIZE % PAGE_SIZE, zeros,
                        PAGE_SIZE - SIZE % PAGE_SIZE);
    frame_put(frame);
    file_put(file);
}

static void write_both(struct file *file, uint64_t pos, size_t n, uint8_t value)
{
    static uint8_t buf[20000];

    memset(buf, value, n);
    memset(expected + pos, value, MIN(n, SIZE - pos));
    assert_int_equal(file_pwrite(file, buf, n, pos), MIN(n, SIZE - pos));
}

/* Between what is written, everything stays; all of it is on the disk after fsync. */
static void test_writes(void **state)
{
    struct file *file = open_disk("/dev/vda", O_RDWR);
    struct file *reader = open_disk("/dev/vda", O_RDONLY);
    unsigned nr_flushes = disk->nr_flushes;
    uint8_t got[SIZE];

    (void)state;
    write_both(file, 3, 5, 0xa1);
    write_both(file, 4095, 2, 0xa2);
    write_both(file, 10000, 13001, 0xa3);
    write_both(file, SIZE - 2, 2, 0xa4);
    write_both(file, SIZE - 513, 600, 0xa5); /* cut at the end */
    assert_int_equal(file_pwrite(file, "x", 1, SIZE), -ENOSPC);
    assert_int_equal(file_pwrite(file, "x", 1, SIZE + 100000), -ENOSPC);
    assert_int_equal(file_pwrite(file, "x", 0, SIZE), 0);
    /* Another descriptor sees it at once, the disk with fsync. */
    assert_int_equal(file_pread(reader, got, SIZE, 0), SIZE);
    assert_memory_equal(got, expected, SIZE);
    assert_int_not_equal(memcmp(disk->memory, expected, SIZE), 0);
    assert_int_equal(file_fsync(file, false), 0);
    assert_memory_equal(disk->memory, expected, SIZE);
    assert_int_equal(disk->nr_flushes, nr_flushes + 1);
    /* Or with the last close. */
    write_both(file, 777, 1, 0xa6);
    file_put(file);
    assert_memory_equal(disk->memory, expected, SIZE);
    file_put(reader);
}

static void test_errors(void **state)
{
    struct file *file = open_disk("/dev/vdb", O_RDONLY);
    uint8_t buf[16];

    (void)state;
    locked->memory[4096 * 5] = 0x5a;
    locked->bad_sector = 8 * 5 + 1;
    assert_int_equal(file_pread(file, buf, 16, 4096 * 5), -EIO);
    assert_int_equal(file_pread(file, buf, 16, 4096 * 2), 16); /* its neighbours can be read */
    locked->bad_sector = UINT64_MAX;
    assert_int_equal(file_pread(file, buf, 16, 4096 * 5), 16); /* and it, once it answers */
    assert_int_equal(buf[0], 0x5a);
    file_put(file);

    file = open_disk("/dev/vda", O_RDWR);
    disk->bad_sector = 100;
    write_both(file, 100 * 512, 10, 0xb1);
    write_both(file, 900 * 512, 10, 0xb2);
    assert_int_equal(file_fsync(file, false), -EIO);
    disk->bad_sector = UINT64_MAX;
    assert_memory_equal(disk->memory + 900 * 512, expected + 900 * 512, 512);
    file_put(file);
}

static void test_ioctls(void **state)
{
    struct file *file = open_disk("/dev/vda", O_RDONLY);
    struct file_mapping mapping, other;
    uint64_t wide = 0;
    uint32_t word = 7;

    (void)state;
    assert_int_equal(file_ioctl(file, 0x80081272u, (uintptr_t)&wide), 0); /* BLKGETSIZE64 */
    assert_int_equal(wide, SIZE);
    assert_int_equal(file_ioctl(file, 0x1260u, (uintptr_t)&wide), 0); /* BLKGETSIZE */
    assert_int_equal(wide, NR_SECTORS);
    assert_int_equal(file_ioctl(file, 0x1268u, (uintptr_t)&word), 0); /* BLKSSZGET */
    assert_int_equal(word, 512);
    assert_int_equal(file_ioctl(file, 0x125eu, (uintptr_t)&word), 0); /* BLKROGET */
    assert_int_equal(word, 0);
    assert_int_equal(file_ioctl(file, 0x1260u, 8), -EFAULT);
    assert_int_equal(file_ioctl(file, 0x5401u, (uintptr_t)&word), -ENOTTY);
    assert_int_equal(file_mmap(file, &mapping), 0);
    file_put(file);
    file = open_disk("/dev/vda", O_RDONLY); /* one cache a device */
    assert_int_equal(file_mmap(file, &other), 0);
    assert_ptr_equal(mapping.cache, other.cache);
    file_put(file);
    file = open_disk("/dev/vdb", O_RDONLY);
    assert_int_equal(file_ioctl(file, 0x125eu, (uintptr_t)&word), 0);
    assert_int_equal(word, 1);
    assert_int_equal(file_ioctl(file, 0x127bu, (uintptr_t)&word), 0); /* BLKPBSZGET */
    assert_int_equal(word, 4096);
    file_put(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),     cmocka_unit_test(test_reads),
        cmocka_unit_test(test_last_page), cmocka_unit_test(test_writes),
        cmocka_unit_test(test_errors),    cmocka_unit_test(test_ioctls),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}
