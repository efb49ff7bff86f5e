/*
 * Generic file operations: regular files whose body is the page cache, directories whose names are
 * all in the dentry cache.
 */
#include <base/errno.h>
#include <string/string.h>
#include <vfs/vfs.h>

#include "internal.h"

/* Linux's relatime: update only if the old time no longer tells whether the file was read since it
 * changed. */
static void touch_atime(struct file *file)
{
    struct inode *inode = vfs_file_of(file)->inode;

    if (READ_ONCE(inode->atime_ns) > READ_ONCE(inode->mtime_ns) || (file->flags & O_NOATIME) != 0)
        return;
    if (vfs_file_of(file)->path.mount &&
        (vfs_file_of(file)->path.mount->flags & (MOUNT_NOATIME | MOUNT_READ_ONLY)) != 0)
        return;
    WRITE_ONCE(inode->atime_ns, inode_now_ns());
}

ssize_t generic_file_read(struct file *file, struct uio *uio, uint64_t *pos)
{
    struct inode *inode = vfs_file_of(file)->inode;
    uint64_t size = __atomic_load_n(&inode->size, __ATOMIC_ACQUIRE);
    ssize_t ret = pagecache_read(&inode->cache, uio, *pos, size);

    if (ret > 0) {
        *pos += (uint64_t)ret;
        touch_atime(file);
    }
    return ret;
}

ssize_t generic_file_write(struct file *file, struct uio *uio, uint64_t *pos)
{
    struct inode *inode = vfs_file_of(file)->inode;
    ssize_t ret = 0;

    mutex_lock(&inode->lock);
    uint64_t at = (file->flags & O_APPEND) != 0 ? inode->size : *pos;

    if (at > INT64_MAX || uio->nr_left > INT64_MAX - at)
        ret = -EFBIG;
    /* A gap between the old end and the new bytes reads as zeros. */
    if (ret == 0 && at > inode->size && uio->nr_left > 0)
        ret = inode_set_size(inode, at);
    if (ret == 0)
        ret = pagecache_write(&inode->cache, uio, at, inode->size);
    if (ret > 0) {
        *pos = at + (uint64_t)ret;
        if (*pos > inode->size)
            __atomic_store_n(&inode->size, *pos, __ATOMIC_RELEASE);
        inode_touch_mtime(inode);
        inode_kill_set_id(inode, &cred_nobody);
    }
    mutex_unlock(&inode->lock);
    if (ret > 0 && (file->flags & O_DSYNC) != 0) {
        int err = file_fsync(file, (file->flags & O_SYNC) != O_SYNC);

        if (err != 0 && err != -EINVAL)
            return err;
    }
    return ret;
}

int generic_file_mmap(struct file *file, struct file_mapping *out)
{
    *out = (struct file_mapping){.kind = FILE_MAPPING_CACHE,
                                 .cache = &vfs_file_of(file)->inode->cache,
                                 .inode = vfs_file_of(file)->inode};
    return 0;
}

int generic_file_fsync(struct file *file, bool is_data_only)
{
    struct inode *inode = vfs_file_of(file)->inode;
    int ret = inode->cache.ops ? pagecache_writeback(&inode->cache, 0, UINT64_MAX) : 0;

    if (ret == 0 && !is_data_only && inode->ops->write_inode)
        ret = inode->ops->write_inode(inode);
    if (ret == 0 && inode->sb->ops->sync)
        ret = inode->sb->ops->sync(inode->sb);
    return ret;
}

/* Find the first child whose cookie is at least pos. */
static struct dentry *child_from(struct dentry *dir, uint64_t pos)
{
    struct dentry *child;

    ASSUME_LOCKED(&dir->children_lock, "no need: the directory's inode lock is held");
    list_for_each_entry(child, &dir->children, sibling)
        if (child->cookie >= pos)
            return child;
    return NULL;
}

bool generic_iterate_dots(struct file *file, struct dir_sink *sink)
{
    if (file->pos == 0) {
        if (!sink->emit(sink, ".", 1, vfs_file_of(file)->inode->ino, DT_DIR, 0))
            return false;
        file->pos = 1;
    }
    if (file->pos == 1) {
        if (!sink->emit(sink, "..", 2, dentry_parent_ino(vfs_file_of(file)->path.dentry), DT_DIR,
                        1))
            return false;
        file->pos = 2;
    }
    return true;
}

int dcache_iterate(struct file *file, struct dir_sink *sink)
{
    struct dentry *dir = vfs_file_of(file)->path.dentry;

    if (!generic_iterate_dots(file, sink))
        return 0;
    /* The directory's inode lock is held: the children do not change. */
    struct dentry *child = child_from(dir, file->pos);

    while (child) {
        if (!sink->emit(sink, child->name, child->name_len, child->inode->ino,
                        (inode_mode(child->inode) & S_IFMT) >> 12, child->cookie))
            return 0;
        file->pos = child->cookie + 1;
        if (child->sibling.next == &dir->children)
            break;
        child = list_next_entry(child, sibling);
    }
    return 0;
}

const struct file_ops dcache_dir_ops = {.iterate = dcache_iterate, .fsync = generic_file_fsync};
