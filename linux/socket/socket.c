/*
 * Sockets: there is no address family. Programs hear so in the words they know: EAFNOSUPPORT from
 * who makes a socket, ENOTSOCK from what is asked of a file that is none.
 */
#include <abi/abi.h>
#include <base/errno.h>
#include <fd/fd.h>
#include <socket/syscalls.h>

#define SOCK_TYPE_MASK 0xfu
#define SOCK_MAX       11
#define AF_MAX         46

static int64_t no_family(int family, uint32_t type)
{
    if ((type & ~(SOCK_TYPE_MASK | O_CLOEXEC | O_NONBLOCK)) != 0)
        return -EINVAL;
    if (family >= 0 && family < AF_MAX && (type & SOCK_TYPE_MASK) >= SOCK_MAX)
        return -EINVAL;
    return -EAFNOSUPPORT;
}

SYSCALL(socket)
{
    return no_family((int)a[0], (uint32_t)a[1]);
}

SYSCALL(socketpair)
{
    return no_family((int)a[0], (uint32_t)a[1]);
}

/* -EBADF or -ENOTSOCK: no file is a socket. */
static int64_t ask_socket(int fd)
{
    int ret = fd_check(fd);

    return ret == 0 ? -ENOTSOCK : ret;
}

#define SOCKET_CALL(name)                                                                          \
    SYSCALL(name)                                                                                  \
    {                                                                                              \
        return ask_socket((int)a[0]);                                                              \
    }

SOCKET_CALL(bind)
SOCKET_CALL(listen)
SOCKET_CALL(accept)
SOCKET_CALL(accept4)
SOCKET_CALL(connect)
SOCKET_CALL(getsockname)
SOCKET_CALL(getpeername)
SOCKET_CALL(sendto)
SOCKET_CALL(recvfrom)
SOCKET_CALL(setsockopt)
SOCKET_CALL(getsockopt)
SOCKET_CALL(shutdown)
SOCKET_CALL(sendmsg)
SOCKET_CALL(recvmsg)
SOCKET_CALL(sendmmsg)
SOCKET_CALL(recvmmsg)
