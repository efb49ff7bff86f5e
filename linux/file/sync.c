/*
 * The write-back calls: fsync(2), sync_file_range(2), syncfs(2), sync(2).
 */
#include <abi/syscalls.h>
#include <pagecache/pagecache.h>
#include <vfs/inode.h>

#include "internal.h"

static int64_t sync_file(int fd, bool is_data_only)
{
    struct fd_ref ref;
    int64_t ret = fd_ref_get(fd, &ref);

    if (ret != 0)
        return ret;
    ret = file_fsync(ref.file, is_data_only);
    fd_ref_put(&ref);
    return ret;
}

int64_t sys_fsync(int fd)
{
    return sync_file(fd, false);
}

int64_t sys_fdatasync(int fd)
{
    return sync_file(fd, true);
}

int64_t sys_sync(void)
{
    (void)vfs_sync();
    return 0;
}

int64_t sys_syncfs(int fd)
{
    struct fd_ref ref;
    int64_t ret = fd_ref_get_opened(fd, &ref);

    if (ret != 0)
        return ret;
    if (file_path(ref.file)->mount)
        ret = vfs_sync_superblock(file_path(ref.file)->mount->sb);
    fd_ref_put(&ref);
    return ret;
}

/* uapi/linux/fs.h */
#define SYNC_FILE_RANGE_WAIT_BEFORE 1u
#define SYNC_FILE_RANGE_WRITE       2u
#define SYNC_FILE_RANGE_WAIT_AFTER  4u
#define SYNC_FILE_RANGE_KNOWN                                                                      \
    (SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER)

/* Write-back is synchronous here, so the two WAIT flags have nothing to wait for. */
static int64_t sync_range(struct file *file, uint64_t offset, uint64_t nr_bytes, unsigned flags)
{
    uint64_t end = offset + nr_bytes;
    struct inode *inode = file_inode(file);

    if ((flags & ~SYNC_FILE_RANGE_KNOWN) != 0 || (int64_t)offset < 0 || (int64_t)end < 0 ||
        end < offset)
        return -EINVAL;
    if (!inode ||
        !(S_ISREG(inode_mode(inode)) || S_ISBLK(inode_mode(inode)) || S_ISDIR(inode_mode(inode))))
        return -ESPIPE;
    if ((flags & SYNC_FILE_RANGE_WRITE) == 0 || !S_ISREG(inode_mode(inode)) || !inode->cache.ops)
        return 0;
    return pagecache_writeback(&inode->cache, offset >> PAGE_SHIFT,
                               nr_bytes == 0 ? UINT64_MAX : (end - 1) >> PAGE_SHIFT);
}

int64_t sys_sync_file_range(int fd, int64_t offset, int64_t size, unsigned flags)
{
    struct fd_ref ref;
    int64_t ret = fd_ref_get_opened(fd, &ref);

    if (ret != 0)
        return ret;
    ret = sync_range(ref.file, offset, size, flags);
    fd_ref_put(&ref);
    return ret;
}
