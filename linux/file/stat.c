/*
 * The calls that query files and file systems: stat(2), statx(2), statfs(2), access(2),
 * readlink(2). Structures as in asm-generic/stat.h, uapi/linux/stat.h and asm-generic/statfs.h for
 * 64-bit machines.
 */
#include <abi/syscalls.h>
#include <arch/uaccess.h>
#include <string/string.h>

#include "internal.h"

struct linux_stat {
    uint64_t dev;
    uint64_t ino;
    uint32_t mode;
    uint32_t nlink;
    uint32_t uid;
    uint32_t gid;
    uint64_t rdev;
    uint64_t pad1;
    int64_t size;
    int32_t blksize;
    int32_t pad2;
    int64_t blocks;
    int64_t atime, atime_nsec;
    int64_t mtime, mtime_nsec;
    int64_t ctime, ctime_nsec;
    uint32_t unused[2];
};
_Static_assert(sizeof(struct linux_stat) == 128, "struct stat of riscv64");

struct linux_statx_time {
    int64_t sec;
    uint32_t nsec;
    int32_t pad;
};

struct linux_statx {
    uint32_t mask;
    uint32_t blksize;
    uint64_t attributes;
    uint32_t nlink, uid, gid;
    uint16_t mode, pad1;
    uint64_t ino, size, blocks, attributes_mask;
    struct linux_statx_time atime, btime, ctime, mtime;
    uint32_t rdev_major, rdev_minor, dev_major, dev_minor;
    uint64_t mnt_id;
    uint64_t spare[13];
};
_Static_assert(sizeof(struct linux_statx) == 256, "struct statx");
#define STATX_BASIC_STATS 0x7ffu
#define STATX_BTIME       0x800u
#define STATX_MNT_ID      0x1000u
#define STATX__RESERVED   0x80000000u

struct linux_statfs {
    int64_t type, bsize;
    uint64_t blocks, bfree, bavail, files, ffree;
    int32_t fsid[2];
    int64_t namelen, frsize, flags, spare[4];
};
_Static_assert(sizeof(struct linux_statfs) == 120, "struct statfs of 64-bit machines");

static int64_t seconds(int64_t ns)
{
    int64_t s = ns / (int64_t)NS_PER_SEC;

    return ns % (int64_t)NS_PER_SEC < 0 ? s - 1 : s;
}

static int64_t nanoseconds(int64_t ns)
{
    int64_t rest = ns % (int64_t)NS_PER_SEC;

    return rest < 0 ? rest + (int64_t)NS_PER_SEC : rest;
}

static int64_t stat_to_user(uint64_t ustat, const struct vfs_stat *st)
{
    struct linux_stat out = {
        .dev = dev_encode(st->dev),
        .ino = st->ino,
        .mode = st->mode,
        .nlink = st->nlink,
        .uid = st->uid,
        .gid = st->gid,
        .rdev = dev_encode(st->rdev),
        .size = (int64_t)st->size,
        .blksize = (int32_t)st->block_size,
        .blocks = (int64_t)st->nr_sectors,
        .atime = seconds(st->atime_ns),
        .atime_nsec = nanoseconds(st->atime_ns),
        .mtime = seconds(st->mtime_ns),
        .mtime_nsec = nanoseconds(st->mtime_ns),
        .ctime = seconds(st->ctime_ns),
        .ctime_nsec = nanoseconds(st->ctime_ns),
    };

    return copy_to_user(ustat, &out, sizeof(out));
}

/* Report files without an inode (epoll, eventfd) as Linux's anonymous inodes. */
static int file_getattr(struct file *file, struct vfs_stat *out)
{
    if (file_inode(file))
        return vfs_getattr_inode(file_inode(file), out);
    *out = (struct vfs_stat){.mode = 0600, .nlink = 1, .block_size = PAGE_SIZE, .ino = 1};
    return 0;
}

int64_t sys_fstat(int fd, vaddr_t ustat)
{
    struct vfs_stat st;
    struct fd_ref ref;
    int64_t ret = fd_ref_get(fd, &ref);

    if (ret != 0)
        return ret;
    ret = file_getattr(ref.file, &st);
    fd_ref_put(&ref);
    return ret != 0 ? ret : stat_to_user(ustat, &st);
}

/* Get the attributes of (dirfd, name), also of a descriptor without a path. */
static int getattr_at(int dirfd, uint64_t uname, unsigned flags, struct vfs_stat *st,
                      uint32_t *mnt_id)
{
    unsigned lookup_flags = (flags & AT_SYMLINK_NOFOLLOW) != 0 ? LOOKUP_NO_FOLLOW : 0;
    struct path path;
    uint8_t first;

    *mnt_id = 0;
    if ((flags & AT_EMPTY_PATH) != 0) {
        lookup_flags |= LOOKUP_EMPTY_PATH;
        if (dirfd != AT_FDCWD &&
            (uname == 0 || (copy_from_user(&first, uname, 1) == 0 && first == '\0'))) {
            struct fd_ref ref;
            int ret = fd_ref_get(dirfd, &ref);

            if (ret != 0)
                return ret;
            ret = file_getattr(ref.file, st);
            if (file_path(ref.file)->mount)
                *mnt_id = file_path(ref.file)->mount->id;
            fd_ref_put(&ref);
            return ret;
        }
    }
    int ret = path_of_user(dirfd, uname, lookup_flags, &path);

    if (ret != 0)
        return ret;
    ret = vfs_getattr(&path, st);
    *mnt_id = path.mount->id;
    path_put(&path);
    return ret;
}

