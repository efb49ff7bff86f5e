/*
 * The calls that change a file's mode, owner and times.
 */
#include <abi/syscalls.h>
#include <arch/uaccess.h>

#include "internal.h"

/* Change attributes of a descriptor's file. */
static int64_t setattr_fd(int fd, struct vfs_attr *attr)
{
    struct fd_ref ref;
    int64_t ret = fd_ref_get_opened(fd, &ref);

    if (ret != 0)
        return ret;
    if (!file_path(ref.file)->dentry)
        ret = -EINVAL;
    else
        ret = vfs_setattr(file_path(ref.file), cred_current(), attr);
    fd_ref_put(&ref);
    return ret;
}

static int64_t setattr_at(int dirfd, uint64_t uname, unsigned flags, struct vfs_attr *attr)
{
    unsigned lookup_flags = 0;
    struct path path;

    if ((flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)) != 0)
        return -EINVAL;
    if ((flags & AT_SYMLINK_NOFOLLOW) != 0)
        lookup_flags |= LOOKUP_NO_FOLLOW;
    if ((flags & AT_EMPTY_PATH) != 0)
        lookup_flags |= LOOKUP_EMPTY_PATH;
    int64_t ret = path_of_user(dirfd, uname, lookup_flags, &path);

    if (ret != 0)
        return ret;
    if ((attr->valid & ATTR_MODE) != 0 && S_ISLNK(inode_mode(path.dentry->inode)))
        ret = -EOPNOTSUPP;
    else
        ret = vfs_setattr(&path, cred_current(), attr);
    path_put(&path);
    return ret;
}

int64_t sys_fchmod(int fd, uint32_t mode)
{
    struct vfs_attr attr = {.valid = ATTR_MODE, .mode = mode & S_IALLUGO};

    return setattr_fd(fd, &attr);
}

int64_t sys_fchmodat(int dirfd, vaddr_t path, uint32_t mode)
{
    struct vfs_attr attr = {.valid = ATTR_MODE, .mode = mode & S_IALLUGO};

    return setattr_at(dirfd, path, 0, &attr);
}

int64_t sys_fchmodat2(int dirfd, vaddr_t path, uint32_t mode, unsigned flags)
{
    struct vfs_attr attr = {.valid = ATTR_MODE, .mode = mode & S_IALLUGO};

    return setattr_at(dirfd, path, flags, &attr);
}

static struct vfs_attr owner_attr(uint32_t uid, uint32_t gid)
{
    struct vfs_attr attr = {.uid = uid, .gid = gid};

    if (uid != UINT32_MAX)
        attr.valid |= ATTR_UID;
    if (gid != UINT32_MAX)
        attr.valid |= ATTR_GID;
    return attr;
}

int64_t sys_fchown(int fd, uint32_t uid, uint32_t gid)
{
    struct vfs_attr attr = owner_attr(uid, gid);

    return setattr_fd(fd, &attr);
}

int64_t sys_fchownat(int dirfd, vaddr_t path, uint32_t uid, uint32_t gid, unsigned flags)
{
    struct vfs_attr attr = owner_attr(uid, gid);

    return setattr_at(dirfd, path, flags, &attr);
}

#define UTIME_NOW  0x3fffffff
#define UTIME_OMIT 0x3ffffffe

/* Put the two times of utimensat(2) into attr. */
static int times_of_user(uint64_t utimes, struct vfs_attr *attr)
{
    int64_t now = inode_now_ns();
    struct linux_timespec ts[2];
    int64_t ns[2];

    if (utimes == 0) {
        attr->valid = ATTR_ATIME | ATTR_MTIME | ATTR_TIMES_NOW;
        attr->atime_ns = attr->mtime_ns = now;
        return 0;
    }
    if (copy_from_user(ts, utimes, sizeof(ts)) != 0)
        return -EFAULT;
    for (int i = 0; i < 2; i++) {
        unsigned bit = i == 0 ? ATTR_ATIME : ATTR_MTIME;

        if (ts[i].tv_nsec == UTIME_OMIT) {
            ns[i] = 0;
        } else if (ts[i].tv_nsec == UTIME_NOW) {
            attr->valid |= bit;
            ns[i] = now;
        } else if (ts[i].tv_nsec < 0 || ts[i].tv_nsec >= (int64_t)NS_PER_SEC) {
            return -EINVAL;
        } else {
            attr->valid |= bit;
            /* Clamp times that nanoseconds cannot represent (after 2262), as Linux does. */
            int64_t limit = INT64_MAX / (int64_t)NS_PER_SEC - 1;

            ns[i] = MAX(-limit, MIN(ts[i].tv_sec, limit)) * (int64_t)NS_PER_SEC + ts[i].tv_nsec;
        }
    }
    if (ts[0].tv_nsec == UTIME_NOW && ts[1].tv_nsec == UTIME_NOW)
        attr->valid |= ATTR_TIMES_NOW;
    attr->atime_ns = ns[0];
    attr->mtime_ns = ns[1];
    return 0;
}

int64_t sys_utimensat(int dirfd, vaddr_t path, vaddr_t times, unsigned flags)
{
    struct vfs_attr attr = {0};
    int ret = times_of_user(times, &attr);

    if (ret != 0)
        return ret;
    if (path == 0)
        return setattr_fd(dirfd, &attr);
    return setattr_at(dirfd, path, flags, &attr);
}
