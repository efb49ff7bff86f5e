/*
 * Open files: their life, and the calls on them, which check what every kind of file has in common.
 */
#include <vfs/file.h>

#include <base/errno.h>
#include <log/log.h>
#include <slab/slab.h>
#include <vfs/vfs.h>

#include "internal.h"

static struct slab_cache *file_cache;
void (*vfs_file_gone)(struct file *file);

/* Of files that could not be opened, and of O_PATH: everything is refused. */
const struct file_ops file_ops_none = {.is_stream = true};

int file_module_init(void)
{
    file_cache = slab_cache_create("file", sizeof(struct file), 0, NULL);
    return file_cache == NULL ? -ENOMEM : 0;
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

struct file *file_alloc(const struct file_ops *ops, struct inode *inode, unsigned flags)
{
    struct file *file = slab_zalloc(file_cache);

    if (file == NULL)
        return NULL;
    file->ops = ops == NULL ? &file_ops_none : ops;
    file->inode = inode;
    if (inode != NULL)
        inode_get(inode);
    file->nr_refs = 1;
    file->flags = flags;
    file->can_read = (flags & O_ACCMODE) != O_WRONLY;
    file->can_write = (flags & O_ACCMODE) != O_RDONLY;
    mutex_init(&file->pos_lock);
    return file;
}

void file_put(struct file *file)
{
    if (__atomic_sub_fetch(&file->nr_refs, 1, __ATOMIC_ACQ_REL) != 0)
        return;
    if (unlikely(file->watchers != NULL))
        vfs_file_gone(file);
    if (file->inode != NULL && file->inode->locks != NULL)
        file_locks_release(file);
    if (file->ops->release != NULL)
        file->ops->release(file);
    if (file->is_writer)
        inode_end_write(file->inode);
    if (file->denies_write)
        inode_end_deny_write(file->inode);
    /* The path last: its mount may be all that keeps the file system, which the inode needs to go.
     */
    if (file->inode != NULL)
        inode_put(file->inode);
    if (file->path.dentry != NULL)
        path_put(&file->path);
    slab_free(file_cache, file);
}

int file_deny_write(struct file *file)
{
    int ret = inode_deny_write(file->inode);

    file->denies_write = ret == 0;
    return ret;
}

void file_discard(struct file *file)
{
    if (file == NULL)
        return;
    file->ops = &file_ops_none;
    file_put(file);
}

/* ---- read and write ---- */

/* Does a transfer at the file's own position need the lock? One user alone needs none. */
static bool must_lock_pos(const struct file *file)
{
    return !file->ops->is_stream && __atomic_load_n(&file->nr_refs, __ATOMIC_ACQUIRE) > 1;
}

ssize_t file_read_uio(struct file *file, struct uio *uio, uint64_t *pos)
{
    if (unlikely(!file->can_read))
        return -EBADF;
    if (unlikely(file->ops->read == NULL))
        return file->inode != NULL && S_ISDIR(file->inode->mode) ? -EISDIR : -EINVAL;
    if (pos != NULL)
        return file->ops->is_stream ? -ESPIPE : file->ops->read(file, uio, pos);
    if (!must_lock_pos(file))
        return file->ops->read(file, uio, &file->pos);
    mutex_lock(&file->pos_lock);
    ssize_t ret = file->ops->read(file, uio, &file->pos);

    mutex_unlock(&file->pos_lock);
    return ret;
}

ssize_t file_write_uio(struct file *file, struct uio *uio, uint64_t *pos)
{
    if (unlikely(!file->can_write))
        return -EBADF;
    if (unlikely(file->ops->write == NULL))
        return -EINVAL;
    if (pos != NULL)
        return file->ops->is_stream ? -ESPIPE : file->ops->write(file, uio, pos);
    if (!must_lock_pos(file))
        return file->ops->write(file, uio, &file->pos);
    mutex_lock(&file->pos_lock);
    ssize_t ret = file->ops->write(file, uio, &file->pos);

    mutex_unlock(&file->pos_lock);
    return ret;
}

ssize_t file_read(struct file *file, void *buf, size_t n)
{
    struct uio uio;

    uio_init_kernel(&uio, buf, n);
    return file_read_uio(file, &uio, NULL);
}

ssize_t file_write(struct file *file, const void *buf, size_t n)
{
    struct uio uio;

    uio_init_kernel(&uio, (void *)buf, n);
    return file_write_uio(file, &uio, NULL);
}

ssize_t file_pread(struct file *file, void *buf, size_t n, uint64_t pos)
{
    struct uio uio;

    uio_init_kernel(&uio, buf, n);
    return file_read_uio(file, &uio, &pos);
}

ssize_t file_pwrite(struct file *file, const void *buf, size_t n, uint64_t pos)
{
    struct uio uio;

    uio_init_kernel(&uio, (void *)buf, n);
    return file_write_uio(file, &uio, &pos);
}

/* ---- the other calls ---- */

/* Every body counts as data throughout, with a hole at its end: lseek(2) allows that. */
static int64_t seek_hole_or_data(const struct inode *inode, uint64_t offset, int whence)
{
    if (offset >= inode->size)
        return -ENXIO;
    return whence == SEEK_DATA ? (int64_t)offset : (int64_t)inode->size;
}

static int64_t seek_to(struct file *file, int64_t offset, int whence)
{
    int64_t base = 0;

    switch (whence) {
    case SEEK_SET:
        break;
    case SEEK_CUR:
        base = (int64_t)file->pos;
        break;
    case SEEK_END:
        if (file->inode != NULL)
            base = (int64_t)file->inode->size;
        break;
    case SEEK_DATA:
    case SEEK_HOLE:
        if (file->inode == NULL || offset < 0)
            return -ENXIO;
        base = seek_hole_or_data(file->inode, (uint64_t)offset, whence);
        if (base < 0)
            return base;
        offset = 0;
        break;
    default:
        return -EINVAL;
    }
    int64_t pos;

    if (__builtin_add_overflow(base, offset, &pos))
        return -EOVERFLOW;
    if (pos < 0)
        return -EINVAL;
    file->pos = (uint64_t)pos;
    return pos;
}

int64_t seek_none(struct file *file, int64_t offset, int whence)
{
    (void)file;
    (void)offset;
    return whence >= SEEK_SET && whence <= SEEK_END ? 0 : -EINVAL;
}

int64_t file_seek(struct file *file, int64_t offset, int whence)
{
    int64_t ret;

    if ((file->flags & O_PATH) != 0)
        return -EBADF;
    if (file->ops->is_stream)
        return -ESPIPE;
    mutex_lock(&file->pos_lock);
    if (file->ops->seek != NULL)
        ret = file->ops->seek(file, offset, whence);
    else
        ret = seek_to(file, offset, whence);
    mutex_unlock(&file->pos_lock);
    return ret;
}

int file_iterate(struct file *file, struct dir_sink *sink)
{
    struct inode *dir = file->inode;
    int ret = -ENOENT;

    if ((file->flags & O_PATH) != 0)
        return -EBADF;
    if (file->ops->iterate == NULL || dir == NULL)
        return -ENOTDIR;
    mutex_lock(&file->pos_lock);
    mutex_lock(&dir->lock);
    if (dir->nlink != 0)
        ret = file->ops->iterate(file, sink);
    mutex_unlock(&dir->lock);
    mutex_unlock(&file->pos_lock);
    return ret;
}

unsigned file_poll(struct file *file, struct poll_head **head)
{
    if (head != NULL)
        *head = NULL;
    if (file->ops->poll == NULL)
        return POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM;
    return file->ops->poll(file, head);
}

long file_ioctl(struct file *file, unsigned cmd, uint64_t arg)
{
    if ((file->flags & O_PATH) != 0)
        return -EBADF;
    return file->ops->ioctl == NULL ? -ENOTTY : file->ops->ioctl(file, cmd, arg);
}

int file_mmap(struct file *file, struct file_mapping *out)
{
    return file->ops->mmap == NULL ? -ENODEV : file->ops->mmap(file, out);
}

int file_fsync(struct file *file, bool is_data_only)
{
    if ((file->flags & O_PATH) != 0)
        return -EBADF;
    return file->ops->fsync == NULL ? -EINVAL : file->ops->fsync(file, is_data_only);
}

int file_fallocate(struct file *file, int mode, uint64_t offset, uint64_t len)
{
    if (!file->can_write)
        return -EBADF;
    if (len == 0 || offset > INT64_MAX || len > INT64_MAX - offset)
        return -EINVAL;
    return file->ops->fallocate == NULL ? -EOPNOTSUPP
                                        : file->ops->fallocate(file, mode, offset, len);
}