int64_t sys_newfstatat(int dirfd, vaddr_t path, vaddr_t ustat, unsigned flags)
{
    struct vfs_stat st;
    uint32_t mnt_id;

    if ((flags & ~(AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH)) != 0)
        return -EINVAL;
    int ret = getattr_at(dirfd, path, flags, &st, &mnt_id);

    return ret != 0 ? ret : stat_to_user(ustat, &st);
}

static struct linux_statx_time statx_time(int64_t ns)
{
    return (struct linux_statx_time){.sec = seconds(ns), .nsec = (uint32_t)nanoseconds(ns)};
}

int64_t sys_statx(int dirfd, vaddr_t path, unsigned flags, unsigned mask, vaddr_t ustatx)
{
    struct vfs_stat st;
    uint32_t mnt_id;

    if ((flags & ~(AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH | AT_STATX_SYNC_TYPE)) !=
            0 ||
        (flags & AT_STATX_SYNC_TYPE) == AT_STATX_SYNC_TYPE || (mask & STATX__RESERVED) != 0)
        return -EINVAL;
    int ret = getattr_at(dirfd, path, flags, &st, &mnt_id);

    if (ret != 0)
        return ret;
    struct linux_statx out = {
        .mask = STATX_BASIC_STATS | STATX_BTIME | STATX_MNT_ID,
        .blksize = st.block_size,
        .nlink = st.nlink,
        .uid = st.uid,
        .gid = st.gid,
        .mode = (uint16_t)st.mode,
        .ino = st.ino,
        .size = st.size,
        .blocks = st.nr_sectors,
        .atime = statx_time(st.atime_ns),
        .btime = statx_time(st.btime_ns),
        .ctime = statx_time(st.ctime_ns),
        .mtime = statx_time(st.mtime_ns),
        .rdev_major = DEVNO_MAJOR(st.rdev),
        .rdev_minor = DEVNO_MINOR(st.rdev),
        .dev_major = DEVNO_MAJOR(st.dev),
        .dev_minor = DEVNO_MINOR(st.dev),
        .mnt_id = mnt_id,
    };

    return copy_to_user(ustatx, &out, sizeof(out));
}

/* ---- file systems ---- */

/* path is NULL for a file outside any mount. */
static int64_t statfs_to_user(uint64_t ubuf, struct superblock *sb, const struct path *path)
{
    struct vfs_statfs st;
    int ret = path ? vfs_statfs(path, &st) : superblock_statfs(sb, &st);

    if (ret != 0)
        return ret;
    struct linux_statfs out = {
        .type = (int64_t)st.magic,
        .bsize = (int64_t)st.block_size,
        .blocks = st.nr_blocks,
        .bfree = st.nr_free,
        .bavail = st.nr_available,
        .files = st.nr_files,
        .ffree = st.nr_files_free,
        .fsid = {(int32_t)dev_encode(sb->dev), 0},
        .namelen = st.name_max,
        .frsize = (int64_t)st.block_size,
        .flags = st.flags,
    };

    return copy_to_user(ubuf, &out, sizeof(out));
}

int64_t sys_statfs(vaddr_t upath, vaddr_t buf)
{
    struct path path;
    int64_t ret = path_of_user(AT_FDCWD, upath, 0, &path);

    if (ret != 0)
        return ret;
    ret = statfs_to_user(buf, path.mount->sb, &path);
    path_put(&path);
    return ret;
}

int64_t sys_fstatfs(int fd, vaddr_t buf)
{
    struct fd_ref ref;
    int64_t ret = fd_ref_get(fd, &ref);

    if (ret != 0)
        return ret;
    if (file_path(ref.file)->dentry)
        ret = statfs_to_user(buf, file_path(ref.file)->mount->sb, file_path(ref.file));
    else if (file_inode(ref.file))
        ret = statfs_to_user(buf, file_inode(ref.file)->sb, NULL);
    else
        ret = -ENOSYS;
    fd_ref_put(&ref);
    return ret;
}

/* ---- access ---- */

/* access(2) checks with the real ids, whatever the effective ones are. */
static struct cred real_cred(const struct cred *cred)
{
    struct cred real = *cred;

    real.fsuid = cred->uid;
    real.fsgid = cred->gid;
    real.cap_effective = cred->uid == 0 ? cred->cap_permitted : 0;
    return real;
}

static int64_t access_at(int dirfd, uint64_t uname, unsigned want, unsigned flags)
{
    struct at_call call;
    struct path path;
    unsigned lookup_flags = 0;

    if (want > (MAY_READ | MAY_WRITE | MAY_EXEC) ||
        (flags & ~(AT_EACCESS | AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)) != 0)
        return -EINVAL;
    if ((flags & AT_SYMLINK_NOFOLLOW) != 0)
        lookup_flags |= LOOKUP_NO_FOLLOW;
    if ((flags & AT_EMPTY_PATH) != 0)
        lookup_flags |= LOOKUP_EMPTY_PATH;
    int ret = at_call_begin(&call, dirfd, uname, (flags & AT_EMPTY_PATH) != 0);

    if (ret != 0)
        return ret;
    struct cred real = real_cred(call.context.cred);

    if ((flags & AT_EACCESS) == 0)
        call.context.cred = &real;
    ret = vfs_lookup(&call.context, at_call_path(&call), call.name.text, lookup_flags, &path);
    if (ret == 0) {
        if (want != 0)
            ret = vfs_access(&path, call.context.cred, want);
        path_put(&path);
    }
    at_call_end(&call);
    return ret;
}

int64_t sys_faccessat(int dirfd, vaddr_t path, unsigned mode)
{
    return access_at(dirfd, path, mode, 0);
}

int64_t sys_faccessat2(int dirfd, vaddr_t path, unsigned mode, unsigned flags)
{
    return access_at(dirfd, path, mode, flags);
}
