/*
 * linux/fd: descriptors of the calling process and of others; files for the time of one call, alone
 * with the table and not; what exec keeps.
 */
#include "../../task/test/world.h"

#include <fd/fd.h>

static unsigned nr_released;

static void count_release(struct file *file)
{
    (void)file;
    nr_released++;
}

static const struct file_ops ops = {.release = count_release, .is_stream = true};

static struct file *make(void)
{
    struct file *file = file_alloc(&ops, O_RDWR);

    assert_non_null(file);
    return file;
}

static struct fd_table *table(void)
{
    return process_current()->files;
}

/* Every test leaves the table as it found it, and no file behind. */
static int begin(void **state)
{
    (void)state;
    nr_released = 0;
    return fd_table_next(table(), 0, NULL) == -1 ? 0 : -1;
}

static int setup(void **state)
{
    (void)state;
    return program_world_init();
}

static void numbers_end_at_the_limit(void **state)
{
    struct linux_rlimit *limit = &process_current()->limits[RLIMIT_NOFILE];
    struct file *file = make();

    (void)state;
    limit->cur = 3;
    for (int fd = 0; fd < 3; fd++)
        assert_int_equal(fd_install_or_put(make(), false), fd);
    assert_int_equal(fd_install(file, 0, false), -EMFILE);
    assert_int_equal(fd_replace(file, 3, false), -EBADF);
    assert_int_equal(file->nr_refs, 1); /* who was refused has it still ... */
    assert_int_equal(fd_install_or_put(file, false), -EMFILE);
    assert_int_equal(nr_released, 1); /* ... but not after this one */
    assert_int_equal(fd_replace(make(), 2, true), 2);
    assert_int_equal(nr_released, 2);
    assert_int_equal(fd_get_cloexec(2), 1);
    limit->cur = RLIM_INFINITY;
    assert_int_equal(fd_install(make(), NR_FDS_MAX - 1, false), NR_FDS_MAX - 1);
    file = make();
    assert_int_equal(fd_install(file, NR_FDS_MAX - 1, false), -EMFILE);
    file_put(file);
    limit->cur = 1024;
    assert_int_equal(fd_close(NR_FDS_MAX - 1), 0); /* a lower limit takes nothing away */
    for (int fd = 0; fd < 3; fd++)
        assert_int_equal(fd_close(fd), 0);
    assert_int_equal(fd_close(0), -EBADF);
    assert_int_equal(fd_close(-1), -EBADF);
}

/* Alone with its table a call counts no reference; with somebody else about, its file stays. */
static void a_file_lasts_as_long_as_the_call(void **state)
{
    int fd = fd_install_or_put(make(), false);
    struct file *file = fd_table_file(table(), fd);
    struct fd_ref ref;

    (void)state;
    file_put(file);
    assert_int_equal(fd_ref_get(fd, &ref), 0);
    assert_ptr_equal(ref.file, file);
    assert_int_equal(file->nr_refs, 1);
    fd_ref_put(&ref);

    fd_table_get(table()); /* as clone with CLONE_FILES */
    assert_int_equal(fd_ref_get(fd, &ref), 0);
    assert_int_equal(file->nr_refs, 2);
    assert_int_equal(fd_close(fd), 0); /* by the other */
    assert_int_equal(nr_released, 0);
    fd_ref_put(&ref);
    assert_int_equal(nr_released, 1);
    fd_table_put(table());

    process_current()->nr_threads = 2; /* as a second thread */
    fd = fd_install_or_put(make(), false);
    assert_int_equal(fd_ref_get(fd, &ref), 0);
    assert_int_equal(ref.file->nr_refs, 2);
    assert_int_equal(fd_close(fd), 0);
    fd_ref_put(&ref);
    process_current()->nr_threads = 1;
    assert_int_equal(nr_released, 2);
}

static void numbers_that_are_none(void **state)
{
    static const int numbers[] = {0, 1, 63, 64, 1023, -1, INT32_MIN, INT32_MAX};
    struct fd_view view;
    struct fd_ref ref;
    struct path path;
    bool is_cloexec;

    (void)state;
    for (unsigned nr_threads = 1; nr_threads <= 2; nr_threads++) {
        process_current()->nr_threads = nr_threads;
        fd_view_begin(&view);
        for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
            assert_int_equal(fd_check(numbers[i]), -EBADF);
            assert_int_equal(fd_ref_get(numbers[i], &ref), -EBADF);
            assert_null(fd_view_get(&view, numbers[i]));
            assert_int_equal(fd_get_cloexec(numbers[i]), -EBADF);
            assert_int_equal(fd_set_cloexec(numbers[i], true), -EBADF);
            assert_int_equal(fd_path(numbers[i], &path, &is_cloexec), -EBADF);
        }
    }
    process_current()->nr_threads = 1;
}

static void a_view_counts_only_in_company(void **state)
{
    int fd = fd_install_or_put(make(), false);
    struct fd_view view;
    struct file *file;

    (void)state;
    for (unsigned nr_threads = 1; nr_threads <= 2; nr_threads++) {
        process_current()->nr_threads = nr_threads;
        fd_view_begin(&view);
        file = fd_view_get(&view, fd);
        assert_int_equal(file->nr_refs, nr_threads);
        fd_view_put(&view, file);
        assert_int_equal(file->nr_refs, 1);
    }
    process_current()->nr_threads = 1;
    assert_int_equal(fd_close(fd), 0);
}

