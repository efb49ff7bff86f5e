/*
 * Write-back, eviction, and the page tables that map cached pages.
 */
#include <pagecache/pagecache.h>

#include <base/errno.h>
#include <string/string.h>
#include <sync/waitqueue.h>

#include "internal.h"

/* Caches with evictable pages. A walk pins the cache that it is at and drops the lock. */
LOCK_STATIC struct spinlock all_lock = SPINLOCK_INIT("pagecache-all");
static struct list all_caches GUARDED_BY(&all_lock) = LIST_INIT(all_caches);
static struct wait_queue unpinned; /* woken when a cache loses its last pin */

LOCK_STATIC struct spinlock map_lock = SPINLOCK_INIT("pagecache-map");
static uint64_t
    map_epoch GUARDED_BY(&map_lock); /* [map_lock] number of the last walk over mappings */

static struct frame_shrinker shrinker = {.shrink = pagecache_evict};

int writeback_module_init(void)
{
    wait_queue_init(&unpinned);
    frame_shrinker_add(&shrinker);
    return 0;
}

void writeback_cache_added(struct pagecache *cache)
{
    if (UNLOCKED(list_is_linked(&cache->all_node), "once it is, it stays so"))
        return;
    spin_lock(&all_lock);
    if (!list_is_linked(&cache->all_node))
        list_add_tail(&all_caches, &cache->all_node);
    spin_unlock(&all_lock);
}

/* A cache off the list gets no new pins. */
static bool is_unpinned(const struct pagecache *cache)
{
    return UNLOCKED(__atomic_load_n(&cache->nr_pins, __ATOMIC_ACQUIRE), "it only falls") == 0;
}

void writeback_cache_removed(struct pagecache *cache)
{
    spin_lock(&all_lock);
    list_del_init(&cache->all_node);
    spin_unlock(&all_lock);
    wait_event(&unpinned, is_unpinned(cache));
}

/* ---- mappings ---- */

void pagecache_map_add(struct pagecache *cache, struct pagecache_mapping *mapping)
{
    spin_lock(&map_lock);
    mapping->epoch = map_epoch;
    list_add_tail(&cache->mappings, &mapping->node);
    spin_unlock(&map_lock);
}

void pagecache_map_remove(struct pagecache *cache, struct pagecache_mapping *mapping)
{
    (void)cache;
    spin_lock(&map_lock);
    list_del_init(&mapping->node);
    spin_unlock(&map_lock);
}

/* Find the next owner that the walk `epoch` has not seen, with a reference, and mark all its
 * mappings seen. */
static const struct pagecache_mapping_ops *next_owner(struct pagecache *cache, uint64_t epoch,
                                                      void **owner_out) REQUIRES(&map_lock)
{
    const struct pagecache_mapping_ops *ops = NULL;
    struct pagecache_mapping *mapping;
    void *owner = NULL;

    list_for_each_entry(mapping, &cache->mappings, node) {
        if (mapping->epoch >= epoch || (owner && mapping->owner != owner))
            continue;
        mapping->epoch = epoch;
        if (!owner && mapping->ops->owner_get(mapping->owner)) {
            owner = mapping->owner;
            ops = mapping->ops;
        }
    }
    *owner_out = owner;
    return ops;
}

enum change { CUT_OFF, HOLE, WRITE_PROTECT };

static void mappings_walk(struct pagecache *cache, uint64_t first, uint64_t nr, enum change change)
{
    const struct pagecache_mapping_ops *ops;
    void *owner;

    if (UNLOCKED(list_is_empty(&cache->mappings), "one that is being added has no entries yet"))
        return;
    spin_lock(&map_lock);
    uint64_t epoch = ++map_epoch;

    while ((ops = next_owner(cache, epoch, &owner)) != NULL) {
        spin_unlock(&map_lock);
        if (change != WRITE_PROTECT)
            ops->unmap(owner, cache, first, nr, change == HOLE);
        else if (ops->write_protect)
            ops->write_protect(owner, cache, first, nr);
        ops->owner_put(owner);
        spin_lock(&map_lock);
    }
    spin_unlock(&map_lock);
}

