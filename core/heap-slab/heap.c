/*
 * The heap contract over object caches: 32 size classes, four per power of two, each a slab cache
 * with its magazines per CPU. The fastest heap; costs up to a quarter of a block and half-used
 * slabs.
 *
 * Blocks above SLAB_MAX_SIZE are runs of frames (core/heap-runs); their first frame's `owner` is
 * NULL, so that heap_free() tells the two apart by one load.
 */
#include <base/errno.h>
#include <faultinject/faultinject.h>
#include <frame/frame.h>
#include <heap/heap.h>
#include <heapdebug/heapdebug.h>
#include <heapruns/heapruns.h>
#include <log/log.h>
#include <slab/slab.h>

#define NR_CLASSES 32
#define SMALL_MAX  1024

static struct slab_cache caches[NR_CLASSES];
static struct slab_cache *by_16[SMALL_MAX / 16 + 1];       /* size rounded up / 16 */
static struct slab_cache *by_128[SLAB_MAX_SIZE / 128 + 1]; /* the same for larger ones */

/* 16, 32, .. 128, then 5/4, 6/4, 7/4 and 8/4 of each power of two. */
static size_t class_size(size_t class)
{
    if (class < 8)
        return (class + 1) * 16;
    return (5 + class % 4) << (5 + (class - 8) / 4);
}

COLD int heap_init(void)
{
    static const char *const names[NR_CLASSES] = {
        "heap-16",   "heap-32",   "heap-48",   "heap-64",   "heap-80",   "heap-96",   "heap-112",
        "heap-128",  "heap-160",  "heap-192",  "heap-224",  "heap-256",  "heap-320",  "heap-384",
        "heap-448",  "heap-512",  "heap-640",  "heap-768",  "heap-896",  "heap-1024", "heap-1280",
        "heap-1536", "heap-1792", "heap-2048", "heap-2560", "heap-3072", "heap-3584", "heap-4096",
        "heap-5120", "heap-6144", "heap-7168", "heap-8192",
    };
    size_t next_16 = 0, next_128 = 0;

    for (size_t class = 0; class < NR_CLASSES; class ++) {
        size_t size = class_size(class);
        /* Natural alignment, as far as the size has it: for heap_alloc_aligned(). */
        size_t align = MIN(size & -size, (size_t)PAGE_SIZE);

        slab_cache_init(&caches[class], names[class], size, align, NULL);
        for (; next_16 < ARRAY_SIZE(by_16) && next_16 * 16 <= size; next_16++)
            by_16[next_16] = &caches[class];
        for (; next_128 < ARRAY_SIZE(by_128) && next_128 * 128 <= size; next_128++)
            by_128[next_128] = &caches[class];
    }
    return 0;
}

static struct slab_cache *cache_for(size_t size)
{
    return size <= SMALL_MAX ? by_16[(size + 15) / 16] : by_128[(size + 127) / 128];
}

static NOINLINE void *alloc_aligned(size_t align, size_t size)
{
    if (size > SLAB_MAX_SIZE || align > PAGE_SIZE)
        return heap_run_alloc(align, size);
    for (size_t class = 0; class < NR_CLASSES; class ++)
        if (class_size(class) >= size && (class_size(class) & (align - 1)) == 0)
            return slab_alloc(&caches[class]);
    return heap_run_alloc(align, size);
}

static ALWAYS_INLINE void *raw_alloc(size_t align, size_t size)
{
    if (align > HEAP_ALIGN)
        return alloc_aligned(align, size);
    if (likely(size <= SMALL_MAX))
        return slab_alloc(by_16[(size + 15) / 16]);
    if (likely(size <= SLAB_MAX_SIZE))
        return slab_alloc(by_128[(size + 127) / 128]);
    return heap_run_alloc(align, size);
}

static ALWAYS_INLINE void raw_free(void *p)
{
    struct frame *f = virt_to_frame(p);

    if (likely(f->owner))
        slab_free(f->owner, p);
    else
        heap_run_free(p);
}

static ALWAYS_INLINE size_t raw_usable_size(const void *p)
{
    const struct frame *f = virt_to_frame(p);
    const struct slab_cache *cache = f->owner;

    return cache ? cache->size : heap_run_size(p);
}

static ALWAYS_INLINE bool raw_fits(const void *p, size_t size)
{
    size_t have = raw_usable_size(p);

    return size <= have && size > have / 2;
}

/* In place if the block is neither too small nor more than four times too large. */
static bool raw_resize(void *p, size_t size)
{
    size_t have;

    if (size > SLAB_MAX_SIZE && !virt_to_frame(p)->owner)
        return heap_run_resize(p, size);
    have = raw_usable_size(p);
    return size <= have && (have <= 64 || size > have / 4);
}

static size_t raw_room(size_t size)
{
    return heap_run_room(size);
}

static size_t raw_shrink(void)
{
    size_t nr_freed = 0;

    for (size_t class = 0; class < NR_CLASSES; class ++)
        nr_freed += slab_cache_shrink(&caches[class]);
    return nr_freed;
}

void heap_stats(struct heap_stats *out)
{
    *out = (struct heap_stats){.provider = "slab"};
    for (size_t class = 0; class < NR_CLASSES; class ++) {
        struct slab_cache_stats stats;

        slab_cache_stats(&caches[class], &stats);
        out->nr_in_slabs += stats.nr_frames;
        out->nr_blocks += stats.nr_objects;
        out->used_bytes += stats.nr_objects * stats.size;
    }
    out->nr_frames = heap_run_frames() + out->nr_in_slabs;
    heap_debug_stats(out);
}

void heap_check(void)
{
    for (size_t class = 0; class < NR_CLASSES; class ++) {
        slab_cache_check(&caches[class]);
        assert(cache_for(class_size(class)) == &caches[class]);
    }
    heap_debug_check();
}

#include <heapdebug/heap_entry.h>
