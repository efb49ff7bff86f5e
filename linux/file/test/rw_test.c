/*
 * Calls that move bytes and change sizes: read(2), pread(2), readv(2), lseek(2), truncate(2),
 * copy_file_range(2), and the limit on sizes.
 */
#include "world.h"

#define RW_MAX (INT32_MAX & ~(size_t)PAGE_MASK)

static int64_t size_wished; /* the room that the counting file was offered last */

static ssize_t count_write(struct file *file, struct uio *uio, uint64_t *pos)
{
    (void)file;
    (void)pos;
    size_wished = (int64_t)uio->nr_left;
    return (ssize_t)uio->nr_left;
}

static const struct file_ops count_ops = {.read = count_write, .write = count_write};

static struct linux_iovec vec[LINUX_IOV_MAX + 1];

static struct linux_iovec piece(const void *base, uint64_t len)
{
    return (struct linux_iovec){USER(base), len};
}

static void take_signal(int signal)
{
    struct user_thread *ut = user_current();

    ASSUME_UNSHARED(&process_lock, "one thread runs");
    assert_true(ut->pending.set == SIGSET(signal));
    pending_flush(&ut->pending, ~0ull);
    thread_work_clear(~0u);
}

/* The process must not die of what it is sent. */
static int setup(void **state)
{
    if (file_world_init(state) != 0)
        return -1;
    ASSUME_UNSHARED(&process_lock, "one thread runs");
    process_current()->actions[SIGPIPE - 1].handler = 0x10000;
    process_current()->actions[SIGXFSZ - 1].handler = 0x10000;
    return 0;
}

static void close_all(void)
{
    assert_int_equal(sys_close_range(0, UINT32_MAX, 0), 0);
}

/* read(2): more than 0x7ffff000 bytes are never moved at once. */
static void one_call_moves_so_much(void **state)
{
    char buf[4];

    (void)state;
    assert_int_equal(fd_table_install(process_current()->files, file_alloc(&count_ops, O_RDWR), 0,
                                      NR_FDS_MAX, false),
                     0);
    assert_int_equal(RW_MAX, 0x7ffff000);
    assert_int_equal(sys_write(0, USER(buf), SIZE_MAX), RW_MAX);
    assert_int_equal(size_wished, RW_MAX);
    assert_int_equal(sys_read(0, USER(buf), RW_MAX + 1), RW_MAX);
    assert_int_equal(sys_pwrite64(0, USER(buf), RW_MAX - 1, 0), RW_MAX - 1);
    vec[0] = vec[1] = piece(buf, RW_MAX);
    assert_int_equal(sys_writev(0, USER(vec), 2), RW_MAX);
    close_all();
}

static void bytes_and_positions(void **state)
{
    char buf[16];

    (void)state;
    assert_int_equal(open_file("/f", O_CREAT | O_TRUNC | O_RDWR), 0);
    assert_int_equal(sys_write(0, USER("hello"), 5), 5);
    assert_int_equal(sys_read(0, USER(buf), 16), 0);
    assert_int_equal(sys_pread64(0, USER(buf), 16, 1), 4);
    assert_memory_equal(buf, "ello", 4);
    assert_int_equal(sys_pwrite64(0, USER("J"), 1, 0), 1);
    assert_int_equal(sys_lseek(0, 0, SEEK_CUR), 5); /* pread and pwrite do not move it */
    assert_int_equal(sys_pread64(0, USER(buf), 1, (uint64_t)-1), -EINVAL);
    assert_int_equal(sys_pwrite64(0, USER(buf), 1, 1ull << 63), -EINVAL);
    assert_int_equal(sys_pread64(0, USER(buf), 1, INT64_MAX), 0);
    assert_int_equal(sys_read(9, USER(buf), 1), -EBADF);
    assert_int_equal(sys_pread64(0, BAD_ADDRESS, 1, 0), -EFAULT);
    assert_int_equal(sys_write(0, BAD_ADDRESS, 1), -EFAULT);
    assert_int_equal(sys_write(0, BAD_ADDRESS, 0), 0);
    assert_int_equal(open_file("/", O_RDONLY), 1);
    assert_int_equal(sys_read(1, USER(buf), 1), -EISDIR);
    assert_int_equal(sys_write(1, USER(buf), 1), -EBADF);
    close_all();
}

