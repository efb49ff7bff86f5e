/*
 * linux/fdtable: the lowest free number, growth, limits, close-on-exec, copies, and what is told to
 * a file whose descriptor goes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <base/errno.h>
#include <fdtable/fdtable.h>

#include "../../../core/file/test/world.h"

static unsigned nr_released;
static unsigned nr_closed;
static void *closed_table;

static void count_release(struct file *file)
{
    (void)file;
    nr_released++;
}

static const struct file_ops ops = {.release = count_release, .is_stream = true};

static void test_destroy(struct file *file)
{
    file_ops_release(file);
    heap_free(file);
}

static void test_fd_closed(struct file *file, void *table)
{
    (void)file;
    nr_closed++;
    closed_table = table;
}

static const struct file_kind kind = {.destroy = test_destroy, .fd_closed = test_fd_closed};

static struct file *make(void)
{
    struct file *file = heap_zalloc(sizeof(*file));

    assert_non_null(file);
    file_init(file, &kind, &ops, O_RDWR);
    return file;
}

static int put_in(struct fd_table *table, int lowest, bool is_cloexec)
{
    return fd_table_install(table, make(), lowest, NR_FDS_MAX, is_cloexec);
}

static int setup(void **state)
{
    (void)state;
    return world_init();
}

static int reset(void **state)
{
    (void)state;
    nr_released = nr_closed = 0;
    return 0;
}

static void test_lowest_free(void **state)
{
    struct fd_table *table = fd_table_create();

    (void)state;
    for (int fd = 0; fd < 5; fd++)
        assert_int_equal(put_in(table, 0, false), fd);
    assert_int_equal(fd_table_close(table, 3), 0);
    assert_int_equal(fd_table_close(table, 1), 0);
    assert_int_equal(fd_table_close(table, 1), -EBADF);
    assert_int_equal(put_in(table, 2, false), 3);
    assert_int_equal(put_in(table, 0, false), 1);
    assert_int_equal(put_in(table, 0, false), 5);
    assert_int_equal(put_in(table, 40, false), 40);
    assert_int_equal(put_in(table, 0, false), 6);
    assert_int_equal(fd_table_next(table, 7, NULL), 40);
    assert_int_equal(fd_table_next(table, 41, NULL), -1);
    fd_table_put(table);
    assert_int_equal(nr_released, 10);
    assert_int_equal(nr_closed, 10);
}

/* Past the 64 that a table has of its own: everything stays where it was. */
static void test_growth(void **state)
{
    struct fd_table *table = fd_table_create();
    struct file *files[1000];

    (void)state;
    for (int fd = 0; fd < 1000; fd++) {
        assert_int_equal(put_in(table, 0, fd % 3 == 0), fd);
        files[fd] = fd_table_file(table, fd);
        assert_non_null(files[fd]);
        file_put(files[fd]);
    }
    for (int fd = 0; fd < 1000; fd++) {
        struct file *file = fd_table_file(table, fd);

        assert_ptr_equal(file, files[fd]);
        file_put(file);
        assert_int_equal(fd_table_get_cloexec(table, fd), fd % 3 == 0);
    }
    assert_int_equal(fd_table_close(table, 64), 0);
    assert_int_equal(fd_table_close(table, 700), 0);
    assert_int_equal(put_in(table, 0, false), 64);
    assert_int_equal(put_in(table, 65, false), 700);
    assert_int_equal(put_in(table, 5000, false), 5000);
    assert_null(fd_table_file(table, 4999));
    assert_null(fd_table_file(table, -1));
    assert_null(fd_table_file(table, INT32_MAX));
    fd_table_put(table);
    assert_int_equal(nr_released, 1003);
}

