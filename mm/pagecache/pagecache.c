/*
 * Lookup, dirtying and removal of cached pages. See <pagecache/pagecache.h>; fill.c makes them.
 */
#include <pagecache/pagecache.h>

#include <base/errno.h>
#include <log/log.h>
#include <string/string.h>
#include <sync/waitqueue.h>

#include "internal.h"

uint64_t pagecache_nr_pages;
uint64_t pagecache_nr_dirty;
void (*pagecache_on_first_dirty)(void);
uint64_t pagecache_nr_evictable;

/* Wait queues of pages, by a hash of the descriptor's address. */
#define NR_PAGE_QUEUES 16
static struct wait_queue page_queues[NR_PAGE_QUEUES];

static struct wait_queue *page_queue(const struct frame *frame)
{
    return &page_queues[(uintptr_t)frame / sizeof(*frame) % NR_PAGE_QUEUES];
}

int pagecache_module_init(void)
{
    for (unsigned i = 0; i < NR_PAGE_QUEUES; i++)
        wait_queue_init(&page_queues[i]);
    int ret = tree_module_init();

    return ret != 0 ? ret : writeback_module_init();
}

void pagecache_init(struct pagecache *cache, const struct pagecache_ops *ops, bool is_evictable)
{
    *cache = (struct pagecache){.ops = ops, .is_evictable = is_evictable};
    spin_init(&cache->lock, "pagecache");
    ASSUME_UNSHARED(&map_lock, "nobody maps it yet");
    UNLOCKED_DO(list_init(&cache->all_node), "it is in no list yet");
    list_init(&cache->mappings);
    if (is_evictable)
        writeback_cache_added(cache);
}

void pagecache_destroy(struct pagecache *cache)
{
    if (UNLOCKED(list_is_linked(&cache->all_node), "nobody uses the cache any more"))
        writeback_cache_removed(cache);
    if (UNLOCKED(cache->root, "nobody uses the cache any more"))
        pagecache_remove_range(cache, 0, UINT64_MAX);
    ASSUME_UNSHARED(&cache->lock, "nobody uses the cache any more");
    ASSUME_UNSHARED(&map_lock, "nobody maps it any more");
    assert(cache->nr_pages == 0);
    assert(list_is_empty(&cache->mappings));
}

static uint8_t page_flags(const struct frame *frame)
{
    return __atomic_load_n(&frame->flags, __ATOMIC_ACQUIRE);
}

void page_wait(struct pagecache *cache, struct frame *frame, uint8_t flags)
{
    (void)cache;
    wait_event(page_queue(frame), (page_flags(frame) & flags) == 0);
}

void page_wake(struct frame *frame)
{
    struct wait_queue *queue = page_queue(frame);

    if (wait_queue_is_active(queue))
        wait_wake_all(queue);
}

void page_count(struct pagecache *cache, const struct frame *frame, int64_t n)
{
    cache->nr_pages += (uint64_t)n;
    __atomic_fetch_add(&pagecache_nr_pages, (uint64_t)n, __ATOMIC_RELAXED);
    if (page_is_evictable(cache, frame))
        __atomic_fetch_add(&pagecache_nr_evictable, (uint64_t)n, __ATOMIC_RELAXED);
}

void page_remove(struct pagecache *cache, struct frame *frame)
{
    if ((frame->flags & PAGE_DIRTY) != 0) {
        cache->nr_dirty--;
        __atomic_fetch_sub(&pagecache_nr_dirty, 1, __ATOMIC_RELAXED);
    }
    tree_remove(cache, frame->index);
    if ((frame->flags & PAGE_CHARGED) != 0)
        cache->ops->uncharge(cache);
    page_count(cache, frame, -1);
    frame->flags = 0;
    frame->owner = NULL;
    if (frame->priv != 0) {
        frame->type = FRAME_LENT;
        frame_count(FRAME_LENT, 1);
    }
    frame_put(frame);
}

struct frame *pagecache_find(struct pagecache *cache, uint64_t index)
{
    spin_lock(&cache->lock);
    struct frame *frame = tree_find(cache, index);

    if (frame) {
        if (likely((frame->flags & PAGE_UPTODATE) != 0)) {
            frame->flags |= PAGE_REFERENCED;
            frame_get(frame);
        } else {
            frame = NULL;
        }
    }
    spin_unlock(&cache->lock);
    return frame;
}

bool pagecache_holds(const struct pagecache *cache, uint64_t index, const struct frame *frame)
{
    return READ_ONCE(frame->owner) == cache && READ_ONCE(frame->index) == index;
}

