/*
 * Copies between the page cache and a uio: the bodies of read and write.
 */
#include <pagecache/pagecache.h>

#include <base/errno.h>
#include <string/string.h>

#include "internal.h"

/* Copy up to n bytes at pos, within one page, the first of nr_wanted. Returns bytes moved, or
 * -errno. */
static ssize_t read_one(struct pagecache *cache, struct uio *uio, uint64_t pos, size_t n,
                        size_t nr_wanted)
{
    uint64_t index = pos / PAGE_SIZE;
    struct frame *frame = pagecache_find(cache, index);

    if (!frame && cache->ops->peek) {
        const void *bytes = cache->ops->peek(cache, pos, &n);

        if (bytes)
            return (ssize_t)uio_copy_to(uio, bytes, n);
    }
    if (!frame) {
        int ret = page_get(cache, index, 0, nr_wanted, &frame);

        if (ret != 0)
            return ret;
    }
    size_t nr_moved = uio_copy_to(uio, (char *)frame_to_virt(frame) + pos % PAGE_SIZE, n);

    frame_put(frame);
    return (ssize_t)nr_moved;
}

ssize_t pagecache_read(struct pagecache *cache, struct uio *uio, uint64_t pos, uint64_t size)
{
    size_t nr_done = 0;

    while (uio->nr_left > 0 && pos < size) {
        size_t n = MIN(MIN(PAGE_SIZE - pos % PAGE_SIZE, size - pos), uio->nr_left);
        ssize_t ret =
            read_one(cache, uio, pos, n, (pos % PAGE_SIZE + uio->nr_left + PAGE_MASK) / PAGE_SIZE);

        if (ret < 0)
            return nr_done > 0 ? (ssize_t)nr_done : ret;
        nr_done += (size_t)ret;
        pos += (size_t)ret;
        if (uio->has_fault)
            break;
    }
    return uio_result(uio, nr_done);
}

/*
 * Fill a whole missing page from uio before it becomes visible. 0 if it was inserted; on any other
 * result *uio is unchanged.
 */
static int write_new_page(struct pagecache *cache, struct uio *uio, uint64_t index)
{
    struct uio before = *uio;
    struct frame *frame = frame_alloc(0, 0);

    if (!frame)
        return -ENOMEM;
    int ret = uio_copy_from(uio, frame_to_virt(frame), PAGE_SIZE) == PAGE_SIZE ? 0 : -EFAULT;

    if (ret == 0)
        ret = page_adopt(cache, index, frame);
    if (ret == 0)
        pagecache_mark_dirty(cache, frame);
    else
        *uio = before;
    frame_put(frame);
    return ret;
}

static ssize_t write_one(struct pagecache *cache, struct uio *uio, uint64_t pos, size_t n,
                         uint64_t size)
{
    uint64_t index = pos / PAGE_SIZE;
    struct frame *frame = pagecache_find(cache, index);

    if (!frame) {
        int ret = -EEXIST;

        if (n == PAGE_SIZE)
            ret = write_new_page(cache, uio, index);
        if (ret == 0)
            return (ssize_t)n;
        if (ret != -EEXIST && ret != -EFAULT)
            return ret;
        ret =
            pagecache_get(cache, index, index * PAGE_SIZE >= size ? PAGECACHE_NO_FILL : 0, &frame);
        if (ret != 0)
            return ret;
    }
    size_t nr_moved = uio_copy_from(uio, (char *)frame_to_virt(frame) + pos % PAGE_SIZE, n);

    if (nr_moved > 0)
        pagecache_mark_dirty(cache, frame);
    frame_put(frame);
    return (ssize_t)nr_moved;
}

ssize_t pagecache_write(struct pagecache *cache, struct uio *uio, uint64_t pos, uint64_t size)
{
    size_t nr_done = 0;

    while (uio->nr_left > 0) {
        size_t n = MIN(PAGE_SIZE - pos % PAGE_SIZE, uio->nr_left);
        ssize_t ret = write_one(cache, uio, pos, n, size);

        if (ret < 0)
            return nr_done > 0 ? (ssize_t)nr_done : ret;
        nr_done += (size_t)ret;
        pos += (size_t)ret;
        if (uio->has_fault)
            break;
    }
    return uio_result(uio, nr_done);
}

int pagecache_zero(struct pagecache *cache, uint64_t from, uint64_t to)
{
    while (from < to) {
        uint64_t index = from / PAGE_SIZE;
        size_t n = MIN(PAGE_SIZE - from % PAGE_SIZE, to - from);
        /* A whole page reads as zeros once it is removed; a partial one must be present to be
         * zeroed. */
        unsigned flags = n == PAGE_SIZE || !cache->ops->read_pages ? PAGECACHE_NO_ALLOC : 0;
        struct frame *frame;
        int ret = pagecache_get(cache, index, flags, &frame);

        if (ret == 0) {
            memset((char *)frame_to_virt(frame) + from % PAGE_SIZE, 0, n);
            pagecache_mark_dirty(cache, frame);
            frame_put(frame);
        } else if (ret != -ENOENT) {
            return ret;
        }
        from += n;
    }
    return 0;
}