/* A number is taken before its file exists: nobody else gets either meanwhile. */
static void a_reserved_number(void **state)
{
    int fd = fd_install(NULL, 0, true);

    (void)state;
    assert_int_equal(fd, 0);
    assert_int_equal(fd_check(fd), -EBADF);
    assert_int_equal(fd_install_or_put(make(), false), 1);
    fd_fill(fd, make());
    assert_int_equal(fd_check(fd), 0);
    assert_int_equal(fd_get_cloexec(fd), 1);
    assert_int_equal(fd_close(0), 0);
    assert_int_equal(fd_close(1), 0);
    assert_int_equal(nr_released, 2);
}

static void exec_closes_what_is_marked(void **state)
{
    struct fd_table *old = table();
    struct fd_table *spare;

    (void)state;
    assert_int_equal(fd_install_or_put(make(), false), 0);
    assert_int_equal(fd_install_or_put(make(), true), 1);
    assert_int_equal(fd_install_or_put(make(), false), 2);
    assert_int_equal(fd_set_cloexec(2, true), 0);
    assert_int_equal(fd_set_cloexec(1, false), 0);
    assert_int_equal(fd_table_exec_prepare(old, &spare), 0);
    assert_int_equal(fd_exec(&spare), 0);
    assert_ptr_equal(table(), old);
    assert_int_equal(fd_check(0), 0);
    assert_int_equal(fd_check(1), 0);
    assert_int_equal(fd_check(2), -EBADF);
    assert_int_equal(nr_released, 1);

    /* Other users of the old table keep all of it. */
    fd_table_get(old);
    assert_int_equal(fd_set_cloexec(0, true), 0);
    assert_int_equal(fd_table_exec_prepare(old, &spare), 0);
    assert_int_equal(fd_exec(&spare), 0);
    assert_ptr_not_equal(table(), old);
    assert_int_equal(fd_check(0), -EBADF);
    assert_int_equal(fd_check(1), 0);
    assert_int_equal(fd_table_next(old, 0, NULL), 0);
    fd_table_put(old);
    assert_int_equal(nr_released, 2);
    assert_int_equal(fd_close(1), 0);
    assert_int_equal(nr_released, 3);
}

/* For execveat: only what was opened by a name has a path. */
static void the_path_behind_a_descriptor(void **state)
{
    struct file *file;
    struct path path;
    bool is_cloexec;

    (void)state;
    assert_int_equal(write_file("/program", "x", 1), 1);
    assert_int_equal(vfs_open(CTX, NULL, "/program", O_PATH, 0, &file), 0);
    assert_int_equal(fd_install_or_put(file, true), 0);
    assert_int_equal(fd_install_or_put(make(), false), 1);
    assert_int_equal(fd_path(0, &path, &is_cloexec), 0);
    assert_true(is_cloexec);
    assert_int_equal(fd_close(0), 0);
    assert_ptr_equal(path.mount, vfs_kernel_context.root.mount); /* it is counted */
    assert_int_equal(vfs_access(&path, &cred_kernel, MAY_READ), 0);
    path_put(&path);
    assert_int_equal(fd_path(1, &path, &is_cloexec), -ENOENT);
    assert_false(is_cloexec);
    assert_int_equal(fd_close(1), 0);
    assert_int_equal(vfs_unlink(CTX, NULL, "/program"), 0);
}

static void descriptors_of_another_process(void **state)
{
    struct process *other = program_create(7);
    struct file *file = make(), *found;

    (void)state;
    assert_int_equal(fd_table_install(other->files, file, 5, NR_FDS_MAX, false), 5);
    assert_int_equal(fd_check(5), -EBADF);
    assert_int_equal(fd_of_process(other, 5, &found), 0);
    assert_ptr_equal(found, file);
    assert_int_equal(file->nr_refs, 2);
    file_put(found);
    assert_int_equal(fd_of_process(other, 4, &found), -EBADF);
    assert_int_equal(fd_next_of_process(other, 0), 5);
    assert_int_equal(fd_next_of_process(other, 6), -1);
    fd_table_put(other->files); /* it has come to its end */
    other->files = NULL;
    assert_int_equal(nr_released, 1);
    assert_int_equal(fd_of_process(other, 5, &found), -ESRCH);
    assert_int_equal(fd_next_of_process(other, 0), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(numbers_end_at_the_limit, begin),
        cmocka_unit_test_setup(a_file_lasts_as_long_as_the_call, begin),
        cmocka_unit_test_setup(numbers_that_are_none, begin),
        cmocka_unit_test_setup(a_view_counts_only_in_company, begin),
        cmocka_unit_test_setup(a_reserved_number, begin),
        cmocka_unit_test_setup(exec_closes_what_is_marked, begin),
        cmocka_unit_test_setup(the_path_behind_a_descriptor, begin),
        cmocka_unit_test_setup(descriptors_of_another_process, begin),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}
