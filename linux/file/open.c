/*
 * The calls that open, duplicate and close descriptors: open(2), dup(2), close(2), fcntl(2).
 */
#include <abi/syscalls.h>
#include <arch/uaccess.h>
#include <fifo/fifo.h>
#include <log/log.h>
#include <pipe/pipe.h>
#include <vfs/lock.h>

#include "internal.h"

static int64_t open_at(int dirfd, uint64_t uname, unsigned flags, uint32_t mode)
{
    struct at_call call;
    struct file *file;

    if ((flags & (O_TMPFILE & ~O_DIRECTORY)) != 0)
        return -EOPNOTSUPP;
    if ((flags & O_ACCMODE) == O_ACCMODE)
        return -EINVAL;
    int ret = at_call_begin(&call, dirfd, uname, false);

    if (ret != 0)
        return ret;
    ret = vfs_open(&call.context, at_call_path(&call), call.name.text, flags, mode & S_IALLUGO,
                   &file);
    at_call_end(&call);
    if (ret != 0)
        return restartable(ret);
    return fd_install_or_put(file, (flags & O_CLOEXEC) != 0);
}

int64_t sys_openat(int dirfd, vaddr_t path, unsigned flags, uint32_t mode)
{
    return open_at(dirfd, path, flags, mode);
}

int64_t sys_close(int fd)
{
    return fd_close(fd);
}

#define CLOSE_RANGE_UNSHARE 2u
#define CLOSE_RANGE_CLOEXEC 4u

int64_t sys_close_range(unsigned first, unsigned last, unsigned flags)
{
    if (first > last || (flags & ~(unsigned)CLOSE_RANGE_CLOEXEC) != 0)
        return -EINVAL;
    for (int fd = first > INT32_MAX ? -1
                                    : fd_table_next(process_current()->files, (int)first, NULL);
         fd >= 0 && (unsigned)fd <= last;
         fd = fd_table_next(process_current()->files, fd + 1, NULL))
        if ((flags & CLOSE_RANGE_CLOEXEC) != 0)
            (void)fd_set_cloexec(fd, true);
        else
            (void)fd_close(fd);
    return 0;
}

static int64_t duplicate(int fd, int lowest, bool is_cloexec)
{
    struct file *file = fd_table_file(process_current()->files, fd);

    if (!file)
        return -EBADF;
    int ret = fd_install(file, lowest, is_cloexec);

    if (ret < 0)
        file_put(file);
    return ret;
}

int64_t sys_dup(int fd)
{
    return duplicate(fd, 0, false);
}

int64_t sys_dup3(int old, int new, unsigned flags)
{
    if (old == new || (flags & ~(unsigned)O_CLOEXEC) != 0)
        return -EINVAL;
    struct file *file = fd_table_file(process_current()->files, old);

    if (!file)
        return -EBADF;
    int ret = fd_replace(file, new, (flags & O_CLOEXEC) != 0);

    if (ret < 0)
        file_put(file);
    return ret;
}

int64_t sys_pipe2(vaddr_t ufds, unsigned flags)
{
    struct file *reader;
    struct file *writer;
    int32_t fds[2];

    if ((flags & ~(unsigned)(O_CLOEXEC | O_NONBLOCK | O_DIRECT)) != 0)
        return -EINVAL;
    if ((flags & O_DIRECT) != 0)
        return -EOPNOTSUPP;
    int ret = fifo_create_anonymous(flags, cred_current()->fsuid, cred_current()->fsgid, &reader,
                                    &writer);

    if (ret != 0)
        return ret;
    fds[0] = fd_install_or_put(reader, (flags & O_CLOEXEC) != 0);
    if (fds[0] < 0) {
        file_put(writer);
        return fds[0];
    }
    fds[1] = fd_install_or_put(writer, (flags & O_CLOEXEC) != 0);
    ret = fds[1] < 0 ? fds[1] : copy_to_user(ufds, fds, sizeof(fds));
    if (ret != 0) {
        (void)fd_close(fds[0]);
        if (fds[1] >= 0)
            (void)fd_close(fds[1]);
    }
    return ret;
}

/* ---- fcntl ---- */

/* uapi/asm-generic/fcntl.h, uapi/linux/fcntl.h */
#define F_DUPFD         0
#define F_GETFD         1
#define F_SETFD         2
#define F_GETFL         3
#define F_SETFL         4
#define F_GETLK         5
#define F_SETLK         6
#define F_SETLKW        7
#define F_SETOWN        8
#define F_GETOWN        9
#define F_OFD_GETLK     36
#define F_OFD_SETLK     37
#define F_OFD_SETLKW    38
#define F_DUPFD_CLOEXEC 1030
#define F_SETPIPE_SZ    1031
#define F_GETPIPE_SZ    1032
#define F_GET_SEALS     1034
#define FD_CLOEXEC      1

#define SETTABLE_FLAGS (O_APPEND | O_NONBLOCK | O_ASYNC | O_DIRECT | O_NOATIME)

struct linux_flock {
    int16_t type;
    int16_t whence;
    int64_t start;
    int64_t len;
    int32_t pid;
};

/* Compute the range of a struct flock, fcntl(2): start is relative to whence, a negative len
 * extends backwards. */
