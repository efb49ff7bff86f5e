/*
 * The calls that read and write, and those on positions and sizes.
 */
#include <abi/syscalls.h>
#include <arch/uaccess.h>
#include <heap/heap.h>
#include <string/string.h>

#include "internal.h"

#define FALLOC_FL_KEEP_SIZE 1u /* uapi/linux/falloc.h */
#define POSIX_FADV_NOREUSE  5u /* uapi/linux/fadvise.h: the greatest */

/* Most bytes that one call moves, as in Linux: INT_MAX rounded down to a page. */
#define MAX_RW_COUNT (INT32_MAX & ~(size_t)PAGE_MASK)

/* Convert the result of a write; a broken pipe also raises SIGPIPE. */
static int64_t write_result(int64_t ret)
{
    if (unlikely(ret == -EPIPE))
        (void)signal_send_thread(user_current(), SIGPIPE, NULL);
    return restartable(ret);
}

/* Fail a call that would grow a file beyond RLIMIT_FSIZE, with SIGXFSZ. */
static int refuse_size(void)
{
    (void)signal_send_thread(user_current(), SIGXFSZ, NULL);
    return -EFBIG;
}

static uint64_t size_limit(void)
{
    return limit_current(RLIMIT_FSIZE);
}

/* True if the size exceeds the limit and is growth: a file that is larger already may shrink. */
static bool is_growth_refused(const struct inode *inode, uint64_t size)
{
    return size > size_limit() && inode && S_ISREG(inode_mode(inode)) &&
           size > READ_ONCE(inode->size);
}

/* file_write_uio() up to RLIMIT_FSIZE: the part beyond it is cut off. */
static int64_t write_limited(struct file *file, struct uio *uio, uint64_t *pos)
{
    uint64_t limit = size_limit();

    if (unlikely(limit != RLIM_INFINITY) && file_inode(file) &&
        S_ISREG(inode_mode(file_inode(file)))) {
        uint64_t start = pos ? *pos : file->pos;

        if ((file->flags & O_APPEND) != 0)
            start = READ_ONCE(file_inode(file)->size);
        if (uio->nr_left > 0 && start >= limit)
            return refuse_size();
        uio->nr_left = MIN(uio->nr_left, limit - start);
    }
    return file_write_uio(file, uio, pos);
}

/* Do one call of the read family. pos NULL: at the file's own position. */
static ALWAYS_INLINE int64_t move_bytes(int fd, uint64_t addr, uint64_t nr, uint64_t *pos,
                                        bool is_write)
{
    struct fd_ref ref;
    struct uio uio;
    int64_t ret = fd_ref_get(fd, &ref);

    if (unlikely(ret != 0))
        return ret;
    uio_init_user(&uio, addr, MIN(nr, MAX_RW_COUNT));
    ret = is_write ? write_limited(ref.file, &uio, pos) : file_read_uio(ref.file, &uio, pos);
    fd_ref_put(&ref);
    return is_write ? write_result(ret) : restartable(ret);
}

int64_t sys_read(int fd, vaddr_t buf, size_t count)
{
    return move_bytes(fd, buf, count, NULL, false);
}

int64_t sys_write(int fd, vaddr_t buf, size_t count)
{
    return move_bytes(fd, buf, count, NULL, true);
}

int64_t sys_pread64(int fd, vaddr_t buf, size_t count, uint64_t pos)
{
    return (int64_t)pos < 0 ? -EINVAL : move_bytes(fd, buf, count, &pos, false);
}

int64_t sys_pwrite64(int fd, vaddr_t buf, size_t count, uint64_t pos)
{
    return (int64_t)pos < 0 ? -EINVAL : move_bytes(fd, buf, count, &pos, true);
}

/* ---- vectors ---- */

#define NR_SEGMENTS_ON_STACK 8

/* Do one call of the readv family. pos NULL: at the file's own position. */
static int64_t move_vector(int fd, uint64_t uvec, uint64_t nr, uint64_t *pos, bool is_write)
{
    struct io_segment on_stack[NR_SEGMENTS_ON_STACK];
    struct io_segment *segments = on_stack;
    struct fd_ref ref;
    struct uio uio;

    if (nr > LINUX_IOV_MAX)
        return -EINVAL;
    int64_t ret = fd_ref_get(fd, &ref);

    if (ret != 0)
        return ret;
    if (nr > NR_SEGMENTS_ON_STACK)
        segments = heap_alloc(nr * sizeof(segments[0]));
    if (!segments)
        ret = -ENOMEM;
    else if (copy_from_user(segments, uvec, nr * sizeof(segments[0])) != 0)
        ret = -EFAULT;
    else
        ret = uio_init_vector(&uio, segments, (unsigned)nr);
    if (ret == 0) {
        uio.nr_left = MIN(uio.nr_left, MAX_RW_COUNT);
        ret = is_write ? write_limited(ref.file, &uio, pos) : file_read_uio(ref.file, &uio, pos);
    }
    if (segments != on_stack)
        heap_free(segments);
    fd_ref_put(&ref);
    return is_write ? write_result(ret) : restartable(ret);
}

