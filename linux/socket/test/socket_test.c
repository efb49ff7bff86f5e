/*
 * linux/socket: with no address family there is, each call says so with the error that programs
 * look for, and the descriptor comes first.
 */
#include "../../task/test/world.h"

#include <abi/syscalls.h>
#include <fd/fd.h>

#define AF_UNIX     1
#define AF_INET     2
#define SOCK_STREAM 1
#define SOCK_DGRAM  2

static int setup(void **state)
{
    (void)state;
    if (program_world_init() != 0)
        return -1;
    return fd_install_or_put(file_alloc(NULL, O_RDWR), false); /* 0: a file that is no socket */
}

static void families_are_not_supported(void **state)
{
    int32_t fds[2] = {-7, -8};

    (void)state;
    assert_int_equal(sys_socket(AF_INET, SOCK_STREAM, 0), -EAFNOSUPPORT);
    assert_int_equal(sys_socket(AF_UNIX, SOCK_DGRAM | O_CLOEXEC | O_NONBLOCK, 0), -EAFNOSUPPORT);
    assert_int_equal(sys_socket(-1, SOCK_STREAM, 0), -EAFNOSUPPORT);
    assert_int_equal(sys_socket(46, SOCK_STREAM, 0), -EAFNOSUPPORT);
    assert_int_equal(sys_socketpair(AF_UNIX, SOCK_STREAM, 0, USER(fds)), -EAFNOSUPPORT);
    assert_int_equal(fds[0], -7);
    assert_int_equal(fds[1], -8);
    assert_int_equal(fd_table_next(process_current()->files, 1, NULL), -1); /* no number is lost */
}

/* socket(2): EINVAL, unknown flags in type; a family that could be comes before a type that
 * cannot. */
static void types_that_are_none(void **state)
{
    (void)state;
    assert_int_equal(sys_socket(AF_INET, SOCK_STREAM | 0x10, 0), -EINVAL);
    assert_int_equal(sys_socket(-1, SOCK_STREAM | 0x10, 0), -EINVAL);
    assert_int_equal(sys_socket(AF_INET, 11, 0), -EINVAL);
    assert_int_equal(sys_socket(AF_INET, 10, 0), -EAFNOSUPPORT);
    assert_int_equal(sys_socket(46, 11, 0), -EAFNOSUPPORT);
    assert_int_equal(sys_socketpair(AF_INET, SOCK_STREAM | 0x100, 0, 0), -EINVAL);
}

/* The result of each call on a descriptor, in the order of the list. */
#define NR_CALLS 16
static void ask_all(int fd, int64_t out[NR_CALLS])
{
    int64_t answers[NR_CALLS] = {
        sys_bind(fd, 0, 0),
        sys_listen(fd, 1),
        sys_accept(fd, 0, 0),
        sys_accept4(fd, 0, 0, 0),
        sys_connect(fd, 0, 0),
        sys_getsockname(fd, 0, 0),
        sys_getpeername(fd, 0, 0),
        sys_sendto(fd, 0, 0, 0, 0, 0),
        sys_recvfrom(fd, 0, 0, 0, 0, 0),
        sys_setsockopt(fd, 0, 0, 0, 0),
        sys_getsockopt(fd, 0, 0, 0, 0),
        sys_shutdown(fd, 0),
        sys_sendmsg(fd, 0, 0),
        sys_recvmsg(fd, 0, 0),
        sys_sendmmsg(fd, 0, 0, 0),
        sys_recvmmsg(fd, 0, 0, 0, 0),
    };

    memcpy(out, answers, sizeof(answers));
}

static void files_are_no_sockets(void **state)
{
    int64_t answers[NR_CALLS];

    (void)state;
    ask_all(0, answers);
    for (size_t i = 0; i < NR_CALLS; i++)
        assert_int_equal(answers[i], -ENOTSOCK);
    ask_all(1, answers);
    for (size_t i = 0; i < NR_CALLS; i++)
        assert_int_equal(answers[i], -EBADF);
    ask_all(-1, answers);
    for (size_t i = 0; i < NR_CALLS; i++)
        assert_int_equal(answers[i], -EBADF);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(families_are_not_supported),
        cmocka_unit_test(types_that_are_none),
        cmocka_unit_test(files_are_no_sockets),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}
