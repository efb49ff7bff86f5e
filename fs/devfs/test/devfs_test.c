/*
 * fs/devfs: the memory devices as their manual pages say, and the one tree behind every mount.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <devfs/devfs.h>
#include <log/log.h>

#include "../../ramfs/test/world.h"

static int setup(void **state)
{
    (void)state;
    if (world_init() != 0 || devfs_init() != 0 || vfs_mkdir(CTX, NULL, "/dev", 0755) != 0)
        return -1;
    return vfs_mount(CTX, "dev", "/dev", "devtmpfs", 0, "mode=755");
}

static struct file *open_device(const char *name)
{
    struct file *file;

    assert_int_equal(vfs_open(CTX, NULL, name, O_RDWR, 0, &file), 0);
    return file;
}

/* ---- devices ---- */

static void test_null(void **state)
{
    struct file *file = open_device("/dev/null");
    char buf[300] = "kept";

    (void)state;
    assert_int_equal(file_read(file, buf, sizeof(buf)), 0);
    assert_string_equal(buf, "kept");
    assert_int_equal(file_write(file, buf, sizeof(buf)), sizeof(buf));
    assert_int_equal(file_pwrite(file, buf, 5, 1u << 30), 5);
    assert_int_equal(file_seek(file, 100, SEEK_SET), 0);
    assert_int_equal(file_seek(file, 0, SEEK_CUR), 0);
    file_put(file);
}

static void test_zero_and_full(void **state)
{
    struct file *zero = open_device("/dev/zero");
    struct file *full = open_device("/dev/full");
    struct file_mapping mapping;
    char buf[5000], zeros[5000] = {0};

    (void)state;
    memset(buf, 'x', sizeof(buf));
    assert_int_equal(file_read(zero, buf, sizeof(buf) - 1), sizeof(buf) - 1);
    assert_memory_equal(buf, zeros, sizeof(buf) - 1);
    assert_int_equal(buf[sizeof(buf) - 1], 'x');
    assert_int_equal(file_write(zero, buf, sizeof(buf)), sizeof(buf));
    assert_int_equal(file_mmap(zero, &mapping), 0);
    assert_int_equal(mapping.kind, FILE_MAPPING_ANONYMOUS);
    file_put(zero);
    memset(buf, 'x', sizeof(buf));
    assert_int_equal(file_read(full, buf, 9), 9);
    assert_memory_equal(buf, "\0\0\0\0\0\0\0\0\0x", 10);
    assert_int_equal(file_write(full, buf, 1), -ENOSPC);
    file_put(full);
}

static void test_random(void **state)
{
    static const char *const names[] = {"/dev/random", "/dev/urandom"};
    uint8_t a[1000], b[1000];

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        struct file *file = open_device(names[i]);
        unsigned nr_ones = 0;

        memset(a, 0x55, sizeof(a));
        assert_int_equal(file_read(file, a, 777), 777); /* whole, and no multiple of a block */
        assert_int_equal(a[777], 0x55);
        assert_int_equal(file_read(file, b, 777), 777);
        assert_memory_not_equal(a, b, 64); /* no block comes twice */
        for (size_t at = 64; at + 64 <= 777; at += 64)
            assert_memory_not_equal(a, a + at, 64);
        assert_memory_not_equal(a + 770, "\x55\x55\x55\x55\x55\x55\x55", 7);
        for (size_t at = 0; at < 777; at++)
            nr_ones += (unsigned)__builtin_popcount(a[at]);
        assert_in_range(nr_ones, 777 * 4 - 400, 777 * 4 + 400);
        assert_int_equal(file_write(file, a, 777), 777);
        file_put(file);
    }
}

/* A line a read, each reader from the first line on; what is written is a line of the log. */
static void test_kmsg(void **state)
{
    struct file *file = open_device("/dev/kmsg");
    struct file *other;
    char line[512], long_line[2000];

    (void)state;
    while (file_read(file, line, sizeof(line)) > 0)
        ;
    log_set_level(0); /* of what follows, nothing to the console */
    assert_int_equal(file_read(file, line, sizeof(line)), -EAGAIN);
    assert_int_equal(file_write(file, "<3>first\n\n", 10), 10);
    assert_int_equal(file_write(file, "<x>second", 9), 9);
    log_print(LOG_INFO, "third");
    assert_int_equal(file_read(file, line, 5), -EINVAL); /* less than the line: it stays */
    assert_int_equal(file_read(file, line, 6), 6);
    assert_memory_equal(line, "first\n", 6);
    assert_int_equal(file_read(file, line, sizeof(line)), 10);
    assert_memory_equal(line, "<x>second\n", 10);
    other = open_device("/dev/kmsg");
    assert_int_equal(file_read(file, line, sizeof(line)), 6);
    assert_memory_equal(line, "third\n", 6);
    assert_int_equal(file_read(file, line, sizeof(line)), -EAGAIN);
    assert_true(file_read(other, line, sizeof(line)) > 0);
    file_put(other);
    /* A longer line is cut, and taken. */
    memset(long_line, 'l', sizeof(long_line));
    assert_int_equal(file_write(file, long_line, sizeof(long_line)), sizeof(long_line));
    ssize_t n = file_read(file, line, sizeof(line));

    assert_in_range(n, 500, 512);
    assert_memory_equal(line, long_line, (size_t)n - 1);
    assert_int_equal(file_read(file, line, sizeof(line)), -EAGAIN);
    log_set_level(5);
    file_put(file);
}

