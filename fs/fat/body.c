/*
 * File bodies: mapping file offsets to clusters, reading and writing pages, growing and truncating.
 *
 * A file's clusters always cover its size: they are allocated when it grows, by write or truncate,
 * so that write-back cannot run out of room. FAT has no holes: gaps are written as zeros.
 */
#include <base/errno.h>
#include <string/string.h>

#include "internal.h"

/* Pages of a gap that are written back at once, so that a large gap does not fill memory. */
#define ZERO_BATCH 64
/* Dirty pages of one file beyond which the writer itself writes back: only clean pages can be
 * reclaimed. */
#define DIRTY_MAX 512

/* ---- places ---- */

static bool is_fixed_root(const struct fat_inode *fi) REQUIRES(&fat_locked)
{
    return !fi->dir && S_ISDIR(inode_mode(&fi->inode)) && fi->first_cluster == 0;
}

int fat_body_cluster(struct fat_inode *fi, uint32_t index, uint32_t *out)
{
    struct fat_volume *vol = fat_inode_volume(fi);
    uint32_t at = 0, cluster = fi->first_cluster;

    if (cluster == 0)
        return -ENOENT;
    if (index >= vol->g.nr_clusters) /* longer than the volume: a loop, or a wrong size */
        return fat_damaged(vol, "a file is longer than the disk; it starts at cluster", cluster);
    if (fi->hint_cluster != 0 && fi->hint_index <= index) {
        at = fi->hint_index;
        cluster = fi->hint_cluster;
    }
    if (!fat_is_cluster(vol, cluster))
        return fat_damaged(vol, "a file starts outside, at cluster", cluster);
    for (; at < index; at++) {
        uint32_t next;
        int ret = fat_next(vol, cluster, &next);

        if (ret != 0)
            return ret;
        if (next == FAT_END)
            break;
        cluster = next;
    }
    fi->hint_index = at;
    fi->hint_cluster = cluster;
    *out = cluster;
    return at == index ? 0 : -ENOENT;
}

/*
 * Find the extent of the disk that holds the body from offset on: its place, and how many of the
 * nr_bytes are contiguous. -ENOENT: the body ends before offset. REQUIRES volume->lock.
 */
static int body_place(struct fat_inode *fi, uint64_t offset, size_t nr_bytes, uint64_t *place,
                      size_t *nr_here) REQUIRES(&fat_locked)
{
    struct fat_volume *vol = fat_inode_volume(fi);
    uint32_t mask = vol->g.cluster_size - 1, cluster, next;
    size_t n;
    int ret;

    if (is_fixed_root(fi)) {
        if (offset >= vol->g.root_size)
            return -ENOENT;
        *place = vol->g.root_offset + offset;
        *nr_here = (size_t)MIN((uint64_t)nr_bytes, vol->g.root_size - offset);
        return 0;
    }
    ret = fat_body_cluster(fi, (uint32_t)(offset >> vol->g.cluster_shift), &cluster);
    if (ret != 0)
        return ret;
    *place = vol->g.data_offset + ((uint64_t)(cluster - FAT_FIRST) << vol->g.cluster_shift) +
             (offset & mask);
    n = vol->g.cluster_size - (offset & mask);
    while (n < nr_bytes && fat_next(vol, cluster, &next) == 0 && next == cluster + 1) {
        n += vol->g.cluster_size;
        cluster = next;
    }
    *nr_here = MIN(n, nr_bytes);
    return 0;
}

/* ---- pages ---- */

static int locked_place(struct fat_inode *fi, uint64_t offset, size_t nr_bytes, uint64_t *place,
                        size_t *nr_here)
{
    struct fat_volume *vol = fat_inode_volume(fi);
    int ret;

    fat_lock(vol);
    ret = body_place(fi, offset, nr_bytes, place, nr_here);
    fat_unlock(vol);
    return ret;
}

static int body_read_pages(struct pagecache *cache, uint64_t index, struct frame *const *frames,
                           size_t nr)
{
    struct fat_inode *fi = fat_inode_of(container_of(cache, struct inode, cache));
    struct fat_volume *vol = fat_inode_volume(fi);
    uint64_t offset = index * PAGE_SIZE, size = READ_ONCE(fi->inode.size);
    size_t nr_bytes = offset < size ? (size_t)MIN((uint64_t)nr * PAGE_SIZE, size - offset) : 0;
    size_t end = ALIGN_UP(nr_bytes, (size_t)vol->g.sector_size), at = 0, nr_here;

    while (at < end) {
        uint64_t place;
        int ret;

        if (S_ISDIR(inode_mode(&fi->inode))) {
            ASSUME_LOCKED(&fat_locked, "by who reads a directory");
            ret = body_place(fi, offset + at, end - at, &place, &nr_here);
        } else {
            ret = locked_place(fi, offset + at, end - at, &place, &nr_here);
        }

        if (ret == -ENOENT)
            ret = fat_damaged(vol, "a file is shorter than its size; it starts at cluster",
                              UNLOCKED(fi->first_cluster, "only for the message"));
        if (ret == 0)
            ret = fat_disk_read(vol, place, frames, at, nr_here);
        if (ret != 0)
            return ret;
        at += nr_here;
    }
    fat_zero_tail(frames, nr, nr_bytes);
    return 0;
}