int64_t sys_readv(int fd, vaddr_t iov, size_t nr_iov)
{
    return move_vector(fd, iov, nr_iov, NULL, false);
}

int64_t sys_writev(int fd, vaddr_t iov, size_t nr_iov)
{
    return move_vector(fd, iov, nr_iov, NULL, true);
}

int64_t sys_preadv(int fd, vaddr_t iov, size_t nr_iov, uint64_t pos)
{
    return (int64_t)pos < 0 ? -EINVAL : move_vector(fd, iov, nr_iov, &pos, false);
}

int64_t sys_pwritev(int fd, vaddr_t iov, size_t nr_iov, uint64_t pos)
{
    return (int64_t)pos < 0 ? -EINVAL : move_vector(fd, iov, nr_iov, &pos, true);
}

/* preadv2: position -1 is the file's own; no RWF_* flag is supported. */
static int64_t move_vector2(int fd, vaddr_t iov, size_t nr_iov, uint64_t pos, unsigned flags,
                            bool is_write)
{
    if (flags != 0)
        return -EOPNOTSUPP;
    if ((int64_t)pos < -1)
        return -EINVAL;
    return move_vector(fd, iov, nr_iov, (int64_t)pos == -1 ? NULL : &pos, is_write);
}

int64_t sys_preadv2(int fd, vaddr_t iov, size_t nr_iov, uint64_t pos, uint64_t pos_high,
                    unsigned flags)
{
    return move_vector2(fd, iov, nr_iov, pos, flags, false);
}

int64_t sys_pwritev2(int fd, vaddr_t iov, size_t nr_iov, uint64_t pos, uint64_t pos_high,
                     unsigned flags)
{
    return move_vector2(fd, iov, nr_iov, pos, flags, true);
}

/* ---- from file to file ---- */

/*
 * Copy up to n bytes from one file to another through a kernel page. Bytes that were read and could
 * not be written are put back by moving the position.
 */
static int64_t copy_file(struct file *in, uint64_t *in_pos, struct file *out, uint64_t *out_pos,
                         size_t n)
{
    char *page = heap_alloc(PAGE_SIZE);
    int64_t nr_done = 0;
    int64_t ret = 0;

    if (!page)
        return -ENOMEM;
    while (n > 0) {
        struct uio uio;

        uio_init_kernel(&uio, page, MIN(n, PAGE_SIZE));
        ssize_t nr_read = file_read_uio(in, &uio, in_pos);

        if (nr_read <= 0) {
            ret = nr_read;
            break;
        }
        uio_init_kernel(&uio, page, (size_t)nr_read);
        ssize_t nr_written = write_limited(out, &uio, out_pos);
        size_t nr_back = (size_t)(nr_read - MAX(nr_written, 0));

        if (nr_back > 0 && in_pos)
            *in_pos -= nr_back;
        else if (nr_back > 0)
            (void)file_seek(in, -(int64_t)nr_back, SEEK_CUR);
        if (nr_written > 0) {
            nr_done += nr_written;
            n -= (size_t)nr_written;
        }
        if (nr_written != nr_read) {
            ret = MIN(nr_written, 0);
            break;
        }
        if (signal_is_pending()) {
            ret = -EINTR;
            break;
        }
    }
    heap_free(page);
    return nr_done > 0 ? nr_done : ret;
}

/* Read a position that the program keeps; a NULL address sets *pos_out = NULL, the file's own. */
static int position_get(uint64_t uaddr, uint64_t *value, uint64_t **pos_out)
{
    *pos_out = NULL;
    if (uaddr == 0)
        return 0;
    if (copy_from_user(value, uaddr, sizeof(*value)) != 0)
        return -EFAULT;
    *pos_out = value;
    return (int64_t)*value < 0 ? -EINVAL : 0;
}

/*
 * Check a copy within one file: the ranges must not overlap, and the length is cut at the end of
 * the file once, beforehand, since the file would otherwise grow as fast as it is read.
 */
static int range_within(const struct file *in, const uint64_t *in_pos, const struct file *out,
                        const uint64_t *out_pos, size_t *n)
{
    uint64_t from = in_pos ? *in_pos : in->pos;
    uint64_t to = out_pos ? *out_pos : out->pos;
    uint64_t size = READ_ONCE(file_inode(in)->size);

    *n = from >= size ? 0 : MIN(*n, size - from);
    return to < from + *n && from < to + *n ? -EINVAL : 0;
}

