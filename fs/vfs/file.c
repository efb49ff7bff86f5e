/*
 * Open files that have an inode: see <vfs/file.h>.
 */
#include <vfs/file.h>

#include <base/errno.h>
#include <slab/slab.h>
#include <vfs/lock.h>
#include <vfs/vfs.h>

#include "internal.h"

static struct slab_cache *file_cache;
const struct path path_none;

int file_module_init(void)
{
    file_cache = slab_cache_create("file", sizeof(struct vfs_file), 0, NULL);
    return file_cache ? 0 : -ENOMEM;
}

int vfs_init(void)
{
    int ret = pagecache_module_init();

    superblocks_init();
    mounts_init();
    renames_init();
    if (ret == 0)
        ret = dentry_module_init();
    if (ret == 0)
        ret = inode_module_init();
    return ret != 0 ? ret : file_module_init();
}

static void vfs_file_destroy(struct file *file)
{
    struct vfs_file *vf = vfs_file_of(file);

    if (vf->inode->locks)
        file_locks_release(file);
    file_ops_release(file);
    if (vf->is_writer)
        inode_end_write(vf->inode);
    if (vf->denies_write)
        inode_end_deny_write(vf->inode);
    /* Put the path last: its mount may hold the last reference to the file system, which evicting
     * the inode needs. */
    inode_put(vf->inode);
    if (vf->path.dentry)
        path_put(&vf->path);
    slab_free(file_cache, vf);
}

/* Closing a descriptor releases the process's record locks on the file (POSIX). */
static void vfs_file_fd_closed(struct file *file, void *table)
{
    if (vfs_file_of(file)->inode->locks)
        file_lock_close(file, table);
}

static uint64_t vfs_file_size(const struct file *file)
{
    return READ_ONCE(vfs_file_of(file)->inode->size);
}

const struct file_kind vfs_file_kind = {
    .destroy = vfs_file_destroy, .fd_closed = vfs_file_fd_closed, .size = vfs_file_size};

struct file *vfs_file_alloc(const struct file_ops *ops, struct inode *inode, unsigned flags)
{
    struct vfs_file *vf = slab_zalloc(file_cache);

    if (!vf)
        return NULL;
    file_init(&vf->file, &vfs_file_kind, ops, flags);
    vf->inode = inode;
    inode_get(inode);
    return &vf->file;
}

int file_deny_write(struct file *file)
{
    struct vfs_file *vf = vfs_file_of(file);
    int ret = inode_deny_write(vf->inode);

    vf->denies_write = ret == 0;
    return ret;
}

int file_iterate(struct file *file, struct dir_sink *sink)
{
    struct inode *dir = file_inode(file);
    int ret = -ENOENT;

    if ((file->flags & O_PATH) != 0)
        return -EBADF;
    if (!file->ops->iterate || !dir)
        return -ENOTDIR;
    mutex_lock(&file->pos_lock);
    mutex_lock(&dir->lock);
    if (READ_ONCE(dir->nlink) != 0)
        ret = file->ops->iterate(file, sink);
    mutex_unlock(&dir->lock);
    mutex_unlock(&file->pos_lock);
    return ret;
}
