/*
 * fs/initrd: what an archive holds is what is found in the tree; bodies are not copied; damaged
 * archives leave what was good.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <initrd/initrd.h>

#include "../../ramfs/test/world.h"

static int setup(void **state)
{
    (void)state;
    return world_init();
}

/* ---- making archives: newc, as in Linux's buffer-format.rst ---- */

static uint8_t *archive; /* page aligned, in the direct map */
static size_t used;

static void begin(void)
{
    struct frame *frames = frame_alloc_contig(64, 1, FRAME_ZERO);

    assert_non_null(frames);
    archive = frame_to_virt(frames);
    used = 0;
}

static void put(const void *data, size_t n)
{
    memcpy(archive + used, data, n);
    used = ALIGN_UP(used + n, 4ul);
}

/* The body's offset in the archive. */
static size_t add(const char *name, uint32_t mode, uint32_t ino, uint32_t nlink, const void *body,
                  size_t n)
{
    char header[111];
    size_t at;

    snprintf(header, sizeof(header), "070701%08x%08x%08x%08x%08x%08x%08zx%08x%08x%08x%08x%08zx%08x",
             ino, mode, 7u, 8u, nlink, 1000u, n, 0u, 0u, 5u, 1u, strlen(name) + 1, 0u);
    memcpy(archive + used, header, 110);
    used += 110;
    put(name, strlen(name) + 1);
    at = used;
    put(body, n);
    return at;
}

static int finish(void)
{
    add("TRAILER!!!", 0, 0, 1, "", 0);
    return initrd_unpack(archive, used);
}

static void test_contents(void **state)
{
    struct vfs_stat st;
    char buf[64];
    struct file *file;

    (void)state;
    begin();
    add("dir", S_IFDIR | 0750, 1, 2, "", 0);
    size_t at = add("dir/file", S_IFREG | 04755, 2, 1, "hello initrd", 12);
    add("/abs/olute", S_IFREG | 0644, 3, 1, "x", 1); /* parents are made, the slash is nothing */
    add("./dot", S_IFLNK | 0777, 4, 1, "dir/file", 8);
    add("console", S_IFCHR | 0600, 5, 1, "", 0);
    add("h1", S_IFREG | 0644, 6, 2, "", 0); /* a hard link: the body comes with the last name */
    add("h2", S_IFREG | 0644, 6, 2, "shared", 6);
    assert_int_equal(finish(), 0);
    assert_int_equal(stat_file("/dir", &st), 0);
    assert_int_equal(st.mode, S_IFDIR | 0750);
    assert_int_equal(st.mtime_ns, 1000 * (int64_t)NS_PER_SEC); /* though a file came later */
    assert_int_equal(stat_file("/dir/file", &st), 0);
    assert_int_equal(st.mode, S_IFREG | 04755);
    assert_int_equal(st.uid, 7);
    assert_int_equal(st.gid, 8);
    assert_int_equal(st.mtime_ns, 1000 * (int64_t)NS_PER_SEC);
    assert_int_equal(read_file("/dot", buf, sizeof(buf)), 12);
    assert_memory_equal(buf, "hello initrd", 12);
    assert_int_equal(stat_file("/console", &st), 0);
    assert_int_equal(st.rdev, DEVNO(5, 1));
    assert_int_equal(stat_file("/h1", &st), 0);
    assert_int_equal(st.nlink, 2);
    assert_int_equal(read_file("/h1", buf, sizeof(buf)), 6);

    /* The body lies where the archive lies, until somebody writes. */
    archive[at] = 'H';
    assert_int_equal(read_file("/dir/file", buf, sizeof(buf)), 12);
    assert_int_equal(buf[0], 'H');
    assert_int_equal(vfs_open(CTX, NULL, "/dir/file", O_RDWR, 0, &file), 0);
    assert_int_equal(file_inode(file)->cache.nr_pages, 0);
    assert_int_equal(file_pwrite(file, "J", 1, 0), 1);
    file_put(file);
    assert_int_equal(archive[at], 'H');
    assert_int_equal(read_file("/dir/file", buf, sizeof(buf)), 12);
    assert_int_equal(buf[0], 'J');
}

static void test_names_that_climb_out(void **state)
{
    struct vfs_stat st;

    (void)state;
    begin();
    add("../escape", S_IFREG | 0644, 1, 1, "x", 1);
    add("a/../../b", S_IFREG | 0644, 2, 1, "x", 1);
    add(".", S_IFDIR | 0755, 3, 2, "", 0);
    add("fine", S_IFREG | 0644, 4, 1, "x", 1);
    assert_int_equal(finish(), 0);
    assert_int_equal(stat_file("/escape", &st), -ENOENT);
    assert_int_equal(stat_file("/b", &st), -ENOENT);
    assert_int_equal(stat_file("/fine", &st), 0);
}

static void test_damage(void **state)
{
    struct vfs_stat st;

    (void)state;
    begin();
    add("good", S_IFREG | 0644, 1, 1, "x", 1);
    size_t second = used;

    add("bad", S_IFREG | 0644, 2, 1, "y", 1);
    archive[second + 3] = 'Z'; /* the magic */
    assert_true(finish() < 0 || stat_file("/bad", &st) == -ENOENT);
    assert_int_equal(stat_file("/good", &st), 0);

    /* Cut at every length: never more than what was whole. */
    begin();
    add("one", S_IFREG | 0644, 1, 1, "1", 1);
    size_t first = used;

    add("two", S_IFREG | 0644, 2, 1, "2", 1);
    for (size_t size = 0; size < used; size++) {
        (void)initrd_unpack(archive, size);
        assert_int_equal(stat_file("/one", &st), size >= first - 3 ? 0 : -ENOENT);
        (void)vfs_unlink(CTX, NULL, "/one");
    }
    assert_int_equal(initrd_unpack("this is no archive", 18), -EINVAL);
    assert_int_equal(initrd_unpack(archive, 0), 0);
}

/* A gzip member of one stored block, RFC 1951 and 1952; the checksum is wrong. */
static void put_gzip(char byte, uint16_t n)
{
    static const uint8_t header[] = {0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff, 1};
    const uint8_t lengths[] = {n & 0xff, n >> 8, ~n & 0xff, (uint16_t)~n >> 8};

    memcpy(archive + used, header, sizeof(header));
    used += sizeof(header);
    memcpy(archive + used, lengths, sizeof(lengths));
    used += sizeof(lengths);
    memset(archive + used, byte, n);
    used += n;
    memset(archive + used, 0x55, 8);
    used += 8;
}

static void test_gzip_of_no_archive_keeps_no_memory(void **state)
{
    struct frame_stats before, after;

    (void)state;
    begin();
    put_gzip('A', 60000);
    assert_int_equal(initrd_unpack(archive, used), -EIO);
    frame_stats(&before);
    for (int i = 0; i < 20; i++)
        assert_int_equal(initrd_unpack(archive, used), -EIO);
    frame_stats(&after);
    assert_true(after.free + 20 > before.free); /* 15 each, if they stayed */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_contents),
        cmocka_unit_test(test_names_that_climb_out),
        cmocka_unit_test(test_damage),
        cmocka_unit_test(test_gzip_of_no_archive_keeps_no_memory),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}
