/*
 * ioctl(2): the requests that every descriptor knows, then the file's own.
 */
#include <abi/syscalls.h>
#include <arch/uaccess.h>
#include <file/ioctl.h>

#include "internal.h"

#define FIONCLEX 0x5450u
#define FIOCLEX  0x5451u
#define FIONBIO  0x5421u

static int64_t set_nonblocking(struct file *file, uint64_t uaddr)
{
    uint32_t value;

    if (copy_from_user(&value, uaddr, sizeof(value)) != 0)
        return -EFAULT;
    if (value != 0)
        file->flags |= O_NONBLOCK;
    else
        file->flags &= ~(unsigned)O_NONBLOCK;
    return 0;
}

int64_t sys_ioctl(int fd, unsigned cmd, uint64_t arg)
{
    struct fd_ref ref;
    int64_t ret = fd_ref_get_opened(fd, &ref);

    if (ret != 0)
        return ret;
    switch (cmd) {
    case FIOCLEX:
    case FIONCLEX:
        ret = fd_set_cloexec(fd, cmd == FIOCLEX);
        break;
    case FIONBIO:
        ret = set_nonblocking(ref.file, arg);
        break;
    case FIONREAD:
        if (file_inode(ref.file) && S_ISREG(inode_mode(file_inode(ref.file)))) {
            uint64_t size = READ_ONCE(file_inode(ref.file)->size);
            int64_t nr = (int64_t)(size - MIN(READ_ONCE(ref.file->pos), size));
            uint32_t value = (uint32_t)MIN(nr, (int64_t)INT32_MAX);

            ret = copy_to_user(arg, &value, sizeof(value));
            break;
        }
        FALLTHROUGH;
    default:
        ret = file_ioctl(ref.file, cmd, arg);
        break;
    }
    fd_ref_put(&ref);
    return restartable(ret);
}
