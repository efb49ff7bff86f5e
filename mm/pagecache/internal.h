/*
 * Shared by the files of mm/pagecache only: page flags, the radix tree, the counters.
 */
#ifndef PAGECACHE_INTERNAL_H
#define PAGECACHE_INTERNAL_H

#include <pagecache/pagecache.h>

/* frame->priv of a cached page: 1 if the frame is also part of the file's initial memory
 * (FRAME_LENT). */

/* frame->flags of a page in a cache [cache->lock]. A page is either LOCKED (being filled) or
 * UPTODATE. */
#define PAGE_UPTODATE   0x01u
#define PAGE_LOCKED     0x02u
#define PAGE_DIRTY      0x04u
#define PAGE_WRITEBACK  0x08u
#define PAGE_CHARGED    0x20u /* charged by ops->charge */
#define PAGE_REFERENCED 0x10u /* used since the shrinker last visited */
#define PAGE_COPY                                                                                  \
    0x40u /* filled by read_pages and not written since, in a cache without write-back */

/* ---- the tree ---- */

int tree_module_init(void);
struct frame *tree_find(const struct pagecache *cache, uint64_t index) REQUIRES(&cache->lock);
/* The slot must be empty. -ENOMEM. */
int tree_insert(struct pagecache *cache, uint64_t index, struct frame *frame)
    REQUIRES(&cache->lock);
void tree_remove(struct pagecache *cache, uint64_t index) REQUIRES(&cache->lock);
void tree_set_dirty(struct pagecache *cache, uint64_t index) REQUIRES(&cache->lock);
void tree_clear_dirty(struct pagecache *cache, uint64_t index) REQUIRES(&cache->lock);
/* Find the first (dirty) page at or after index; NULL: none. */
struct frame *tree_next(const struct pagecache *cache, uint64_t index, bool is_dirty_only)
    REQUIRES(&cache->lock);

/* ---- pages ---- */

/* Sleep until the page is neither being filled nor written. The caller holds a reference. */
void page_wait(struct pagecache *cache, struct frame *frame, uint8_t flags);
void page_wake(struct frame *frame);
/* pagecache_get() for a caller that will use nr_wanted pages from index on. */
int page_get(struct pagecache *cache, uint64_t index, unsigned flags, size_t nr_wanted,
             struct frame **frame_out) MUST_CHECK;
/* Count one page more, or (-1) less. */
void page_count(struct pagecache *cache, const struct frame *frame, int64_t n)
    REQUIRES(&cache->lock);
/* Insert a page whose contents are ready, taking over the caller's reference and adding one for the
 * caller. -EEXIST: present already. */
int page_adopt(struct pagecache *cache, uint64_t index, struct frame *frame) MUST_CHECK;
/* Remove the page from the tree and drop the cache's reference. */
void page_remove(struct pagecache *cache, struct frame *frame) REQUIRES(&cache->lock);

/* True if a clean, unreferenced page can be made again by read_pages. */
static inline bool page_is_evictable(const struct pagecache *cache, const struct frame *frame)
{
    return cache->is_evictable || (frame->flags & PAGE_COPY) != 0;
}

/* ---- counters, all caches together ---- */

extern uint64_t pagecache_nr_pages;     /* [a] */
extern uint64_t pagecache_nr_dirty;     /* [a] */
extern uint64_t pagecache_nr_evictable; /* [a] */

/* Make the cache visible to the shrinker, if it is not yet. */
void writeback_cache_added(struct pagecache *cache);
void writeback_cache_removed(struct pagecache *cache);
int writeback_module_init(void);
void mappings_unmap(struct pagecache *cache, uint64_t first, uint64_t nr, bool is_hole);
void mappings_write_protect(struct pagecache *cache, uint64_t first, uint64_t nr);

#endif
