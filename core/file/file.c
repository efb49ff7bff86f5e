/*
 * Open files: their life cycle, and the calls on them with the checks common to all kinds.
 */
#include <file/file.h>

#include <base/errno.h>
#include <heap/heap.h>

void (*file_gone)(struct file *file);

const struct file_ops file_ops_none = {.is_stream = true};

static void plain_destroy(struct file *file)
{
    file_ops_release(file);
    heap_free(file);
}

static const struct file_kind plain_kind = {.destroy = plain_destroy};

struct file *file_alloc(const struct file_ops *ops, unsigned flags)
{
    struct file *file = heap_zalloc(sizeof(*file));

    if (file)
        file_init(file, &plain_kind, ops, flags);
    return file;
}

void file_put(struct file *file)
{
    if (__atomic_sub_fetch(&file->nr_refs, 1, __ATOMIC_ACQ_REL) != 0)
        return;
    if (unlikely(file->watchers))
        file_gone(file);
    file->kind->destroy(file);
}

void file_discard(struct file *file)
{
    if (!file)
        return;
    file->ops = &file_ops_none;
    file_put(file);
}

void file_close(struct file *file, void *table)
{
    if (file->kind->fd_closed)
        file->kind->fd_closed(file, table);
    file_put(file);
}

/* ---- read and write ---- */

/* True if a transfer at the file's own position needs the lock; a single user does not. */
static bool must_lock_pos(const struct file *file)
{
    return !file->ops->is_stream && __atomic_load_n(&file->nr_refs, __ATOMIC_ACQUIRE) > 1;
}

ssize_t file_read_uio(struct file *file, struct uio *uio, uint64_t *pos)
{
    if (unlikely(!file->can_read))
        return -EBADF;
    if (unlikely(!file->ops->read))
        return file->ops->iterate ? -EISDIR : -EINVAL;
    if (pos)
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
    if (unlikely(!file->ops->write))
        return -EINVAL;
    if (pos)
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

static uint64_t size_of(const struct file *file)
{
    return file->kind->size ? file->kind->size(file) : 0;
}

/* Report the whole body as data with a hole at its end, which lseek(2) allows. */
static int64_t seek_hole_or_data(const struct file *file, int64_t offset, int whence)
{
    uint64_t size = size_of(file);

    if (offset < 0 || (uint64_t)offset >= size)
        return -ENXIO;
    return whence == SEEK_DATA ? offset : (int64_t)size;
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
        base = (int64_t)size_of(file);
        break;
    case SEEK_DATA:
    case SEEK_HOLE:
        base = seek_hole_or_data(file, offset, whence);
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
    if (file->ops->seek)
        ret = file->ops->seek(file, offset, whence);
    else
        ret = seek_to(file, offset, whence);
    mutex_unlock(&file->pos_lock);
    return ret;
}

unsigned file_poll(struct file *file, struct poll_head **head)
{
    if (head)
        *head = NULL;
    if (!file->ops->poll)
        return POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM;
    return file->ops->poll(file, head);
}

long file_ioctl(struct file *file, unsigned cmd, uint64_t arg)
{
    if ((file->flags & O_PATH) != 0)
        return -EBADF;
    return file->ops->ioctl ? file->ops->ioctl(file, cmd, arg) : -ENOTTY;
}

int file_mmap(struct file *file, struct file_mapping *out)
{
    return file->ops->mmap ? file->ops->mmap(file, out) : -ENODEV;
}

int file_fsync(struct file *file, bool is_data_only)
{
    if ((file->flags & O_PATH) != 0)
        return -EBADF;
    return file->ops->fsync ? file->ops->fsync(file, is_data_only) : -EINVAL;
}

int file_fallocate(struct file *file, int mode, uint64_t offset, uint64_t len)
{
    if (!file->can_write)
        return -EBADF;
    if (len == 0 || offset > INT64_MAX || len > INT64_MAX - offset)
        return -EINVAL;
    return file->ops->fallocate ? file->ops->fallocate(file, mode, offset, len) : -EOPNOTSUPP;
}