static int flock_range(struct file *file, const struct linux_flock *fl, struct file_lock *out)
{
    int64_t base = 0;
    int64_t start;

    if (fl->whence == SEEK_CUR)
        base = (int64_t)file->pos;
    else if (fl->whence == SEEK_END)
        base = (int64_t)READ_ONCE(file_inode(file)->size);
    else if (fl->whence != SEEK_SET)
        return -EINVAL;
    if (__builtin_add_overflow(base, fl->start, &start))
        return -EOVERFLOW;
    if (fl->len < 0) {
        out->last = (uint64_t)start - 1;
        if (__builtin_add_overflow(start, fl->len, &start))
            return -EINVAL;
    } else if (fl->len == 0) {
        out->last = INT64_MAX;
    } else {
        int64_t last;

        if (__builtin_add_overflow(start, fl->len - 1, &last))
            return -EOVERFLOW;
        out->last = (uint64_t)last;
    }
    out->first = (uint64_t)start;
    return start < 0 ? -EINVAL : 0;
}

static int64_t record_lock(struct file *file, int cmd, uint64_t uflock)
{
    bool is_ofd = cmd >= F_OFD_GETLK;
    struct file_lock request = {0};
    struct linux_flock fl;

    if (!file_inode(file))
        return -EINVAL;
    if (copy_from_user(&fl, uflock, sizeof(fl)) != 0)
        return -EFAULT;
    if (fl.type < 0 || fl.type > FILE_LOCK_NONE || (is_ofd && fl.pid != 0))
        return -EINVAL;
    request.type = (enum file_lock_type)fl.type;
    request.owner = is_ofd ? (void *)file : (void *)process_current()->files;
    request.pid = is_ofd ? -1 : process_current()->pid;
    int ret = flock_range(file, &fl, &request);

    if (ret != 0)
        return ret;
    if (cmd == F_GETLK || cmd == F_OFD_GETLK) {
        struct file_lock found;

        if (request.type == FILE_LOCK_NONE)
            return -EINVAL;
        file_lock_test(file, &request, &found);
        fl.type = (int16_t)found.type;
        if (found.type != FILE_LOCK_NONE) {
            fl.whence = SEEK_SET;
            fl.start = (int64_t)found.first;
            fl.len = found.last == INT64_MAX ? 0 : (int64_t)(found.last - found.first + 1);
            fl.pid = found.pid;
        }
        return copy_to_user(uflock, &fl, sizeof(fl));
    }
    if ((request.type == FILE_LOCK_READ && !file->can_read) ||
        (request.type == FILE_LOCK_WRITE && !file->can_write))
        return -EBADF;
    return restartable(file_lock_set(file, &request, cmd == F_SETLKW || cmd == F_OFD_SETLKW));
}

static int64_t set_flags(struct file *file, unsigned flags)
{
    if ((flags & O_DIRECT) != 0 && (file->flags & O_DIRECT) == 0)
        return -EINVAL;
    file->flags = (file->flags & ~(unsigned)SETTABLE_FLAGS) | (flags & SETTABLE_FLAGS);
    return 0;
}

static int64_t fcntl_file(struct file *file, int fd, int cmd, uint64_t arg)
{
    switch (cmd) {
    case F_GETFL:
        return (int64_t)(file->flags | O_LARGEFILE);
    case F_SETFL:
        return set_flags(file, (unsigned)arg);
    case F_GETLK:
    case F_SETLK:
    case F_SETLKW:
    case F_OFD_GETLK:
    case F_OFD_SETLK:
    case F_OFD_SETLKW:
        return record_lock(file, cmd, arg);
    case F_SETOWN:
        file->owner_pid = (int)arg;
        return 0;
    case F_GETOWN:
        return file->owner_pid;
    case F_SETPIPE_SZ:
        return pipe_is_pipe(file) ? pipe_set_size(file, arg) : -EBADF;
    case F_GETPIPE_SZ:
        return pipe_is_pipe(file) ? pipe_get_size(file) : -EBADF;
    default:
        log_debug("fcntl: command %d on descriptor %d is not supported", cmd, fd);
        return -EINVAL;
    }
}

int64_t sys_fcntl(int fd, int cmd, uint64_t arg)
{
    struct fd_ref ref;

    switch (cmd) {
    case F_DUPFD:
    case F_DUPFD_CLOEXEC:
        if (arg >= limit_current(RLIMIT_NOFILE))
            return -EINVAL;
        return duplicate(fd, (int)arg, cmd == F_DUPFD_CLOEXEC);
    case F_GETFD:
        return fd_get_cloexec(fd);
    case F_SETFD:
        return fd_set_cloexec(fd, (arg & FD_CLOEXEC) != 0);
    default:
        break;
    }
    int64_t ret = fd_ref_get(fd, &ref);

    if (ret != 0)
        return ret;
    if ((ref.file->flags & O_PATH) != 0 && cmd != F_GETFL)
        ret = -EBADF;
    else
        ret = fcntl_file(ref.file, fd, cmd, arg);
    fd_ref_put(&ref);
    return ret;
}

#define LOCK_SH 1u
#define LOCK_EX 2u
#define LOCK_NB 4u
#define LOCK_UN 8u

int64_t sys_flock(int fd, unsigned op)
{
    struct file_lock request = {
        .is_flock = true, .pid = process_current()->pid, .last = UINT64_MAX};
    struct fd_ref ref;

    switch (op & ~LOCK_NB) {
    case LOCK_SH:
        request.type = FILE_LOCK_READ;
        break;
    case LOCK_EX:
        request.type = FILE_LOCK_WRITE;
        break;
    case LOCK_UN:
        request.type = FILE_LOCK_NONE;
        break;
    default:
        return -EINVAL;
    }
    int64_t ret = fd_ref_get_opened(fd, &ref);

    if (ret != 0)
        return ret;
    request.owner = ref.file;
    if (!file_inode(ref.file))
        ret = -EBADF;
    else
        ret = restartable(file_lock_set(ref.file, &request, (op & LOCK_NB) == 0));
    fd_ref_put(&ref);
    return ret;
}
