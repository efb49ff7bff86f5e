/*
 * fs/fifo: FIFOs that are opened side by side, and the inode of a pipe without a name.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fifo/fifo.h>
#include <pipe/pipe.h>

#include "../../ramfs/test/world.h"

static int setup(void **state)
{
    (void)state;
    return world_init() != 0 || pipe_init() != 0 ? -1 : fifo_init();
}

static void test_fifo(void **state)
{
    struct file *r;
    struct file *w;
    char c = 'q';

    (void)state;
    assert_int_equal(vfs_mknod(CTX, NULL, "/fifo", S_IFIFO | 0600, 0), 0);
    assert_int_equal(vfs_open(CTX, NULL, "/fifo", O_WRONLY | O_NONBLOCK, 0, &w), -ENXIO);
    assert_int_equal(vfs_open(CTX, NULL, "/fifo", O_RDONLY | O_NONBLOCK, 0, &r), 0);
    assert_int_equal(vfs_open(CTX, NULL, "/fifo", O_WRONLY | O_NONBLOCK, 0, &w), 0);
    assert_int_equal(file_write(w, &c, 1), 1);
    file_put(w);
    assert_int_equal(file_read(r, &c, 1), 1);
    assert_int_equal(file_read(r, &c, 1), 0);
    file_put(r);
    /* Both sides in one: never blocks, and what nobody reads is gone with the last close. */
    assert_int_equal(vfs_open(CTX, NULL, "/fifo", O_RDWR, 0, &r), 0);
    assert_int_equal(file_write(r, &c, 1), 1);
    file_put(r);
    assert_int_equal(vfs_open(CTX, NULL, "/fifo", O_RDWR | O_NONBLOCK, 0, &r), 0);
    assert_int_equal(file_read(r, &c, 1), -EAGAIN);
    file_put(r);
    assert_int_equal(vfs_unlink(CTX, NULL, "/fifo"), 0);
}

static void test_anonymous(void **state)
{
    struct file *r;
    struct file *w;
    char name[32];
    char c = 'a';

    (void)state;
    assert_int_equal(fifo_create_anonymous(O_NONBLOCK, 7, 8, &r, &w), 0);
    assert_ptr_equal(file_inode(r), file_inode(w));
    assert_true(S_ISFIFO(file_inode(r)->mode));
    assert_int_equal(file_inode(r)->uid, 7);
    assert_int_equal(file_inode(r)->gid, 8);
    assert_null(file_path(r)->dentry);
    assert_true(pipe_is_pipe(r) && pipe_is_pipe(w));
    assert_true(r->ops->describe(r, name, sizeof(name)) > 0);
    assert_memory_equal(name, "pipe:[", 6);
    assert_int_equal(file_write(w, &c, 1), 1);
    file_put(w);
    assert_int_equal(file_read(r, &c, 1), 1);
    assert_int_equal(file_read(r, &c, 1), 0);
    file_put(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fifo),
        cmocka_unit_test(test_anonymous),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}
