/*
 * Descriptors as programs make, copy and close them: open(2), dup(2), pipe(2), fcntl(2),
 * close_range(2), and what is refused of O_PATH.
 */
#include "world.h"

#define F_DUPFD         0
#define F_GETFD         1
#define F_SETFD         2
#define F_GETFL         3
#define F_SETFL         4
#define F_GETLK         5
#define F_SETLK         6
#define F_OFD_GETLK     36
#define F_OFD_SETLK     37
#define F_DUPFD_CLOEXEC 1030
#define F_SETPIPE_SZ    1031
#define F_GETPIPE_SZ    1032
#define F_GET_SEALS     1034
#define F_RDLCK         0
#define F_WRLCK         1
#define F_UNLCK         2

struct flock_of_user {
    int16_t type, whence;
    int64_t start, len;
    int32_t pid;
};

static void close_all(void)
{
    assert_int_equal(sys_close_range(0, UINT32_MAX, 0), 0);
}

static void open_takes_the_lowest_number(void **state)
{
    (void)state;
    assert_int_equal(open_file("/none", O_RDONLY), -ENOENT);
    assert_int_equal(open_file("/f", O_CREAT | O_RDWR | O_CLOEXEC), 0);
    assert_int_equal(sys_fcntl(0, F_GETFD, 0), 1);
    assert_int_equal(open_file("/f", O_RDONLY), 1);
    assert_int_equal(sys_fcntl(1, F_GETFD, 0), 0);
    assert_int_equal(sys_close(0), 0);
    assert_int_equal(sys_close(0), -EBADF);
    assert_int_equal(open_file("/f", O_RDONLY), 0);
    assert_int_equal(open_file("/f", O_ACCMODE), -EINVAL);
    assert_int_equal(open_file("/", O_TMPFILE | O_RDWR), -EOPNOTSUPP);
    assert_int_equal(open_file("", O_RDONLY), -ENOENT);
    assert_int_equal(sys_openat(AT_FDCWD, BAD_ADDRESS, O_RDONLY, 0), -EFAULT);
    assert_int_equal(sys_openat(9, USER("f"), O_RDONLY, 0), -EBADF);
    assert_int_equal(sys_openat(0, USER("f"), O_RDONLY, 0), -ENOTDIR);
    process_current()->limits[RLIMIT_NOFILE].cur = 2;
    assert_int_equal(open_file("/f", O_RDONLY), -EMFILE);
    process_current()->limits[RLIMIT_NOFILE].cur = 1024;
    close_all();
}

static void a_new_file_has_the_mode_less_the_umask(void **state)
{
    struct vfs_stat st;

    (void)state;
    assert_int_equal(sys_umask(0777027), 022);
    assert_int_equal(sys_umask(027), 027);
    assert_int_equal(sys_openat(AT_FDCWD, USER("/masked"), O_CREAT | O_RDONLY, 0107666), 0);
    assert_int_equal(stat_file("/masked", &st), 0);
    assert_int_equal(st.mode, S_IFREG | 07640);
    assert_int_equal(sys_umask(022), 027);
    close_all();
}

static void copies_of_descriptors(void **state)
{
    (void)state;
    assert_int_equal(open_file("/f", O_CREAT | O_RDWR | O_CLOEXEC), 0);
    assert_int_equal(sys_dup(0), 1);
    assert_int_equal(sys_fcntl(1, F_GETFD, 0), 0);
    assert_int_equal(sys_dup(5), -EBADF);
    assert_int_equal(sys_dup3(0, 7, O_CLOEXEC), 7);
    assert_int_equal(sys_fcntl(7, F_GETFD, 0), 1);
    assert_int_equal(sys_dup3(0, 7, 0), 7);
    assert_int_equal(sys_fcntl(7, F_GETFD, 0), 0);
    assert_int_equal(sys_dup3(0, 0, 0), -EINVAL);
    assert_int_equal(sys_dup3(0, 8, O_NONBLOCK), -EINVAL);
    assert_int_equal(sys_dup3(9, 8, 0), -EBADF);
    assert_int_equal(sys_dup3(0, 1024, 0), -EBADF);
    assert_int_equal(sys_dup3(0, -1, 0), -EBADF);
    assert_int_equal(sys_fcntl(0, F_DUPFD, 5), 5);
    assert_int_equal(sys_fcntl(0, F_DUPFD_CLOEXEC, 5), 6);
    assert_int_equal(sys_fcntl(6, F_GETFD, 0), 1);
    assert_int_equal(sys_fcntl(0, F_DUPFD, 1024), -EINVAL);
    assert_int_equal(sys_fcntl(0, F_DUPFD, (uint64_t)-1), -EINVAL);
    assert_int_equal(sys_fcntl(99, F_DUPFD, 0), -EBADF);
    assert_int_equal(sys_write(0, USER("abc"), 3), 3); /* one file, one position */
    assert_int_equal(sys_lseek(7, 0, SEEK_CUR), 3);
    close_all();
}