static int body_write_pages(struct pagecache *cache, uint64_t index, struct frame *const *frames,
                            size_t nr)
{
    struct fat_inode *fi = fat_inode_of(container_of(cache, struct inode, cache));
    struct fat_volume *vol = fat_inode_volume(fi);
    size_t at = 0, nr_here;

    while (at < nr * PAGE_SIZE) {
        uint64_t place;
        int ret = locked_place(fi, index * PAGE_SIZE + at, nr * PAGE_SIZE - at, &place, &nr_here);

        if (ret == -ENOENT) /* the last page extends beyond the last cluster */
            return 0;
        if (ret == 0)
            ret = fat_disk_write(vol, place, frames, at, nr_here);
        if (ret != 0)
            return ret;
        at += nr_here;
    }
    return 0;
}

static uint64_t body_nr_pages(struct pagecache *cache)
{
    return ALIGN_UP(READ_ONCE(container_of(cache, struct inode, cache)->size), PAGE_SIZE) /
           PAGE_SIZE;
}

/* Room exists, since a file's clusters cover its size; but the volume must be marked in use, which
 * can fail, and the file's times change. */
static int body_make_writable(struct pagecache *cache, uint64_t index)
{
    struct inode *inode = container_of(cache, struct inode, cache);
    struct fat_volume *vol = fat_volume_of(inode->sb);
    int ret;

    (void)index;
    fat_lock(vol);
    ret = fat_mark_dirty(vol);
    fat_unlock(vol);
    if (ret == 0)
        inode_touch_mtime(inode);
    return ret;
}

const struct pagecache_ops fat_body_ops = {.read_pages = body_read_pages,
                                           .nr_pages = body_nr_pages,
                                           .make_writable = body_make_writable,
                                           .write_pages = body_write_pages};

/* ---- growing and cutting ---- */

int fat_dir_size(struct fat_volume *vol, uint32_t first, uint64_t *size)
{
    uint32_t cluster = first;

    *size = 0;
    while (cluster != FAT_END) {
        int ret;

        if (!fat_is_cluster(vol, cluster))
            return fat_damaged(vol, "a directory starts outside, at cluster", cluster);
        *size += vol->g.cluster_size;
        if (*size > FAT_MAX_DIR)
            return fat_damaged(vol, "a directory does not end; it starts at cluster", first);
        ret = fat_next(vol, cluster, &cluster);
        if (ret != 0)
            return ret;
    }
    return 0;
}

/* Cut the chain to nr_clusters; it has at least as many. */
static int body_cut(struct fat_inode *fi, uint32_t nr_clusters) REQUIRES(&fat_locked)
{
    struct fat_volume *vol = fat_inode_volume(fi);
    uint32_t first = fi->first_cluster, last;
    int ret;

    if (first == 0)
        return 0;
    if (nr_clusters == 0) {
        fi->first_cluster = fi->hint_cluster = 0;
        ret = fat_inode_store(fi);
        return ret != 0 ? ret : fat_chain_free(vol, first);
    }
    ret = fat_body_cluster(fi, nr_clusters - 1, &last);
    if (ret == -ENOENT)
        return 0;
    fi->hint_cluster = 0;
    return ret != 0 ? ret : fat_chain_cut(vol, last);
}

static uint32_t clusters_for(const struct fat_volume *vol, uint64_t nr_bytes)
{
    return (uint32_t)((nr_bytes + vol->g.cluster_size - 1) >> vol->g.cluster_shift);
}

int fat_body_reserve(struct fat_inode *fi, uint64_t nr_bytes)
{
    struct fat_volume *vol = fat_inode_volume(fi);
    uint32_t nr_wanted = clusters_for(vol, nr_bytes), nr_before = 0, nr = 0, last = 0;
    int ret = 0;

    if (nr_wanted == 0)
        return 0;
    if (nr_wanted > vol->g.nr_clusters)
        return -ENOSPC;
    if (fi->first_cluster != 0) {
        ret = fat_body_cluster(fi, nr_wanted - 1, &last);
        if (ret == 0)
            return 0;
        if (ret != -ENOENT)
            return ret;
        last = fi->hint_cluster;
        nr = nr_before = fi->hint_index + 1;
        ret = 0;
    }
    while (nr < nr_wanted && ret == 0) {
        uint32_t cluster;

        ret = fat_cluster_alloc(vol, last, &cluster);
        if (ret != 0)
            break;
        if (fi->first_cluster == 0)
            fi->first_cluster = cluster;
        last = cluster;
        fi->hint_index = nr++;
        fi->hint_cluster = cluster;
    }
    if (ret != 0)
        (void)body_cut(fi, nr_before);
    return ret;
}

