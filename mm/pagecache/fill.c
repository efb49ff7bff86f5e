/*
 * Filling pages: single ones, or runs that the owner reads with one request.
 *
 * Read-ahead keeps no state: the number of consecutive pages before the missing one tells how far a
 * sequential reader has come. Each miss in sequence doubles the run, up to PAGECACHE_RUN_MAX;
 * concurrent readers do not disturb each other; a page without a predecessor is a random access and
 * is read alone. (Linux calls this context read-ahead.) The pages of a run are locked until all are
 * read: only users of these pages wait.
 */
#include <pagecache/pagecache.h>

#include <base/errno.h>

#include "internal.h"

#define RUN_FIRST 4 /* run at the start of a file, and after a single page */

#define EVICT_BATCH 16

static int try_insert(struct pagecache *cache, uint64_t index, struct frame *frame, uint8_t flags)
{
    int ret = 0;

    spin_lock(&cache->lock);
    if (tree_find(cache, index))
        ret = -EEXIST;
    if (ret == 0 && cache->ops->charge)
        ret = cache->ops->charge(cache, index);
    if (ret > 0)
        flags |= PAGE_CHARGED;
    if (ret >= 0) {
        ret = tree_insert(cache, index, frame);
        if (ret != 0 && (flags & PAGE_CHARGED) != 0)
            cache->ops->uncharge(cache);
    }
    if (ret == 0) {
        frame->priv = frame->type == FRAME_LENT;
        if (frame->priv != 0)
            frame_count(FRAME_LENT, -1);
        frame->type = FRAME_FILE;
        frame->owner = cache;
        frame->index = index;
        frame->flags = flags;
        page_count(cache, frame, 1);
        frame_get(frame); /* wanted by the caller */
    }
    spin_unlock(&cache->lock);
    return ret;
}

/*
 * Insert a frame (taking over the reference) at the empty index. -EEXIST: another thread was
 * faster; -ENOMEM, -ENOSPC. Tree nodes are allocated with the cache's lock held, which makes the
 * shrinker skip this cache: free here what it would have found.
 */
static int page_insert(struct pagecache *cache, uint64_t index, struct frame *frame, uint8_t flags)
{
    int ret = try_insert(cache, index, frame, flags);

    while (unlikely(ret == -ENOMEM) && pagecache_evict(EVICT_BATCH) > 0)
        ret = try_insert(cache, index, frame, flags);
    return ret;
}

/* Decide how many pages to read for the missing one at index. */
static size_t run_length(struct pagecache *cache, uint64_t index, size_t nr_wanted)
{
    uint64_t nr_pages = cache->ops->nr_pages ? cache->ops->nr_pages(cache) : 0;
    size_t nr_before = 0, nr = 1;

    if (index >= nr_pages || nr_pages - index == 1)
        return 1;
    spin_lock(&cache->lock);
    while (nr_before < MIN(index, (uint64_t)PAGECACHE_RUN_MAX / 2) &&
           tree_find(cache, index - nr_before - 1))
        nr_before++;
    spin_unlock(&cache->lock);
    if (index == 0 || nr_before > 0)
        nr = MAX(2 * nr_before, (size_t)RUN_FIRST);
    nr = MIN(MAX(nr, nr_wanted), (size_t)PAGECACHE_RUN_MAX);
    return (size_t)MIN((uint64_t)nr, nr_pages - index);
}

/* Insert up to nr locked pages at consecutive empty indices; returns their number, or the error for
 * none. */
static int run_begin(struct pagecache *cache, uint64_t index, size_t nr, struct frame **run)
{
    uint8_t copy = cache->is_evictable ? 0 : PAGE_COPY;

    for (size_t i = 0; i < nr; i++) {
        struct frame *frame = frame_alloc(0, 0);
        int ret = frame ? page_insert(cache, index + i, frame, PAGE_LOCKED | copy) : -ENOMEM;

        if (ret == 0) {
            run[i] = frame;
            continue;
        }
        if (frame)
            frame_put(frame);
        return i > 0 ? (int)i : ret;
    }
    return (int)nr;
}