static void pipes(void **state)
{
    int32_t fds[2];
    char c;

    (void)state;
    assert_int_equal(sys_pipe2(USER(fds), O_CLOEXEC | O_NONBLOCK), 0);
    assert_int_equal(fds[0], 0);
    assert_int_equal(fds[1], 1);
    assert_int_equal(sys_fcntl(1, F_GETFD, 0), 1);
    assert_int_equal(sys_read(0, USER(&c), 1), -EAGAIN);
    assert_int_equal(sys_fcntl(0, F_GETPIPE_SZ, 0), 65536);
    assert_int_equal(sys_fcntl(1, F_SETPIPE_SZ, 5000), 8192);
    assert_int_equal(sys_pipe2(USER(fds), O_APPEND), -EINVAL);
    assert_int_equal(sys_pipe2(USER(fds), O_DIRECT), -EOPNOTSUPP);
    assert_int_equal(sys_pipe2(BAD_ADDRESS, 0), -EFAULT);
    assert_int_equal(fd_table_next(process_current()->files, 2, NULL), -1);
    process_current()->limits[RLIMIT_NOFILE].cur = 3; /* room for one end alone */
    assert_int_equal(sys_pipe2(USER(fds), 0), -EMFILE);
    process_current()->limits[RLIMIT_NOFILE].cur = 1024;
    assert_int_equal(fd_table_next(process_current()->files, 2, NULL), -1);
    close_all();
}

static void flags_that_fcntl_changes(void **state)
{
    (void)state;
    assert_int_equal(open_file("/f", O_CREAT | O_WRONLY | O_TRUNC | O_APPEND), 0);
    assert_int_equal(sys_fcntl(0, F_GETFL, 0), O_WRONLY | O_APPEND | O_LARGEFILE);
    assert_int_equal(sys_fcntl(0, F_SETFL, O_RDWR | O_NONBLOCK | O_CREAT | O_SYNC), 0);
    assert_int_equal(sys_fcntl(0, F_GETFL, 0), O_WRONLY | O_NONBLOCK | O_LARGEFILE);
    assert_int_equal(sys_fcntl(0, F_SETFL, O_DIRECT), -EINVAL);
    assert_int_equal(sys_fcntl(0, F_SETFD, ~0ull), 0);
    assert_int_equal(sys_fcntl(0, F_GETFD, 0), 1);
    assert_int_equal(sys_fcntl(0, F_SETFD, 0), 0);
    assert_int_equal(sys_fcntl(0, F_GETFD, 0), 0);
    assert_int_equal(sys_fcntl(0, F_GETPIPE_SZ, 0), -EBADF);
    assert_int_equal(sys_fcntl(0, F_GET_SEALS, 0), -EINVAL);
    assert_int_equal(sys_fcntl(0, 12345, 0), -EINVAL);
    assert_int_equal(sys_fcntl(3, 12345, 0), -EBADF);
    close_all();
}

static void ranges_are_closed(void **state)
{
    (void)state;
    for (int fd = 0; fd < 6; fd++)
        assert_int_equal(open_file("/f", O_CREAT | O_RDONLY), fd);
    assert_int_equal(sys_close_range(3, 2, 0), -EINVAL);
    assert_int_equal(sys_close_range(0, 9, 2), -EINVAL); /* CLOSE_RANGE_UNSHARE: refused */
    assert_int_equal(sys_close_range(1, 2, 4), 0);
    assert_int_equal(sys_fcntl(1, F_GETFD, 0), 1);
    assert_int_equal(sys_fcntl(3, F_GETFD, 0), 0);
    assert_int_equal(sys_close_range(2, 4, 0), 0);
    assert_int_equal(sys_close(2), -EBADF);
    assert_int_equal(sys_close(4), -EBADF);
    assert_int_equal(sys_close_range(UINT32_MAX, UINT32_MAX, 0), 0);
    assert_int_equal(sys_close(5), 0);
    close_all();
}

static int64_t lock(int fd, int cmd, int type, int64_t start, int64_t len)
{
    struct flock_of_user fl = {.type = (int16_t)type, .start = start, .len = len};

    return sys_fcntl(fd, cmd, USER(&fl));
}