static void vectors(void **state)
{
    char a[3], b[4];

    (void)state;
    assert_int_equal(open_file("/f", O_CREAT | O_TRUNC | O_RDWR), 0);
    memset(vec, 0, sizeof(vec));
    vec[0] = piece("ab", 2);
    vec[2] = piece("cdefg", 5);
    assert_int_equal(sys_writev(0, USER(vec), 3), 7); /* an empty one between them */
    vec[0] = piece(a, 3);
    vec[2] = piece(b, 4);
    assert_int_equal(sys_preadv(0, USER(vec), 3, 0), 7);
    assert_memory_equal(a, "abc", 3);
    assert_memory_equal(b, "defg", 4);
    assert_int_equal(sys_preadv(0, USER(vec), LINUX_IOV_MAX, 0), 7); /* not on the stack */
    assert_int_equal(sys_readv(0, USER(vec), LINUX_IOV_MAX + 1), -EINVAL);
    assert_int_equal(sys_readv(0, USER(vec), 0), 0);
    assert_int_equal(sys_readv(0, BAD_ADDRESS, 1), -EFAULT);
    assert_int_equal(sys_readv(9, USER(vec), 1), -EBADF);
    vec[1] = piece(a, 1ull << 63);
    assert_int_equal(sys_readv(0, USER(vec), 2), -EINVAL);
    vec[0].size = vec[1].size = INT64_MAX;
    assert_int_equal(sys_readv(0, USER(vec), 2), -EINVAL);
    vec[0].size = 3;
    assert_int_equal(sys_preadv(0, USER(vec), 1, (uint64_t)-1), -EINVAL);
    assert_int_equal(sys_pwritev(0, USER(vec), 1, (uint64_t)-1), -EINVAL);
    assert_int_equal(sys_lseek(0, 1, SEEK_SET), 1);
    assert_int_equal(sys_preadv2(0, USER(vec), 1, (uint64_t)-1, 0, 0), 3); /* its own position */
    assert_int_equal(sys_lseek(0, 0, SEEK_CUR), 4);
    assert_int_equal(sys_preadv2(0, USER(vec), 1, (uint64_t)-2, 0, 0), -EINVAL);
    assert_int_equal(sys_pwritev2(0, USER(vec), 1, (uint64_t)-2, 0, 0), -EINVAL);
    assert_int_equal(sys_preadv2(0, USER(vec), 1, 0, 0, 8), -EOPNOTSUPP);
    close_all();
}

static void a_pipe_has_no_position(void **state)
{
    int32_t fds[2];
    char c = 'x';

    (void)state;
    vec[0] = piece(&c, 1);
    assert_int_equal(sys_pipe2(USER(fds), 0), 0);
    assert_int_equal(sys_pread64(fds[0], USER(&c), 1, 0), -ESPIPE);
    assert_int_equal(sys_pwrite64(fds[1], USER(&c), 1, 0), -ESPIPE);
    assert_int_equal(sys_preadv(fds[0], USER(vec), 1, 0), -ESPIPE);
    assert_int_equal(sys_lseek(fds[0], 0, SEEK_CUR), -ESPIPE);
    assert_int_equal(sys_fadvise64(fds[0], 0, 0, 0), -ESPIPE);
    assert_int_equal(sys_fallocate(fds[1], 0, 0, 1), -ESPIPE);
    assert_int_equal(sys_ftruncate(fds[1], 0), -EINVAL);
    assert_int_equal(sys_read(fds[1], USER(&c), 1), -EBADF);
    assert_int_equal(sys_close(fds[0]), 0);
    assert_int_equal(sys_write(fds[1], USER(&c), 1), -EPIPE);
    take_signal(SIGPIPE);
    close_all();
}

static void where_lseek_leads(void **state)
{
    (void)state;
    assert_int_equal(open_file("/f", O_CREAT | O_TRUNC | O_RDWR), 0);
    assert_int_equal(sys_write(0, USER("0123456789"), 10), 10);
    assert_int_equal(sys_lseek(0, 4, SEEK_SET), 4);
    assert_int_equal(sys_lseek(0, -1, SEEK_CUR), 3);
    assert_int_equal(sys_lseek(0, -2, SEEK_END), 8);
    assert_int_equal(sys_lseek(0, 100, SEEK_END), 110);
    assert_int_equal(sys_lseek(0, -1, SEEK_SET), -EINVAL);
    assert_int_equal(sys_lseek(0, -11, SEEK_END), -EINVAL);
    assert_int_equal(sys_lseek(0, 0, 5), -EINVAL);
    assert_int_equal(sys_lseek(0, 0, -1), -EINVAL);
    assert_int_equal(sys_lseek(0, INT64_MAX, SEEK_CUR), -EOVERFLOW);
    assert_int_equal(sys_lseek(0, 0, SEEK_CUR), 110); /* a refusal leaves it */
    assert_int_equal(sys_lseek(0, 3, SEEK_DATA), 3);
    assert_int_equal(sys_lseek(0, 3, SEEK_HOLE), 10);
    assert_int_equal(sys_lseek(0, 10, SEEK_DATA), -ENXIO);
    assert_int_equal(sys_lseek(0, -1, SEEK_HOLE), -ENXIO);
    assert_int_equal(sys_lseek(9, 0, SEEK_SET), -EBADF);
    close_all();
}