static void test_limit(void **state)
{
    struct fd_table *table = fd_table_create();
    struct file *file = make();

    (void)state;
    for (int fd = 0; fd < 10; fd++)
        assert_int_equal(fd_table_install(table, make(), 0, 10, false), fd);
    assert_int_equal(fd_table_install(table, file, 0, 10, false), -EMFILE);
    assert_int_equal(fd_table_replace(table, file, 10, 10, false), -EBADF);
    assert_int_equal(fd_table_replace(table, file, -1, 10, false), -EBADF);
    file_put(file); /* a refusal leaves the reference with the caller */
    assert_int_equal(nr_released, 1);
    fd_table_put(table);
}

/* A number that is reserved is nobody's until it is filled: no copy, no close, no replacement. */
static void test_reserved(void **state)
{
    struct fd_table *table = fd_table_create();
    struct file *file = make();

    (void)state;
    assert_int_equal(fd_table_install(table, NULL, 0, NR_FDS_MAX, true), 0);
    assert_null(fd_table_file(table, 0));
    assert_int_equal(fd_table_next(table, 0, NULL), -1);
    assert_int_equal(fd_table_close(table, 0), -EBADF);
    assert_int_equal(fd_table_set_cloexec(table, 0, false), -EBADF);
    assert_int_equal(fd_table_replace(table, file, 0, NR_FDS_MAX, false), -EBUSY);
    struct fd_table *copy = fd_table_fork(table);

    assert_int_equal(fd_table_install(copy, make(), 0, NR_FDS_MAX, false), 0);
    fd_table_put(copy);
    assert_int_equal(put_in(table, 0, false), 1);
    fd_table_fill(table, 0, NULL);
    assert_int_equal(fd_table_install(table, NULL, 0, NR_FDS_MAX, false), 0);
    fd_table_fill(table, 0, file);
    assert_int_equal(fd_table_close(table, 0), 0);
    fd_table_put(table);
    assert_int_equal(nr_released, 3);
}

static void test_replace(void **state)
{
    struct fd_table *table = fd_table_create();

    (void)state;
    assert_int_equal(put_in(table, 0, true), 0);
    assert_int_equal(fd_table_replace(table, make(), 0, NR_FDS_MAX, false), 0);
    assert_int_equal(nr_released, 1);
    assert_ptr_equal(closed_table, table);
    assert_int_equal(fd_table_get_cloexec(table, 0), 0);
    assert_int_equal(fd_table_replace(table, make(), 300, NR_FDS_MAX, true), 300);
    assert_int_equal(fd_table_get_cloexec(table, 300), 1);
    assert_int_equal(put_in(table, 0, false), 1);
    fd_table_put(table);
}

static void test_exec(void **state)
{
    struct fd_table *table = fd_table_create();
    struct fd_table *spare;

    (void)state;
    for (int fd = 0; fd < 200; fd++)
        assert_int_equal(put_in(table, 0, fd % 2 == 1), fd);
    assert_int_equal(fd_table_exec_prepare(table, &spare), 0);
    assert_null(spare); /* it is not shared */
    fd_table_get(table);
    assert_int_equal(fd_table_exec_prepare(table, &spare), 0);
    assert_non_null(spare);
    assert_int_equal(fd_table_unshare(table, &spare), 0);
    fd_table_close_on_exec(spare);
    assert_int_equal(nr_closed, 100);
    assert_int_equal(nr_released, 0); /* who shares the old table has them still */
    for (int fd = 0; fd < 200; fd++) {
        struct file *file = fd_table_file(spare, fd);

        assert_int_equal(file != NULL, fd % 2 == 0);
        if (file != NULL)
            file_put(file);
    }
    assert_int_equal(put_in(spare, 0, false), 1);
    fd_table_put(spare);
    fd_table_put(table);
    fd_table_put(table);
    assert_int_equal(nr_released, 201);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_lowest_free, reset),
        cmocka_unit_test_setup(test_growth, reset),
        cmocka_unit_test_setup(test_limit, reset),
        cmocka_unit_test_setup(test_reserved, reset),
        cmocka_unit_test_setup(test_replace, reset),
        cmocka_unit_test_setup(test_exec, reset),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}