static void record_locks(void **state)
{
    struct flock_of_user fl = {.type = F_WRLCK, .start = 15, .len = 1};

    (void)state;
    assert_int_equal(open_file("/f", O_CREAT | O_RDWR), 0);
    assert_int_equal(open_file("/f", O_RDONLY), 1);
    assert_int_equal(lock(0, F_OFD_SETLK, F_WRLCK, 20, -10), 0); /* 10 to 19 */
    assert_int_equal(lock(1, F_OFD_SETLK, F_RDLCK, 19, 1), -EAGAIN);
    assert_int_equal(lock(1, F_OFD_SETLK, F_RDLCK, 20, 0), 0);
    assert_int_equal(sys_fcntl(1, F_OFD_GETLK, USER(&fl)), 0);
    assert_int_equal(fl.type, F_WRLCK);
    assert_int_equal(fl.start, 10);
    assert_int_equal(fl.len, 10);
    assert_int_equal(fl.pid, -1);
    assert_int_equal(lock(1, F_SETLK, F_WRLCK, 0, 1), -EBADF); /* for reading only */
    assert_int_equal(lock(0, F_SETLK, F_WRLCK, -1, 1), -EINVAL);
    assert_int_equal(lock(0, F_SETLK, F_WRLCK, 5, -6), -EINVAL);
    assert_int_equal(lock(0, F_SETLK, 3, 0, 1), -EINVAL);
    assert_int_equal(lock(0, F_GETLK, F_UNLCK, 0, 1), -EINVAL);
    assert_int_equal(lock(0, F_SETLK, F_WRLCK, INT64_MAX, 2), -EOVERFLOW);
    fl.pid = 1;
    assert_int_equal(sys_fcntl(0, F_OFD_SETLK, USER(&fl)), -EINVAL);
    assert_int_equal(sys_fcntl(0, F_SETLK, BAD_ADDRESS), -EFAULT);
    assert_int_equal(sys_flock(0, 1 | 2), -EINVAL);
    assert_int_equal(sys_flock(0, 2), 0);
    assert_int_equal(sys_flock(1, 1 | 4), -EAGAIN);
    assert_int_equal(sys_flock(0, 8), 0);
    assert_int_equal(sys_flock(1, 1 | 4), 0);
    assert_int_equal(sys_flock(9, 1), -EBADF);
    close_all();
}

/* open(2): O_PATH descriptors name a place; whatever works on the file itself is EBADF. */
static void a_place_is_no_open_file(void **state)
{
    char buf[8];
    uint32_t one = 1;

    (void)state;
    assert_int_equal(open_file("/f", O_CREAT | O_RDONLY), 0);
    assert_int_equal(sys_close(0), 0);
    assert_int_equal(open_file("/f", O_PATH | O_RDWR), 0);
    assert_int_equal(sys_read(0, USER(buf), 1), -EBADF);
    assert_int_equal(sys_write(0, USER(buf), 1), -EBADF);
    assert_int_equal(sys_lseek(0, 0, SEEK_SET), -EBADF);
    assert_int_equal(sys_fsync(0), -EBADF);
    assert_int_equal(sys_syncfs(0), -EBADF);
    assert_int_equal(sys_fadvise64(0, 0, 0, 0), -EBADF);
    assert_int_equal(sys_fallocate(0, 0, 0, 1), -EBADF);
    assert_int_equal(sys_ftruncate(0, 1), -EBADF);
    assert_int_equal(sys_sync_file_range(0, 0, 0, 0), -EBADF);
    assert_int_equal(sys_getdents64(0, USER(buf), sizeof(buf)), -EBADF);
    assert_int_equal(sys_ioctl(0, 0x5421, USER(&one)), -EBADF); /* FIONBIO */
    assert_int_equal(sys_ioctl(0, 0x5451, 0), -EBADF);          /* FIOCLEX */
    assert_int_equal(sys_fchmod(0, 0600), -EBADF);
    assert_int_equal(sys_flock(0, 2), -EBADF);
    assert_int_equal(sys_fcntl(0, F_SETFL, O_NONBLOCK), -EBADF);
    assert_int_equal(sys_fcntl(0, F_GETFL, 0) & (O_PATH | O_ACCMODE), O_PATH);
    assert_int_equal(sys_dup(0), 1);
    close_all();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(open_takes_the_lowest_number, nothing_is_left),
        cmocka_unit_test_teardown(a_new_file_has_the_mode_less_the_umask, nothing_is_left),
        cmocka_unit_test_teardown(copies_of_descriptors, nothing_is_left),
        cmocka_unit_test_teardown(pipes, nothing_is_left),
        cmocka_unit_test_teardown(flags_that_fcntl_changes, nothing_is_left),
        cmocka_unit_test_teardown(ranges_are_closed, nothing_is_left),
        cmocka_unit_test_teardown(record_locks, nothing_is_left),
        cmocka_unit_test_teardown(a_place_is_no_open_file, nothing_is_left),
    };

    return cmocka_run_group_tests(tests, file_world_init, NULL);
}