static void sizes(void **state)
{
    struct vfs_stat st;

    (void)state;
    assert_int_equal(open_file("/f", O_CREAT | O_TRUNC | O_RDWR), 0);
    assert_int_equal(open_file("/f", O_RDONLY), 1);
    assert_int_equal(sys_ftruncate(0, 1000), 0);
    assert_int_equal(stat_file("/f", &st), 0);
    assert_int_equal(st.size, 1000);
    assert_int_equal(sys_ftruncate(0, -1), -EINVAL);
    assert_int_equal(sys_ftruncate(1, 1), -EINVAL);
    assert_int_equal(sys_ftruncate(9, 1), -EBADF);
    assert_int_equal(sys_truncate(USER("/f"), 10), 0);
    assert_int_equal(sys_truncate(USER("/f"), -1), -EINVAL);
    assert_int_equal(sys_truncate(USER("/"), 1), -EISDIR);
    assert_int_equal(sys_truncate(USER("/none"), 1), -ENOENT);
    assert_int_equal(sys_fallocate(0, 0, 0, 0), -EINVAL);
    assert_int_equal(sys_fallocate(0, 0, -1, 5), -EINVAL);
    assert_int_equal(sys_fallocate(1, 0, 0, 5), -EBADF);
    assert_int_equal(sys_fallocate(0, 0, INT64_MAX, 5), -EFBIG);
    assert_int_equal(sys_fallocate(0, 1, 0, 5000), 0); /* KEEP_SIZE */
    assert_int_equal(stat_file("/f", &st), 0);
    assert_int_equal(st.size, 10);
    assert_int_equal(sys_fallocate(0, 0, 0, 5000), 0);
    assert_int_equal(stat_file("/f", &st), 0);
    assert_int_equal(st.size, 5000);
    close_all();
}

/* setrlimit(2), RLIMIT_FSIZE: growth beyond it is SIGXFSZ and EFBIG; what is beyond may shrink. */
static void the_limit_on_sizes(void **state)
{
    (void)state;
    assert_int_equal(open_file("/f", O_CREAT | O_TRUNC | O_RDWR), 0);
    assert_int_equal(sys_ftruncate(0, 1000), 0);
    process_current()->limits[RLIMIT_FSIZE].cur = 100;
    assert_int_equal(sys_pwrite64(0, USER("0123456789"), 10, 95), 5);
    assert_int_equal(sys_pwrite64(0, USER("0"), 1, 100), -EFBIG);
    take_signal(SIGXFSZ);
    assert_int_equal(sys_pwrite64(0, USER("0"), 0, 200), 0);
    assert_int_equal(sys_ftruncate(0, 1001), -EFBIG);
    take_signal(SIGXFSZ);
    assert_int_equal(sys_truncate(USER("/f"), 1001), -EFBIG);
    take_signal(SIGXFSZ);
    assert_int_equal(sys_fallocate(0, 0, 0, 1001), -EFBIG);
    take_signal(SIGXFSZ);
    assert_int_equal(sys_ftruncate(0, 500), 0);
    assert_int_equal(sys_truncate(USER("/f"), 400), 0);
    process_current()->limits[RLIMIT_FSIZE].cur = RLIM_INFINITY;
    close_all();
}

static void from_file_to_file(void **state)
{
    int64_t from = 2, to = 0, bad = -1;
    char buf[8];

    (void)state;
    assert_int_equal(open_file("/in", O_CREAT | O_TRUNC | O_RDWR), 0);
    assert_int_equal(open_file("/out", O_CREAT | O_TRUNC | O_RDWR), 1);
    assert_int_equal(open_file("/out", O_WRONLY | O_APPEND), 2);
    assert_int_equal(sys_write(0, USER("abcdef"), 6), 6);
    assert_int_equal(sys_copy_file_range(0, USER(&from), 1, USER(&to), 100, 0), 4);
    assert_int_equal(from, 6);
    assert_int_equal(to, 4);
    assert_int_equal(sys_pread64(1, USER(buf), 8, 0), 4);
    assert_memory_equal(buf, "cdef", 4);
    assert_int_equal(sys_lseek(0, 0, SEEK_CUR), 6);
    assert_int_equal(sys_copy_file_range(0, 0, 1, 0, 1, 1), -EINVAL);
    assert_int_equal(sys_copy_file_range(0, USER(&bad), 1, 0, 1, 0), -EINVAL);
    assert_int_equal(sys_copy_file_range(0, 0, 2, 0, 1, 0), -EBADF);
    from = 0, to = 3;
    assert_int_equal(sys_copy_file_range(0, USER(&from), 0, USER(&to), 4, 0), -EINVAL);
    assert_int_equal(sys_copy_file_range(0, USER(&from), 0, USER(&to), 3, 0), 3);
    assert_int_equal(sys_lseek(0, 1, SEEK_SET), 1);
    assert_int_equal(sys_sendfile(1, 0, 0, 2), 2);
    assert_int_equal(sys_lseek(0, 0, SEEK_CUR), 3);
    assert_int_equal(sys_sendfile(9, 0, 0, 2), -EBADF);
    close_all();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(one_call_moves_so_much, nothing_is_left),
        cmocka_unit_test_teardown(bytes_and_positions, nothing_is_left),
        cmocka_unit_test_teardown(vectors, nothing_is_left),
        cmocka_unit_test_teardown(a_pipe_has_no_position, nothing_is_left),
        cmocka_unit_test_teardown(where_lseek_leads, nothing_is_left),
        cmocka_unit_test_teardown(sizes, nothing_is_left),
        cmocka_unit_test_teardown(the_limit_on_sizes, nothing_is_left),
        cmocka_unit_test_teardown(from_file_to_file, nothing_is_left),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}
