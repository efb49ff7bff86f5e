/*
 * One file is one inode, whatever it is called and whether its name is in memory; mapped stores.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "image.h"

static struct file *open_it(const char *name)
{
    struct file *file;

    assert_int_equal(vfs_open(CTX, NULL, name, O_RDWR, 0, &file), 0);
    return file;
}

static void test_one_file_is_one_inode(void **state)
{
    struct file *file, *again;
    struct inode *inode;
    uint64_t ino;
    char text[8];

    (void)state;
    make_image("-F 16", 16384);
    assert_int_equal(disk_mount(), 0);
    assert_int_equal(write_at("/mnt/A long name.text", 0, "first", 5), 5);
    file = open_it("/mnt/A long name.text");
    inode = file_inode(file);
    ino = inode->ino;
    again = open_it("/mnt/ALONGN~1.TEX");
    assert_ptr_equal(file_inode(again), inode);
    file_put(again);

    (void)dentry_shrink(SIZE_MAX); /* the name is in use: it stays */
    assert_int_equal(vfs_rename(CTX, NULL, "/mnt/A long name.text", NULL, "/mnt/other", 0), 0);
    again = open_it("/mnt/OTHER");
    assert_ptr_equal(file_inode(again), inode);
    file_put(again);

    assert_int_equal(file_pwrite(file, "FIRST", 5, 0), 5);
    file_put(file);
    (void)dentry_shrink(SIZE_MAX); /* the name has gone, the inode is unused */
    file = open_it("/mnt/other");
    assert_ptr_equal(file_inode(file), inode);
    assert_int_equal(file_inode(file)->ino, ino);
    file_put(file);

    /* Everything goes, and what had not been written back is there. */
    (void)dentry_shrink(SIZE_MAX);
    assert_true(inode_shrink(SIZE_MAX) >= 1);
    (void)pagecache_shrink(SIZE_MAX);
    file = open_it("/mnt/other");
    assert_int_not_equal(file_inode(file)->ino, ino);
    assert_int_equal(file_pread(file, text, 8, 0), 5);
    assert_memory_equal(text, "FIRST", 5);
    file_put(file);
    assert_int_equal(disk_unmount(), 0);
    expect_clean();
}

/* A name that was removed and made again is another file, while the first is open or unused. */
static void test_a_place_with_another_file(void **state)
{
    struct file *file, *new;

    (void)state;
    make_image("-F 16", 16384);
    assert_int_equal(disk_mount(), 0);
    assert_int_equal(write_at("/mnt/f", 0, "old", 3), 3);
    file = open_it("/mnt/f");
    assert_int_equal(vfs_unlink(CTX, NULL, "/mnt/f"), 0);
    assert_int_equal(write_at("/mnt/f", 0, "longer", 6), 6);
    new = open_it("/mnt/f");
    assert_ptr_not_equal(file_inode(file), file_inode(new));
    assert_int_equal(file_inode(file)->size, 3);
    file_put(file);
    file_put(new);
    (void)dentry_shrink(SIZE_MAX);
    assert_int_equal(vfs_unlink(CTX, NULL, "/mnt/f"), 0);
    assert_int_equal(vfs_mkdir(CTX, NULL, "/mnt/f", 0777), 0);
    assert_int_equal(write_at("/mnt/f/in", 0, "x", 1), 1);
    assert_int_equal(disk_unmount(), 0);
    expect_clean();
}

/* A program stores to a mapped page: before that the disk says that it is in use, or the program
 * hears why it cannot. */
static void test_a_mapped_store(void **state)
{
    const unsigned state_offset = 37; /* FAT16 */
    struct vfs_attr attr = {.valid = ATTR_MTIME, .mtime_ns = NS_PER_SEC};
    struct frame *frame;
    struct file *file;

    (void)state;
    make_image("-F 16", 16384);
    assert_int_equal(disk_mount(), 0);
    assert_int_equal(write_at("/mnt/f", 0, "body", 4), 4);
    assert_int_equal(disk_unmount(), 0);
    assert_int_equal(disk_mount(), 0);
    assert_int_equal(disk_data[state_offset] & 1, 0);
    assert_int_equal(vfs_open(CTX, NULL, "/mnt/f", O_RDWR, 0, &file), 0);
    assert_int_equal(vfs_setattr(file_path(file), &cred_kernel, &attr), 0);
    assert_int_equal(vfs_sync(), 0);
    assert_int_equal(disk_data[state_offset] & 1, 0);
    assert_int_equal(pagecache_get(&file_inode(file)->cache, 0, 0, &frame), 0);
    assert_false(pagecache_is_writable(&file_inode(file)->cache, frame));
    disk_fail_after = 0;
    assert_int_equal(pagecache_make_writable(&file_inode(file)->cache, frame), -EIO);
    assert_false(pagecache_is_dirty(&file_inode(file)->cache, frame));
    disk_fail_after = UINT64_MAX;
    assert_int_equal(pagecache_make_writable(&file_inode(file)->cache, frame), 0);
    assert_int_equal(disk_data[state_offset] & 1, 1);
    assert_int_not_equal(file_inode(file)->mtime_ns, attr.mtime_ns);
    memcpy(frame_to_virt(frame), "BODY", 4);
    frame_put(frame);
    file_put(file);
    assert_int_equal(disk_unmount(), 0);
    expect_clean();
    assert_int_equal(disk_data[state_offset] & 1, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_file_is_one_inode),
        cmocka_unit_test(test_a_place_with_another_file),
        cmocka_unit_test(test_a_mapped_store),
    };

    return cmocka_run_group_tests(tests, image_setup, image_teardown);
}
