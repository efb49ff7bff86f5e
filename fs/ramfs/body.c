/*
 * The bodies of regular files: cached pages over an optional initial memory range (from the
 * initrd).
 */
#include <base/errno.h>
#include <frame/frame.h>
#include <string/string.h>

#include "internal.h"

/* Modes of fallocate(2). */
#define FALLOC_KEEP_SIZE  0x01
#define FALLOC_PUNCH_HOLE 0x02
#define FALLOC_ZERO_RANGE 0x10

static const uint8_t zeros[PAGE_SIZE];

static uint64_t nr_body_pages(size_t body_size)
{
    return (body_size + PAGE_MASK) / PAGE_SIZE;
}

static struct ramfs_inode *of_cache(struct pagecache *cache)
{
    return container_of(cache, struct ramfs_inode, inode.cache);
}

static void fill_page(const struct ramfs_inode *ri, uint64_t index, uint8_t *page)
{
    size_t body_size = ri->body_size;
    size_t n = 0;

    if (index * PAGE_SIZE < body_size) {
        n = MIN(PAGE_SIZE, body_size - index * PAGE_SIZE);
        memcpy(page, ri->body + index * PAGE_SIZE, n);
    }
    memset(page + n, 0, PAGE_SIZE - n);
}

static int body_read_pages(struct pagecache *cache, uint64_t index, struct frame *const *frames,
                           size_t nr)
{
    for (size_t i = 0; i < nr; i++)
        fill_page(of_cache(cache), index + i, frame_to_virt(frames[i]));
    return 0;
}

static const void *body_peek(struct pagecache *cache, uint64_t offset, size_t *nr_bytes)
{
    struct ramfs_inode *ri = of_cache(cache);
    size_t body_size = ri->body_size;

    if (offset >= body_size) {
        *nr_bytes = MIN(*nr_bytes, PAGE_SIZE);
        return zeros;
    }
    *nr_bytes = MIN(*nr_bytes, body_size - offset);
    return ri->body + offset;
}

static struct frame *body_alias_page(struct pagecache *cache, uint64_t index)
{
    struct ramfs_inode *ri = of_cache(cache);

    if (!ri->owns_frames || (index + 1) * PAGE_SIZE > ri->body_size)
        return NULL;
    struct frame *frame = virt_to_frame(ri->body + index * PAGE_SIZE);

    frame_get(frame);
    return frame;
}

/* A page in the range of the body is charged with the body, whether it is an alias or a copy. */
static int body_charge(struct pagecache *cache, uint64_t index)
{
    struct ramfs_inode *ri = of_cache(cache);
    struct ramfs_super *super = ri->inode.sb->private;
    uint64_t max = READ_ONCE(super->options.nr_pages_max);

    if (index < nr_body_pages(READ_ONCE(ri->body_size)))
        return 0;
    if (__atomic_add_fetch(&super->nr_pages, 1, __ATOMIC_RELAXED) > max && max != 0) {
        __atomic_fetch_sub(&super->nr_pages, 1, __ATOMIC_RELAXED);
        return -ENOSPC;
    }
    return 1;
}

static void body_uncharge(struct pagecache *cache)
{
    struct ramfs_super *super = of_cache(cache)->inode.sb->private;

    __atomic_fetch_sub(&super->nr_pages, 1, __ATOMIC_RELAXED);
}

const struct pagecache_ops ramfs_cache_ops = {
    .read_pages = body_read_pages,
    .is_in_memory = true,
    .peek = body_peek,
    .alias_page = body_alias_page,
    .charge = body_charge,
    .uncharge = body_uncharge,
};

void ramfs_set_body(struct inode *inode, const void *body, size_t size, bool owns_frames)
{
    struct ramfs_inode *ri = ramfs_inode_of(inode);

    struct ramfs_super *super = inode->sb->private;

    ri->body = body;
    ri->body_size = size;
    ri->owns_frames = owns_frames;
    inode->size = size;
    for (size_t at = 0; owns_frames && at + PAGE_SIZE <= size; at += PAGE_SIZE) {
        virt_to_frame(ri->body + at)->type = FRAME_LENT;
        frame_count(FRAME_LENT, 1);
    }
    /* The initrd's memory exists already: charge it, but do not refuse it. */
    __atomic_fetch_add(&super->nr_pages, nr_body_pages(size), __ATOMIC_RELAXED);
}

