/*
 * eventfd2(2).
 */
#include <abi/syscalls.h>
#include <base/errno.h>
#include <eventfd/eventfd.h>
#include <fd/fd.h>

#define EFD_SEMAPHORE 1u

int64_t sys_eventfd2(unsigned count, unsigned flags)
{
    if ((flags & ~(unsigned)(O_CLOEXEC | O_NONBLOCK | EFD_SEMAPHORE)) != 0)
        return -EINVAL;
    struct file *file = eventfd_create(count, (flags & EFD_SEMAPHORE) != 0, flags & O_NONBLOCK);

    return file ? fd_install_or_put(file, (flags & O_CLOEXEC) != 0) : -ENOMEM;
}
