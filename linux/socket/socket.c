/*
 * The socket calls, without any address family: socket(2) fails with EAFNOSUPPORT, calls on other
 * files with ENOTSOCK.
 */
#include <abi/abi.h>
#include <abi/syscalls.h>
#include <base/errno.h>
#include <fd/fd.h>

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

int64_t sys_socket(int family, int type, int protocol)
{
    return no_family(family, (uint32_t)type);
}

int64_t sys_socketpair(int family, int type, int protocol, vaddr_t ufds)
{
    return no_family(family, (uint32_t)type);
}

/* Return -EBADF or -ENOTSOCK: no file is a socket. */
static int64_t ask_socket(int fd)
{
    int ret = fd_check(fd);

    return ret == 0 ? -ENOTSOCK : ret;
}

int64_t sys_bind(int fd, vaddr_t addr, int addr_size)
{
    return ask_socket(fd);
}

int64_t sys_listen(int fd, int backlog)
{
    return ask_socket(fd);
}

int64_t sys_accept(int fd, vaddr_t addr, vaddr_t addr_size)
{
    return ask_socket(fd);
}

int64_t sys_accept4(int fd, vaddr_t addr, vaddr_t addr_size, int flags)
{
    return ask_socket(fd);
}

int64_t sys_connect(int fd, vaddr_t addr, int addr_size)
{
    return ask_socket(fd);
}

int64_t sys_getsockname(int fd, vaddr_t addr, vaddr_t addr_size)
{
    return ask_socket(fd);
}

int64_t sys_getpeername(int fd, vaddr_t addr, vaddr_t addr_size)
{
    return ask_socket(fd);
}

int64_t sys_sendto(int fd, vaddr_t buf, size_t count, unsigned flags, vaddr_t addr, int addr_size)
{
    return ask_socket(fd);
}

int64_t sys_recvfrom(int fd, vaddr_t buf, size_t count, unsigned flags, vaddr_t addr,
                     vaddr_t addr_size)
{
    return ask_socket(fd);
}

int64_t sys_setsockopt(int fd, int level, int option, vaddr_t value, int size)
{
    return ask_socket(fd);
}

int64_t sys_getsockopt(int fd, int level, int option, vaddr_t value, vaddr_t size)
{
    return ask_socket(fd);
}

int64_t sys_shutdown(int fd, int how)
{
    return ask_socket(fd);
}

int64_t sys_sendmsg(int fd, vaddr_t message, unsigned flags)
{
    return ask_socket(fd);
}

int64_t sys_recvmsg(int fd, vaddr_t message, unsigned flags)
{
    return ask_socket(fd);
}

int64_t sys_sendmmsg(int fd, vaddr_t messages, unsigned nr, unsigned flags)
{
    return ask_socket(fd);
}

int64_t sys_recvmmsg(int fd, vaddr_t messages, unsigned nr, unsigned flags, vaddr_t timeout)
{
    return ask_socket(fd);
}
