/*
 * Object caches over the frame allocator (Bonwick, "The Slab Allocator", USENIX 1994; magazines per
 * CPU after Bonwick and Adams, "Magazines and Vmem", USENIX 2001).
 *
 * A cache hands out objects of one size. A *slab* is one block of frames cut into objects; a
 * *magazine* is a small stack of free objects that belongs to one CPU, so that the hot paths touch
 * nothing shared. Objects keep their constructed state between free and alloc if the cache has a
 * constructor (which then also costs a word per object); without one their contents are undefined.
 *
 *   static struct slab_cache *inodes;
 *   inodes = slab_cache_create("inode", sizeof(struct inode), 0, NULL);
 *   struct inode *i = slab_alloc(inodes);
 *   slab_free(inodes, i);
 *
 * Context: any, as in <frame/frame.h>; nothing sleeps. slab_cache_destroy must not race with users.
 */
#ifndef SLAB_SLAB_H
#define SLAB_SLAB_H

#include <base/types.h>

struct slab_cache;

#define SLAB_MAX_SIZE 8192 /* larger objects: frame_alloc */

/*
 * A cache of objects of `size` bytes (1..SLAB_MAX_SIZE), aligned to `align` (a power of two up to
 * PAGE_SIZE; 0: 8, or 16 from 16 bytes on). ctor, if any, is called once for every object when its
 * slab is made. name must outlive the cache. NULL: no memory.
 */
MUST_CHECK struct slab_cache *slab_cache_create(const char *name, size_t size, size_t align,
                                                void (*ctor)(void *object));

/* All objects must have been freed; if not, says which cache leaks how many and panics in DEBUG. */
void slab_cache_destroy(struct slab_cache *cache);

/* An object, or NULL when there is no memory. slab_zalloc fills it with zero bytes (no ctor then). */
MUST_CHECK void *slab_alloc(struct slab_cache *cache);
MUST_CHECK void *slab_zalloc(struct slab_cache *cache);

/* object: from the same cache; not NULL. */
void slab_free(struct slab_cache *cache, void *object);

/* Returns empty slabs to the frame allocator, after emptying this CPU's magazine. Frames freed. */
size_t slab_cache_shrink(struct slab_cache *cache);
/* The same for all caches until nr_pages are freed. */
size_t slab_shrink(size_t nr_pages);

struct slab_cache_stats {
    const char *name;
    size_t size;       /* bytes per object, as laid out */
    size_t nr_objects; /* handed out (objects in magazines count as free) */
    size_t nr_slabs;
    size_t nr_frames;
};

void slab_cache_stats(struct slab_cache *cache, struct slab_cache_stats *out);

/* Calls fn for every cache (for /proc/slabinfo and the like). */
void slab_for_each_cache(void (*fn)(const struct slab_cache_stats *stats, void *ctx), void *ctx);

/* Walks the cache and panics at the first broken invariant. Tests and debugging. */
void slab_cache_check(struct slab_cache *cache);

#endif