/* Zero [from, to) of a body whose clusters are allocated. inode->lock is held. */
static int body_zero(struct inode *inode, uint64_t from, uint64_t to)
{
    unsigned nr_pages = 0;
    int ret = 0;

    while (from < to && ret == 0) {
        uint64_t index = from / PAGE_SIZE;
        size_t at = from % PAGE_SIZE, n = (size_t)MIN(PAGE_SIZE - at, to - from);
        struct frame *frame;

        ret = pagecache_get(&inode->cache, index, at == 0 ? PAGECACHE_NO_FILL : 0, &frame);
        if (ret != 0)
            break;
        memset((char *)frame_to_virt(frame) + at, 0, n);
        pagecache_mark_dirty(&inode->cache, frame);
        frame_put(frame);
        from += n;
        if (++nr_pages % ZERO_BATCH == 0)
            ret = pagecache_writeback(&inode->cache, 0, index);
    }
    return ret;
}

/* Allocate clusters up to end, and zero from the old size up to from. */
static int body_extend(struct inode *inode, uint64_t from, uint64_t end)
{
    struct fat_inode *fi = fat_inode_of(inode);
    struct fat_volume *vol = fat_inode_volume(fi);
    uint64_t old_size = inode->size;
    int ret;

    if (end > FAT_MAX_SIZE)
        return -EFBIG;
    fat_lock(vol);
    ret = fat_mark_dirty(vol);
    if (ret == 0)
        ret = fat_body_reserve(fi, end);
    fat_unlock(vol);
    if (ret == 0 && from > old_size)
        ret = body_zero(inode, old_size, from);
    return ret;
}

/* Free the clusters allocated for bytes that were not written. */
static void body_trim(struct inode *inode)
{
    struct fat_volume *vol = fat_volume_of(inode->sb);

    fat_lock(vol);
    (void)body_cut(fat_inode_of(inode), clusters_for(vol, inode->size));
    fat_unlock(vol);
}

int fat_body_truncate(struct inode *inode, uint64_t size)
{
    struct fat_inode *fi = fat_inode_of(inode);
    struct fat_volume *vol = fat_inode_volume(fi);
    int ret;

    if (size >= inode->size) {
        ret = body_extend(inode, size, size);
        if (ret != 0)
            body_trim(inode);
        return ret;
    }
    /* Wait for write-back of the pages that go: it must not reach clusters that have a new
     * owner. */
    __atomic_store_n(&inode->size, size, __ATOMIC_RELEASE);
    pagecache_truncate(&inode->cache, size);
    fat_lock(vol);
    ret = fat_mark_dirty(vol);
    if (ret == 0)
        ret = body_cut(fi, clusters_for(vol, size));
    fat_unlock(vol);
    return ret;
}

static ssize_t fat_file_write(struct file *file, struct uio *uio, uint64_t *pos)
{
    struct inode *inode = file_inode(file);
    size_t nr_wanted = uio->nr_left;
    ssize_t ret = 0;
    uint64_t at;

    mutex_lock(&inode->lock);
    at = (file->flags & O_APPEND) != 0 ? inode->size : *pos;
    if (at > FAT_MAX_SIZE || uio->nr_left > FAT_MAX_SIZE - at)
        ret = -EFBIG;
    if (ret == 0 && nr_wanted > 0)
        ret = body_extend(inode, at, at + nr_wanted);
    if (ret == 0)
        ret = pagecache_write(&inode->cache, uio, at, MAX(inode->size, at));
    if (ret > 0) {
        *pos = at + (uint64_t)ret;
        if (*pos > inode->size)
            __atomic_store_n(&inode->size, *pos, __ATOMIC_RELEASE);
        inode_touch_mtime(inode);
    }
    if (ret != (ssize_t)nr_wanted)
        body_trim(inode);
    if (ret > 0 && UNLOCKED(inode->cache.nr_dirty, "about so many") > DIRTY_MAX) {
        int err = pagecache_writeback(&inode->cache, 0, UINT64_MAX);

        if (err != 0)
            ret = err;
    }
    mutex_unlock(&inode->lock);
    if (ret > 0 && (file->flags & O_DSYNC) != 0) {
        int err = generic_file_fsync(file, (file->flags & O_SYNC) != O_SYNC);

        if (err != 0)
            return err;
    }
    return ret;
}

const struct file_ops fat_file_ops = {
    .read = generic_file_read,
    .write = fat_file_write,
    .mmap = generic_file_mmap,
    .fsync = generic_file_fsync,
};