bool pagecache_is_dirty(const struct pagecache *cache, const struct frame *frame)
{
    return !cache->ops->write_pages || (page_flags(frame) & PAGE_DIRTY) != 0;
}

/* The cache has no write-back, and the page is no longer a mere copy. */
static void keep_page(struct pagecache *cache, struct frame *frame)
{
    spin_lock(&cache->lock);
    if (frame->owner == cache && (frame->flags & PAGE_COPY) != 0) {
        frame->flags &= (uint8_t)~PAGE_COPY;
        __atomic_fetch_sub(&pagecache_nr_evictable, 1, __ATOMIC_RELAXED);
    }
    spin_unlock(&cache->lock);
}

void pagecache_mark_dirty(struct pagecache *cache, struct frame *frame)
{
    bool is_first = false;

    if (!cache->ops->write_pages) {
        if ((page_flags(frame) & PAGE_COPY) != 0)
            keep_page(cache, frame);
        return;
    }
    /* Order the store to the page before the test: take_dirty() clears the mark before the page is
     * read, so either the cleared mark is seen here, or the store is seen there. */
    arch_mb();
    if ((page_flags(frame) & PAGE_DIRTY) != 0)
        return;
    spin_lock(&cache->lock);
    /* It may have been truncated away meanwhile. */
    if (frame->owner == cache && (frame->flags & PAGE_DIRTY) == 0) {
        frame->flags |= PAGE_DIRTY;
        tree_set_dirty(cache, frame->index);
        cache->nr_dirty++;
        is_first = __atomic_fetch_add(&pagecache_nr_dirty, 1, __ATOMIC_RELAXED) == 0;
    }
    spin_unlock(&cache->lock);
    if (is_first && pagecache_on_first_dirty)
        pagecache_on_first_dirty();
}

bool pagecache_is_writable(struct pagecache *cache, struct frame *frame)
{
    if (cache->ops->make_writable && !pagecache_is_dirty(cache, frame))
        return false;
    pagecache_mark_dirty(cache, frame);
    return true;
}

int pagecache_make_writable(struct pagecache *cache, struct frame *frame)
{
    int ret = 0;

    if (pagecache_is_writable(cache, frame))
        return 0;
    ret = cache->ops->make_writable(cache, READ_ONCE(frame->index));
    if (ret == 0)
        pagecache_mark_dirty(cache, frame);
    return ret;
}

static void remove_pages(struct pagecache *cache, uint64_t first, uint64_t end)
{
    spin_lock(&cache->lock);
    for (;;) {
        struct frame *frame = tree_next(cache, first, false);

        if (!frame || frame->index >= end)
            break;
        if ((frame->flags & (PAGE_LOCKED | PAGE_WRITEBACK)) != 0) {
            frame_get(frame);
            spin_unlock(&cache->lock);
            page_wait(cache, frame, PAGE_LOCKED | PAGE_WRITEBACK);
            frame_put(frame);
            spin_lock(&cache->lock);
            continue;
        }
        first = frame->index + 1;
        page_remove(cache, frame);
    }
    spin_unlock(&cache->lock);
}

/* The pages wholly inside [from, to). */
static void remove_range(struct pagecache *cache, uint64_t from, uint64_t to, bool is_hole)
{
    uint64_t first = from / PAGE_SIZE + (from % PAGE_SIZE != 0);
    uint64_t end = to == UINT64_MAX ? UINT64_MAX : to / PAGE_SIZE;

    if (first >= end)
        return;
    mappings_unmap(cache, first, end - first, is_hole);
    remove_pages(cache, first, end);
    /* A fault may have mapped a page again before its removal; none can from now on. */
    mappings_unmap(cache, first, end - first, is_hole);
}

void pagecache_remove_range(struct pagecache *cache, uint64_t from, uint64_t to)
{
    remove_range(cache, from, to, true);
}

void pagecache_truncate(struct pagecache *cache, uint64_t size)
{
    if (size % PAGE_SIZE != 0)
        (void)pagecache_zero(cache, size, ALIGN_UP(size, PAGE_SIZE));
    remove_range(cache, size, UINT64_MAX, false);
}

void pagecache_stats(struct pagecache_stats *out)
{
    *out = (struct pagecache_stats){
        .nr_pages = __atomic_load_n(&pagecache_nr_pages, __ATOMIC_RELAXED),
        .nr_dirty = __atomic_load_n(&pagecache_nr_dirty, __ATOMIC_RELAXED),
        .nr_evictable = __atomic_load_n(&pagecache_nr_evictable, __ATOMIC_RELAXED),
    };
}
