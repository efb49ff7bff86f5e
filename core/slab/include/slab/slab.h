/*
 * Object caches over the frame allocator (Bonwick, "The Slab Allocator", USENIX 1994; magazines per
 * CPU after Bonwick and Adams, "Magazines and Vmem", USENIX 2001).
 *
 * A cache hands out objects of one size. A *slab* is one block of frames cut into objects; a
 * *magazine* is a small stack of free objects that belongs to one CPU, so that the hot paths touch
 * nothing shared: they are a few instructions with interrupts masked, inlined below. Objects keep
 * their constructed state between free and alloc if the cache has a constructor (which then also
 * costs a word per object); without one their contents are undefined.
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

#include <arch/context.h>
#include <arch/cpu.h>
#include <arch/smp.h>
#include <base/types.h>
#include <list/list.h>
#include <lock/spinlock.h>

#define SLAB_MAX_SIZE       8192 /* larger objects: frame_alloc */
#define SLAB_MAGAZINE_SLOTS 30

/* A stack of free objects. slots[0] is always NULL, so that an empty magazine needs no test of its
 * own. */
struct slab_magazine {
    void **top;   /* [p] the last object, or &slots[0] */
    void **limit; /* [I] top of a full magazine */
    void *slots[SLAB_MAGAZINE_SLOTS];
};

/* The head is what the hot paths use; the rest is core/slab's. Zero bytes until
 * slab_cache_init(). */
struct slab_cache {
    struct slab_magazine *magazines[NR_CPUS_MAX]; /* [p] slab_no_magazine until first used there */
    struct spinlock lock;
    /* Slabs with used and free objects, as frame numbers; 0: none. */
    uint32_t partial GUARDED_BY(&lock);
    uint32_t empty GUARDED_BY(&lock); /* slabs without used objects */
    uint32_t nr_empty GUARDED_BY(&lock);
    uint32_t nr_slabs GUARDED_BY(&lock);
    uint64_t nr_out GUARDED_BY(&lock); /* objects handed out or in magazines */
    size_t size;                       /* [I] bytes per object as asked for */
    size_t stride;                     /* [I] bytes per object as laid out */
    size_t link_offset;                /* [I] where a free object keeps the link to the next */
    unsigned order;                    /* [I] of a slab */
    unsigned nr_per_slab;              /* [I] */
    unsigned nr_colours; /* [I] places where the first object may start, 64 bytes apart */
    unsigned next_colour GUARDED_BY(&lock);
    unsigned magazine_slots; /* [I] capacity of this cache's magazines; 0: it has none */
    void (*ctor)(void *object);
    const char *name;
    struct list link; /* caches_lock */
};

/*
 * A cache of objects of `size` bytes (1..SLAB_MAX_SIZE), aligned to `align` (a power of two up to
 * PAGE_SIZE; 0: 8, or 16 from 16 bytes on). ctor, if any, is called once for every object before it
 * is handed out first. name must outlive the cache. NULL: no memory.
 */
MUST_CHECK struct slab_cache *slab_cache_create(const char *name, size_t size, size_t align,
                                                void (*ctor)(void *object));

/* The same for a cache that the caller has memory for; slab_cache_fini() undoes it. Cannot fail. */
void slab_cache_init(struct slab_cache *cache, const char *name, size_t size, size_t align,
                     void (*ctor)(void *object));
void slab_cache_fini(struct slab_cache *cache);

/* Destroy a cache whose objects have all been freed; otherwise report the leak and keep its
 * slabs. */
void slab_cache_destroy(struct slab_cache *cache);

/* Not for direct use: everything but the hot paths. irq: from arch_irq_save_short(). */
void *slab_alloc_slow(struct slab_cache *cache, unsigned long irq);
void slab_free_slow(struct slab_cache *cache, void *object, unsigned long irq);

/* An object, or NULL when there is no memory. */
MUST_CHECK static inline void *slab_alloc(struct slab_cache *cache)
{
    unsigned long irq = arch_irq_save_short();

#ifndef DEBUG
    struct slab_magazine *m = cache->magazines[arch_current()->cpu];
    void **top = m->top;
    void *object = *top;

    if (likely(object)) {
        m->top = top - 1;
        arch_irq_restore_short(irq);
        return object;
    }
#endif
    return slab_alloc_slow(cache, irq);
}

/* Filled with zero bytes; for caches without a constructor. */
MUST_CHECK void *slab_zalloc(struct slab_cache *cache);

/* object: from the same cache; not NULL. */
static inline void slab_free(struct slab_cache *cache, void *object)
{
    unsigned long irq = arch_irq_save_short();

#ifndef DEBUG
    struct slab_magazine *m = cache->magazines[arch_current()->cpu];
    void **top = m->top;

    if (likely(top != m->limit)) {
        top[1] = object;
        m->top = top + 1;
        arch_irq_restore_short(irq);
        return;
    }
#endif
    slab_free_slow(cache, object, irq);
}

/* Return the cache of an object, given any address inside it. */
struct slab_cache *slab_cache_of(const void *object);

/* Empty this CPU's magazine and return empty slabs to the frame allocator; returns the frames
 * freed. */
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

/* A snapshot; exact when nobody allocates meanwhile. */
void slab_cache_stats(struct slab_cache *cache, struct slab_cache_stats *out);

/* Call fn for every cache (for /proc/slabinfo). fn must not create or destroy one. */
void slab_for_each_cache(void (*fn)(const struct slab_cache_stats *stats, void *ctx), void *ctx);

/* Check the cache and panic at the first broken invariant. Tests and debugging. */
void slab_cache_check(struct slab_cache *cache);

#endif