/* ---- the tree ---- */

static void test_names(void **state)
{
    struct vfs_stat st;
    struct path path;
    struct file *file;
    char buf[64];

    (void)state;
    assert_int_equal(stat_file("/dev/full", &st), 0);
    assert_int_equal(st.mode, S_IFCHR | 0666);
    assert_int_equal(st.rdev, DEVNO(1, 7));
    assert_int_equal(stat_file("/dev/kmsg", &st), 0);
    assert_int_equal(st.mode, S_IFCHR | 0644);
    assert_int_equal(vfs_lookup(CTX, NULL, "/dev/stderr", LOOKUP_NO_FOLLOW, &path), 0);
    assert_int_equal(vfs_readlink(&path, buf, sizeof(buf)), 15);
    assert_memory_equal(buf, "/proc/self/fd/2", 15);
    path_put(&path);

    assert_int_equal(devfs_add("a/b/c", S_IFBLK | 0660, DEVNO(254, 3)), 0);
    assert_int_equal(devfs_add("a/b/d", S_IFCHR | 0600, DEVNO(1, 3)), 0);
    assert_int_equal(devfs_add("a/b/d", S_IFCHR | 0600, DEVNO(1, 3)), -EEXIST);
    assert_int_equal(devfs_add("a", S_IFCHR | 0600, DEVNO(1, 3)), -EEXIST);
    assert_true(devfs_add("null/x", S_IFCHR | 0600, DEVNO(1, 3)) < 0); /* under a device */
    assert_int_equal(stat_file("/dev/a/b", &st), 0);
    assert_int_equal(st.mode, S_IFDIR | 0755);
    assert_int_equal(stat_file("/dev/a/b/c", &st), 0);
    assert_int_equal(st.mode, S_IFBLK | 0660);
    assert_int_equal(st.rdev, DEVNO(254, 3));
    assert_int_equal(read_file("/dev/a/b/d", buf, 1), 0); /* null by another name */
    assert_int_equal(devfs_add_symlink("a/link", "b/d"), 0);
    assert_int_equal(read_file("/dev/a/link", buf, 1), 0);
    /* Numbers that nobody answers for. */
    assert_int_equal(devfs_add("none", S_IFCHR | 0600, DEVNO(1, 200)), 0);
    assert_int_equal(vfs_open(CTX, NULL, "/dev/none", O_RDONLY, 0, &file), -ENXIO);
    assert_int_equal(vfs_open(CTX, NULL, "/dev/a/b/c", O_RDONLY, 0, &file), -ENXIO);
}

static void test_one_tree(void **state)
{
    struct vfs_stat st, other;
    struct file *file;
    char buf[8];

    (void)state;
    assert_int_equal(vfs_mkdir(CTX, NULL, "/jail", 0755), 0);
    assert_int_equal(vfs_mount(CTX, "dev", "/jail", "devtmpfs", 0, "gid=banana"), -EINVAL);
    assert_int_equal(vfs_mount(CTX, "dev", "/jail", "devtmpfs", MOUNT_NODEV, ""), 0);
    assert_int_equal(write_file("/dev/own", "mine", 4), 4); /* a program's own */
    assert_int_equal(read_file("/jail/own", buf, 8), 4);
    assert_int_equal(devfs_add("late", S_IFCHR | 0600, DEVNO(1, 5)), 0);
    assert_int_equal(stat_file("/jail/late", &st), 0);
    assert_int_equal(stat_file("/dev/late", &other), 0);
    assert_int_equal(st.ino, other.ino);
    assert_int_equal(vfs_open(CTX, NULL, "/jail/late", O_RDONLY, 0, &file), -EACCES);
    assert_int_equal(vfs_unmount(CTX, "/jail", false), 0);
    assert_int_equal(vfs_unmount(CTX, "/dev", false), 0); /* the last mount: the tree stays */
    assert_int_equal(devfs_add("later", S_IFCHR | 0600, DEVNO(1, 5)), 0);
    assert_int_equal(vfs_mount(CTX, "dev", "/dev", "devtmpfs", 0, ""), 0);
    assert_int_equal(read_file("/dev/own", buf, 8), 4);
    assert_int_equal(read_file("/dev/later", buf, 8), 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_null),   cmocka_unit_test(test_zero_and_full),
        cmocka_unit_test(test_random), cmocka_unit_test(test_kmsg),
        cmocka_unit_test(test_names),  cmocka_unit_test(test_one_tree),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}