static int64_t copy_between(int in_fd, uint64_t uin_pos, int out_fd, uint64_t uout_pos, size_t n,
                            bool is_regular_only)
{
    struct fd_ref in;
    struct fd_ref out;
    uint64_t in_value;
    uint64_t out_value;
    uint64_t *in_pos;
    uint64_t *out_pos;
    int64_t ret = fd_ref_get(in_fd, &in);

    if (ret != 0)
        return ret;
    ret = fd_ref_get(out_fd, &out);
    if (ret != 0) {
        fd_ref_put(&in);
        return ret;
    }
    ret = position_get(uin_pos, &in_value, &in_pos);
    if (ret == 0)
        ret = position_get(uout_pos, &out_value, &out_pos);
    /* Refuse streams: bytes read from one that could not be written, or a terminal's end of file,
     * cannot be put back. */
    if (ret == 0 && in.file->ops->is_stream)
        ret = -EINVAL;
    if (ret == 0 && file_inode(in.file) && S_ISDIR(inode_mode(file_inode(in.file))))
        ret = is_regular_only ? -EISDIR : -EINVAL;
    if (ret == 0 && is_regular_only &&
        (!file_inode(in.file) || !file_inode(out.file) ||
         !S_ISREG(inode_mode(file_inode(in.file))) || !S_ISREG(inode_mode(file_inode(out.file)))))
        ret = -EINVAL;
    if (ret == 0 && is_regular_only && (out.file->flags & O_APPEND) != 0)
        ret = -EBADF; /* O_APPEND ignores the offset */
    if (ret == 0 && is_regular_only && file_inode(in.file) == file_inode(out.file))
        ret = range_within(in.file, in_pos, out.file, out_pos, &n);
    if (ret == 0)
        ret = copy_file(in.file, in_pos, out.file, out_pos, MIN(n, MAX_RW_COUNT));
    if (ret > 0 && in_pos && copy_to_user(uin_pos, in_pos, sizeof(*in_pos)) != 0)
        ret = -EFAULT;
    if (ret > 0 && out_pos && copy_to_user(uout_pos, out_pos, sizeof(*out_pos)) != 0)
        ret = -EFAULT;
    fd_ref_put(&out);
    fd_ref_put(&in);
    return write_result(ret);
}

int64_t sys_sendfile(int out, int in, vaddr_t uoffset, size_t count)
{
    return copy_between(in, uoffset, out, 0, count, false);
}

int64_t sys_copy_file_range(int in, vaddr_t in_offset, int out, vaddr_t out_offset, size_t count,
                            unsigned flags)
{
    if (flags != 0)
        return -EINVAL;
    return copy_between(in, in_offset, out, out_offset, count, true);
}

/* ---- positions, sizes, write-back ---- */

int64_t sys_lseek(int fd, int64_t offset, int whence)
{
    struct fd_ref ref;
    int64_t ret = fd_ref_get(fd, &ref);

    if (ret != 0)
        return ret;
    ret = file_seek(ref.file, offset, whence);
    fd_ref_put(&ref);
    return ret;
}

int64_t sys_ftruncate(int fd, int64_t size)
{
    struct fd_ref ref;

    if (size < 0)
        return -EINVAL;
    int64_t ret = fd_ref_get_opened(fd, &ref);

    if (ret != 0)
        return ret;
    if (ref.file->can_write && is_growth_refused(file_inode(ref.file), (uint64_t)size))
        ret = refuse_size();
    else
        ret = file_truncate(ref.file, (uint64_t)size);
    fd_ref_put(&ref);
    return ret;
}

int64_t sys_truncate(vaddr_t upath, int64_t size)
{
    struct path path;

    if (size < 0)
        return -EINVAL;
    int ret = path_of_user(AT_FDCWD, upath, 0, &path);

    if (ret != 0)
        return ret;
    ret = is_growth_refused(path.dentry->inode, (uint64_t)size)
              ? refuse_size()
              : vfs_truncate(&path, cred_current(), (uint64_t)size);
    path_put(&path);
    return ret;
}

int64_t sys_fallocate(int fd, int mode, int64_t offset, int64_t size)
{
    struct fd_ref ref;
    int64_t ret = fd_ref_get(fd, &ref);

    if (ret != 0)
        return ret;
    if (offset < 0 || size <= 0)
        ret = -EINVAL;
    else if (ref.file->can_write && ref.file->ops->is_stream)
        ret = -ESPIPE;
    else if (ref.file->can_write && size > INT64_MAX - offset)
        ret = -EFBIG;
    else if ((mode & FALLOC_FL_KEEP_SIZE) == 0 && (uint64_t)offset + (uint64_t)size > size_limit())
        ret = refuse_size();
    else
        ret = file_fallocate(ref.file, mode, (uint64_t)offset, (uint64_t)size);
    fd_ref_put(&ref);
    return ret;
}

/* Check the arguments and ignore the advice: read-ahead adapts by itself. */
int64_t sys_fadvise64(int fd, int64_t offset, int64_t size, unsigned advice)
{
    struct fd_ref ref;
    int64_t ret = fd_ref_get_opened(fd, &ref);

    if (ret != 0)
        return ret;
    if (ref.file->ops->is_stream)
        ret = -ESPIPE;
    else if (size < 0 || advice > POSIX_FADV_NOREUSE)
        ret = -EINVAL;
    fd_ref_put(&ref);
    return ret;
}