/* Release the body behind new_size. */
void ramfs_body_release(struct ramfs_inode *ri, size_t new_size)
{
    struct ramfs_super *super = ri->inode.sb->private;
    size_t old_size = ri->body_size;

    if (new_size >= old_size)
        return;
    WRITE_ONCE(ri->body_size, new_size);
    __atomic_fetch_sub(&super->nr_pages, nr_body_pages(old_size) - nr_body_pages(new_size),
                       __ATOMIC_RELAXED);
    if (!ri->owns_frames)
        return;
    /* Copy the rest of a page that is cut in the middle before its frame is released. */
    for (size_t at = ALIGN_DOWN(new_size, PAGE_SIZE); at + PAGE_SIZE <= old_size; at += PAGE_SIZE) {
        struct frame *frame = virt_to_frame(ri->body + at);

        if (frame->type == FRAME_LENT)
            frame_count(FRAME_LENT, -1);
        frame->priv = 0; /* if it is cached, only the cache holds it now */
        (void)frame_put(frame);
    }
}

int ramfs_body_truncate(struct inode *inode, uint64_t size)
{
    struct ramfs_inode *ri = ramfs_inode_of(inode);
    struct frame *frame;

    if (size >= ri->body_size)
        return 0;
    /* The page that contains the new end must outlive the body's frame. */
    if (size % PAGE_SIZE != 0) {
        int ret = pagecache_get(&inode->cache, size / PAGE_SIZE, 0, &frame);

        if (ret != 0)
            return ret;
        frame_put(frame);
    }
    ramfs_body_release(ri, size);
    return 0;
}

/* ---- fallocate ---- */

static int punch_hole(struct inode *inode, uint64_t from, uint64_t to)
{
    struct ramfs_inode *ri = ramfs_inode_of(inode);

    to = MIN(to, inode->size);
    /* Cover the range with zero pages where the body would show through. */
    for (uint64_t at = ALIGN_DOWN(from, PAGE_SIZE); at < MIN(to, ri->body_size); at += PAGE_SIZE) {
        struct frame *frame;
        int ret = pagecache_get(&inode->cache, at / PAGE_SIZE, 0, &frame);

        if (ret != 0)
            return ret;
        pagecache_mark_dirty(&inode->cache,
                             frame); /* a clean copy might be evicted before it is zeroed */
        frame_put(frame);
    }
    int ret = pagecache_zero(&inode->cache, from, to);

    if (ret == 0 && to > ri->body_size)
        pagecache_remove_range(&inode->cache, MAX(from, ALIGN_UP(ri->body_size, PAGE_SIZE)), to);
    return ret;
}

static int reserve(struct inode *inode, uint64_t from, uint64_t to)
{
    for (uint64_t at = ALIGN_DOWN(from, PAGE_SIZE); at < to; at += PAGE_SIZE) {
        struct frame *frame;
        int ret = pagecache_get(&inode->cache, at / PAGE_SIZE,
                                at >= inode->size ? PAGECACHE_NO_FILL : 0, &frame);

        if (ret != 0)
            return ret;
        pagecache_mark_dirty(&inode->cache, frame); /* keeps its place in the cache */
        frame_put(frame);
    }
    return 0;
}

static int ramfs_fallocate(struct file *file, int mode, uint64_t offset, uint64_t len)
{
    struct inode *inode = file_inode(file);
    int ret = -EOPNOTSUPP;

    mutex_lock(&inode->lock);
    if (mode == (FALLOC_PUNCH_HOLE | FALLOC_KEEP_SIZE)) {
        ret = punch_hole(inode, offset, offset + len);
    } else if ((mode & ~(FALLOC_KEEP_SIZE | FALLOC_ZERO_RANGE)) == 0) {
        ret = 0;
        if ((mode & FALLOC_ZERO_RANGE) != 0)
            ret = punch_hole(inode, offset, offset + len);
        if (ret == 0)
            ret = reserve(inode, offset, offset + len);
        if (ret == 0 && (mode & FALLOC_KEEP_SIZE) == 0 && offset + len > inode->size)
            inode->size = offset + len;
    }
    if (ret == 0)
        inode_touch_mtime(inode);
    mutex_unlock(&inode->lock);
    return ret;
}

const struct file_ops ramfs_file_ops = {
    .read = generic_file_read,
    .write = generic_file_write,
    .mmap = generic_file_mmap,
    .fsync = generic_file_fsync,
    .fallocate = ramfs_fallocate,
};