/* Mark the pages up to date, or remove them again (err). */
static void run_end(struct pagecache *cache, struct frame *const *run, size_t nr, int err)
{
    spin_lock(&cache->lock);
    for (size_t i = 0; i < nr; i++)
        if (err == 0)
            run[i]->flags = (uint8_t)((run[i]->flags & ~PAGE_LOCKED) | PAGE_UPTODATE);
        else
            page_remove(cache, run[i]);
    spin_unlock(&cache->lock);
    for (size_t i = 0; i < nr; i++)
        page_wake(run[i]);
}

static void put_frames(struct frame *const *run, size_t nr)
{
    for (size_t i = 0; i < nr; i++)
        (void)frame_put(run[i]);
}

/*
 * Fill the page at index, and some behind it, by the owner's op; the caller gets a reference to the
 * first. If a run fails the first page is tried alone: the error may be another page's.
 */
static int fill_run(struct pagecache *cache, uint64_t index, size_t nr_wanted,
                    struct frame **frame_out)
{
    struct frame *run[PAGECACHE_RUN_MAX];
    int nr = run_begin(cache, index, run_length(cache, index, nr_wanted), run);
    int ret;

    if (nr < 0)
        return nr;
    ret = cache->ops->read_pages(cache, index, run, (size_t)nr);
    if (ret != 0 && nr > 1) {
        run_end(cache, run + 1, (size_t)nr - 1, ret);
        put_frames(run + 1, (size_t)nr - 1);
        nr = 1;
        ret = cache->ops->read_pages(cache, index, run, 1);
    }
    if (!cache->is_evictable)
        writeback_cache_added(cache);
    run_end(cache, run, (size_t)nr, ret);
    put_frames(run + 1, (size_t)nr - 1);
    if (ret != 0)
        (void)frame_put(run[0]);
    *frame_out = run[0];
    return ret;
}

/* Make a missing page, with a reference for the caller. -EEXIST: look again. */
static int page_make(struct pagecache *cache, uint64_t index, unsigned flags, size_t nr_wanted,
                     struct frame **frame_out)
{
    bool is_zero = !cache->ops->read_pages || (flags & PAGECACHE_NO_FILL) != 0;
    struct frame *frame = NULL;

    if (!is_zero && cache->ops->alias_page)
        frame = cache->ops->alias_page(cache, index);
    if (!frame && !is_zero)
        return fill_run(cache, index, nr_wanted, frame_out);
    if (!frame)
        frame = frame_alloc(0, FRAME_ZERO);
    if (!frame)
        return -ENOMEM;

    int ret = page_insert(cache, index, frame, PAGE_UPTODATE);

    if (ret != 0) {
        frame_put(frame);
        return ret;
    }
    *frame_out = frame;
    return 0;
}

int page_get(struct pagecache *cache, uint64_t index, unsigned flags, size_t nr_wanted,
             struct frame **frame_out)
{
    for (;;) {
        spin_lock(&cache->lock);
        struct frame *frame = tree_find(cache, index);
        bool is_uptodate = false;

        if (frame) {
            frame_get(frame);
            is_uptodate = (frame->flags & PAGE_UPTODATE) != 0;
            frame->flags |= PAGE_REFERENCED;
        }
        spin_unlock(&cache->lock);

        if (is_uptodate) {
            *frame_out = frame;
            return 0;
        }
        if (frame) {
            if ((flags & PAGECACHE_NO_WAIT) != 0) {
                frame_put(frame);
                return -EAGAIN;
            }
            /* Another thread fills it. If that fails the page is gone, and the next round finds out
             * the error itself. */
            page_wait(cache, frame, PAGE_LOCKED);
            frame_put(frame);
            continue;
        }
        if ((flags & PAGECACHE_NO_ALLOC) != 0)
            return -ENOENT;
        if ((flags & PAGECACHE_NO_WAIT) != 0 && !cache->ops->is_in_memory && cache->ops->read_pages)
            return -EAGAIN;

        int ret = page_make(cache, index, flags, nr_wanted, frame_out);

        if (ret != -EEXIST)
            return ret;
    }
}

int pagecache_get(struct pagecache *cache, uint64_t index, unsigned flags, struct frame **frame_out)
{
    return page_get(cache, index, flags, 1, frame_out);
}

/* Insert a page whose contents are ready. As page_insert(). */
int page_adopt(struct pagecache *cache, uint64_t index, struct frame *frame)
{
    return page_insert(cache, index, frame, PAGE_UPTODATE | PAGE_REFERENCED);
}
