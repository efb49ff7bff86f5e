/*
 * Private to core/slab: the descriptor of a slab, which overlays the struct frame of its first
 * frame.
 *
 * An object is *made* when it is first handed out or constructed; slots from nr_made on have never
 * been touched, so that a new slab costs nothing until it is used. Lists of slabs are linked by
 * frame number, since two pointers, the cache and the counts would not fit into a descriptor.
 */
#ifndef SLAB_PRIVATE_H
#define SLAB_PRIVATE_H

#include <frame/frame.h>
#include <slab/slab.h>

/* [c] cache->lock (unchecked: slabs are found by number, and all are of the cache at hand) */
struct slab {
    uint32_t refcount; /* as in struct frame, up to here .. */
    uint8_t order;
    uint8_t type;
    uint8_t flags;
    uint8_t reserved;
    struct slab_cache *cache; /* .. and `owner`, which every frame of the slab has */
    uint32_t next;            /* [c] in the list of partial or empty slabs */
    uint32_t prev;            /* [c] */
    uint16_t nr_used;         /* [c] */
    uint16_t nr_made;         /* [c] */
    uint16_t first_free;      /* [c] number of the object + 1; 0: none of the made ones is free */
    uint16_t colour;          /* [c] offset of the first object / 64 */
};

_Static_assert(sizeof(struct slab) == sizeof(struct frame), "overlay");
_Static_assert(offsetof(struct slab, cache) == offsetof(struct frame, owner), "overlay");

extern struct slab_magazine slab_no_magazine;

static inline struct slab *slab_of(const struct slab_cache *cache, const void *object)
{
    pfn_t pfn = frame_to_pfn(virt_to_frame(object));

    return (struct slab *)pfn_to_frame(ALIGN_DOWN(pfn, 1ul << cache->order));
}

static inline char *slab_object(const struct slab_cache *cache, const struct slab *s, size_t number)
{
    char *start = frame_to_virt((const struct frame *)s);

    return start + s->colour * 64u + number * cache->stride;
}

static inline size_t slab_number(const struct slab_cache *cache, const struct slab *s,
                                 const void *object)
{
    return (size_t)((const char *)object - slab_object(cache, s, 0)) / cache->stride;
}

/* slabs.c: under cache->lock. */

/* Allocate an object, and up to nr_more that go into the magazine. NULL: all slabs are full. */
void *slab_take(struct slab_cache *cache, struct slab_magazine *m, size_t nr_more)
    REQUIRES(&cache->lock);
/*
 * Return an object, and the upper nr_more of the magazine. Slabs that become empty stay until
 * slab_remove_empty().
 */
void slab_put(struct slab_cache *cache, void *object, struct slab_magazine *m, size_t nr_more)
    REQUIRES(&cache->lock);
void slab_add(struct slab_cache *cache, struct slab *s) REQUIRES(&cache->lock);
/* Remove all empty slabs but nr_kept (0 or 1) from the cache, for slab_destroy(); NULL: none. */
struct slab *slab_remove_empty(struct slab_cache *cache, uint32_t nr_kept) REQUIRES(&cache->lock);
/* Check the slabs: NULL, or what is wrong. */
const char *slab_lists_check(const struct slab_cache *cache) REQUIRES(&cache->lock);

/* slabs.c: without locks. */
struct slab *slab_create(const struct slab_cache *cache);
/* Free the slabs that slab_remove_empty() returned; returns the number of frames. */
size_t slab_destroy(struct slab *s);

/* debug.c: bytes that DEBUG adds to every object, and the checks at each allocation and release. */
#ifdef DEBUG
#define SLAB_DEBUG_BYTES 16
void slab_debug_made(const struct slab_cache *cache, void *object);
void slab_debug_alloc(const struct slab_cache *cache, void *object, void *caller);
void slab_debug_free(const struct slab_cache *cache, void *object);
#else
#define SLAB_DEBUG_BYTES 0
static inline void slab_debug_made(const struct slab_cache *cache, void *object)
{
}
static inline void slab_debug_alloc(const struct slab_cache *cache, void *object, void *caller)
{
}
static inline void slab_debug_free(const struct slab_cache *cache, void *object)
{
}
#endif

#endif