void mappings_unmap(struct pagecache *cache, uint64_t first, uint64_t nr, bool is_hole)
{
    mappings_walk(cache, first, nr, is_hole ? HOLE : CUT_OFF);
}

void mappings_write_protect(struct pagecache *cache, uint64_t first, uint64_t nr)
{
    mappings_walk(cache, first, nr, WRITE_PROTECT);
}

/* ---- write-back ---- */

static void take(struct pagecache *cache, struct frame *frame) REQUIRES(&cache->lock)
{
    frame->flags = (uint8_t)((frame->flags & ~PAGE_DIRTY) | PAGE_WRITEBACK);
    tree_clear_dirty(cache, frame->index);
    cache->nr_dirty--;
    __atomic_fetch_sub(&pagecache_nr_dirty, 1, __ATOMIC_RELAXED);
    frame_get(frame);
}

static bool is_held_back(struct pagecache *cache, uint64_t index) REQUIRES(&cache->lock)
{
    return cache->ops->may_write && !cache->ops->may_write(cache, index);
}

/* Find the next dirty page of [first, last] that may be written and is not being written; NULL:
 * none. */
static struct frame *find_dirty(struct pagecache *cache, uint64_t first, uint64_t last)
    REQUIRES(&cache->lock)
{
    struct frame *frame;

    while ((frame = tree_next(cache, first, true)) != NULL && frame->index <= last) {
        if (is_held_back(cache, frame->index)) {
            if (frame->index == last)
                return NULL;
            first = frame->index + 1;
            continue;
        }
        if ((frame->flags & PAGE_WRITEBACK) == 0)
            return frame;
        frame_get(frame);
        spin_unlock(&cache->lock);
        page_wait(cache, frame, PAGE_WRITEBACK);
        frame_put(frame);
        spin_lock(&cache->lock);
    }
    return NULL;
}

/* Take the next run of consecutive dirty pages of [first, last] for writing, with references;
 * returns how many. */
static size_t take_dirty(struct pagecache *cache, uint64_t first, uint64_t last, struct frame **run)
{
    size_t nr = 0;

    spin_lock(&cache->lock);
    struct frame *frame = find_dirty(cache, first, last);

    while (frame && (frame->flags & (PAGE_DIRTY | PAGE_WRITEBACK)) == PAGE_DIRTY) {
        take(cache, frame);
        run[nr++] = frame;
        if (nr == PAGECACHE_RUN_MAX || frame->index == last)
            break;
        frame = tree_find(cache, frame->index + 1);
        if (frame && is_held_back(cache, frame->index))
            break;
    }
    spin_unlock(&cache->lock);
    arch_mb(); /* see pagecache_mark_dirty() */
    return nr;
}

/* Finish write-back: wake waiters, or mark the pages dirty again (err). */
static void put_written(struct pagecache *cache, struct frame *const *run, size_t nr, int err)
{
    spin_lock(&cache->lock);
    for (size_t i = 0; i < nr; i++)
        run[i]->flags &= (uint8_t)~PAGE_WRITEBACK;
    spin_unlock(&cache->lock);
    for (size_t i = 0; i < nr; i++) {
        page_wake(run[i]);
        if (err != 0)
            pagecache_mark_dirty(cache, run[i]);
        frame_put(run[i]);
    }
}

/* Write a run; if it fails retry page by page, so that only the bad page stays dirty. */
static int write_run(struct pagecache *cache, struct frame *const *run, size_t nr)
{
    uint64_t index = run[0]->index;
    int result;

    /* From here on a store through a mapping faults and marks the page dirty again. */
    mappings_write_protect(cache, index, nr);
    result = cache->ops->write_pages(cache, index, run, nr);
    if (result == 0 || nr == 1) {
        put_written(cache, run, nr, result);
        return result;
    }
    result = 0;
    for (size_t i = 0; i < nr; i++) {
        int ret = cache->ops->write_pages(cache, index + i, run + i, 1);

        put_written(cache, run + i, 1, ret);
        if (result == 0)
            result = ret;
    }
    return result;
}

int pagecache_writeback(struct pagecache *cache, uint64_t first, uint64_t last)
{
    struct frame *run[PAGECACHE_RUN_MAX];
    int result = 0;
    size_t nr;

    if (!cache->ops->write_pages)
        return 0;
    while (first <= last && (nr = take_dirty(cache, first, last, run)) > 0) {
        uint64_t at_end = run[nr - 1]->index;
        int ret = write_run(cache, run, nr);

        if (result == 0)
            result = ret;
        if (at_end == UINT64_MAX)
            break;
        first = at_end + 1;
    }
    return result;
}

/* Move the walk's pin from *at (NULL: the start) to the next cache; false at the end. */
static bool next_cache(struct pagecache **at)
{
    struct pagecache *old = *at;
    bool is_last_pin = false;

    spin_lock(&all_lock);
    struct list *node = old ? old->all_node.next : all_caches.next;

    if (old) {
        /* Unlisted while pinned: its neighbours are unknown, so the walk ends. */
        if (!list_is_linked(&old->all_node))
            node = &all_caches;
        is_last_pin = __atomic_sub_fetch(&old->nr_pins, 1, __ATOMIC_RELEASE) == 0;
    }
    *at = node == &all_caches ? NULL : list_entry(node, struct pagecache, all_node);
    if (*at)
        (*at)->nr_pins++;
    spin_unlock(&all_lock);
    if (is_last_pin)
        wait_wake_all(&unpinned);
    return *at;
}

int pagecache_sync(void)
{
    struct pagecache *cache = NULL;
    int result = 0;

    while (next_cache(&cache)) {
        if (UNLOCKED(cache->nr_dirty, "what was dirty before this sync is seen") > 0) {
            int ret = pagecache_writeback(cache, 0, UINT64_MAX);

            if (result == 0)
                result = ret;
        }
    }
    return result;
}

/* ---- eviction ---- */

/* Sweep the clock hand over a cache. */
static size_t evict_from(struct pagecache *cache, size_t nr_wanted)
    REQUIRES(&cache->lock, &all_lock)
{
    size_t nr_evicted = 0;
    uint64_t nr_looks = cache->nr_pages;

    while (nr_evicted < nr_wanted && nr_looks-- > 0) {
        struct frame *frame = tree_next(cache, cache->clock_hand, false);

        if (!frame) {
            if (cache->clock_hand == 0)
                break;
            cache->clock_hand = 0;
            continue;
        }
        cache->clock_hand = frame->index + 1;
        if ((frame->flags & (PAGE_LOCKED | PAGE_DIRTY | PAGE_WRITEBACK)) != 0 ||
            !page_is_evictable(cache, frame))
            continue;
        if ((frame->flags & PAGE_REFERENCED) != 0) {
            frame->flags &= (uint8_t)~PAGE_REFERENCED;
        } else if (__atomic_load_n(&frame->refcount, __ATOMIC_ACQUIRE) == 1) {
            page_remove(cache, frame);
            nr_evicted++;
        }
    }
    return nr_evicted;
}

size_t pagecache_evict(size_t nr_pages)
{
    struct pagecache *cache;
    size_t nr_evicted = 0;

    if (pagecache_nr_evictable == 0 || !spin_trylock(&all_lock))
        return 0;
    for (int turn = 0; turn < 2 && nr_evicted < nr_pages; turn++) {
        list_for_each_entry(cache, &all_caches, all_node) {
            if (nr_evicted >= nr_pages)
                break;
            if (UNLOCKED(cache->nr_pages, "the next turn sees it") == 0 ||
                !spin_trylock(&cache->lock))
                continue;
            nr_evicted += evict_from(cache, nr_pages - nr_evicted);
            spin_unlock(&cache->lock);
        }
    }
    spin_unlock(&all_lock);
    return nr_evicted;
}

size_t pagecache_shrink(size_t nr_pages)
{
    size_t nr_evicted = pagecache_evict(nr_pages);

    if (nr_evicted < nr_pages && pagecache_nr_dirty > 0) {
        (void)pagecache_sync();
        nr_evicted += pagecache_evict(nr_pages - nr_evicted);
    }
    return nr_evicted;
}
