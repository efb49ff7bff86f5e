/*
 * The heap contract over two-level segregated fit: bounded time per operation while no memory has
 * to be fetched from the frame allocator.
 *
 * One TLSF instance under a lock, interrupts masked. On a machine with several CPUs a cache of free
 * blocks per CPU is in front (core/tlsf-cache); on one CPU the hot paths leave out both: masked
 * interrupts are enough there. Pools are runs of frames,
 * larger as the heap grows; they go back only in heap_shrink(), which the frame allocator calls
 * when memory is short, so that freeing stays bounded too. A request for more than a pool gets a
 * run of its own length, which goes back as soon as nothing of it is in use.
 */
#include <bits/bits.h>
#include <faultinject/faultinject.h>
#include <frame/frame.h>
#include <heap/heap.h>
#include <heapdebug/heapdebug.h>
#include <lock/spinlock.h>
#include <log/log.h>
#include <percpu/percpu.h>
#include <string/string.h>
#include <tlsf/inline.h>
#include <tlsfcache/tlsfcache.h>

#define POOL_MIN_PAGES 16   /* 64 KiB: what a small kernel's heap costs */
#define POOL_MAX_PAGES 1024 /* 4 MiB, unless one request needs more */
#define LARGE          (POOL_MAX_PAGES << PAGE_SHIFT)

static struct spinlock heap_lock = SPINLOCK_INIT("heap");

/* At the start of a pool's frames; the TLSF pool takes the rest. */
struct pool {
    struct list link GUARDED_BY(&heap_lock);
    size_t nr_pages; /* [I] */
    struct tlsf_pool *tlsf GUARDED_BY(&heap_lock);
};

static struct tlsf heap GUARDED_BY(&heap_lock); /* on one CPU masked interrupts are enough */
static bool is_shared;                          /* [I] by several CPUs */
static struct list pools GUARDED_BY(&heap_lock) = LIST_INIT(pools);
static size_t nr_frames GUARDED_BY(&heap_lock);

static unsigned long lock_heap(void) ACQUIRES(&heap_lock)
{
    unsigned long irq = arch_irq_save();

    spin_lock_no_preempt(&heap_lock);
    return irq;
}

static void unlock_heap(unsigned long irq) RELEASES(&heap_lock)
{
    spin_unlock_no_preempt(&heap_lock);
    arch_irq_restore(irq);
}

static size_t heap_frames(void)
{
    return UNLOCKED(READ_ONCE(nr_frames), "a figure, that may be another at once");
}

/* From a new pool: of the usual size if there is memory for that, otherwise as large as need be. */
static NOINLINE COLD void *alloc_slow(size_t align, size_t size)
{
    size_t need = tlsf_pool_size_for(align, size);
    size_t nr_pages = MIN(MAX(heap_frames() / 4, (size_t)POOL_MIN_PAGES), (size_t)POOL_MAX_PAGES);
    struct pool *pool;
    unsigned long irq;
    struct frame *f;
    void *p;

    if (need > TLSF_MAX_SIZE - PAGE_SIZE)
        return NULL;
    need = ALIGN_UP(need + sizeof(*pool), PAGE_SIZE) >> PAGE_SHIFT;
    nr_pages = MAX(need, nr_pages);
    f = frame_alloc_contig(nr_pages, 1, 0);
    if (!f) {
        nr_pages = need;
        f = frame_alloc_contig(nr_pages, 1, 0);
    }
    if (!f)
        return NULL;
    pool = frame_to_virt(f);
    pool->nr_pages = nr_pages;
    irq = lock_heap();
    pool->tlsf = tlsf_pool_add(&heap, pool + 1, (nr_pages << PAGE_SHIFT) - sizeof(*pool));
    p = tlsf_pool_alloc(&heap, pool->tlsf, align, size);
    list_add(&pools, &pool->link);
    nr_frames += nr_pages;
    unlock_heap(irq);
    return p;
}

/* Free the unused pools of at least so many frames. */
static COLD size_t release_pools(size_t min_pages)
{
    struct list victims;
    struct pool *pool, *next;
    size_t nr_freed = 0;
    unsigned long irq;

    list_init(&victims);
    irq = lock_heap();
    list_for_each_entry_safe(pool, next, &pools, link) {
        if (pool->nr_pages < min_pages || tlsf_pool_remove(&heap, pool->tlsf) != 0)
            continue;
        list_move(&victims, &pool->link);
        nr_freed += pool->nr_pages;
    }
    nr_frames -= nr_freed;
    unlock_heap(irq);
    ASSUME_UNSHARED(&heap_lock, "the victims are in no list of the heap's any more");
    list_for_each_entry_safe(pool, next, &victims, link)
        frame_free_contig(virt_to_frame(pool), pool->nr_pages);
    return nr_freed;
}

static NOINLINE COLD void release_large(void)
{
    release_pools(POOL_MAX_PAGES + 1);
}

static NOINLINE COLD void free_locked(void *p)
{
    unsigned long irq = lock_heap();
    size_t size = tlsf_free_compact(&heap, p);

    unlock_heap(irq);
    if (size >= LARGE)
        release_large();
}

static size_t raw_shrink(void)
{
    tlsf_caches_drain(free_locked);
    return release_pools(0);
}

static COLD size_t shrink(size_t nr_pages)
{
    return heap_shrink();
}

COLD int heap_init(void)
{
    static struct frame_shrinker shrinker = {.shrink = shrink};

    frame_shrinker_add(&shrinker);
    is_shared = cpu_count() > 1;
    tlsf_caches_init();
    return 0;
}

/*
 * The hot paths call nothing while they hold values, so that they need no stack: all else is a tail
 * call.
 */
static NOINLINE COLD void *alloc_aligned(size_t align, size_t size)
{
    unsigned long irq = lock_heap();
    void *p = tlsf_alloc_aligned(&heap, align, size);

    unlock_heap(irq);
    return p ? p : alloc_slow(align, size);
}

static NOINLINE void *alloc_shared(size_t size)
{
    void *p = tlsf_cache_alloc(&size);

    return p ? p : alloc_aligned(HEAP_ALIGN, size);
}

static NOINLINE void free_shared(void *p)
{
    if (!tlsf_cache_free(p))
        free_locked(p);
}

static ALWAYS_INLINE void *raw_alloc(size_t align, size_t size)
{
    unsigned long irq;
    void *p;

    if (align > HEAP_ALIGN)
        return alloc_aligned(align, size);
    if (unlikely(is_shared))
        return alloc_shared(size);
    irq = arch_irq_save();
    ASSUME_UNSHARED(&heap_lock, "there is one CPU, and its interrupts are masked");
    p = tlsf_alloc_inline(&heap, size);
    arch_irq_restore(irq);
    return likely(p) ? p : alloc_slow(HEAP_ALIGN, size);
}

static ALWAYS_INLINE void raw_free(void *p)
{
    unsigned long irq;
    size_t size;

    if (unlikely(is_shared)) {
        free_shared(p);
        return;
    }
    irq = arch_irq_save();
    ASSUME_UNSHARED(&heap_lock, "there is one CPU, and its interrupts are masked");
    size = tlsf_free_inline(&heap, p);
    arch_irq_restore(irq);
    if (unlikely(size >= LARGE))
        release_large();
}

static ALWAYS_INLINE size_t raw_usable_size(const void *p)
{
    return tlsf_size_unlocked(p) - TLSF_OVERHEAD;
}

static ALWAYS_INLINE bool raw_fits(const void *p, size_t size)
{
    size_t have = raw_usable_size(p);

    return size <= have && size >= have - have / 4;
}

/* A block that grows will grow again: a quarter more saves the next search and copy. */
static size_t raw_room(size_t size)
{
    return size < TLSF_MAX_SIZE / 2 ? size + size / 4 : size;
}

static bool raw_resize(void *p, size_t size)
{
    bool is_growing = size > raw_usable_size(p);
    unsigned long irq = lock_heap();
    bool has_worked =
        (is_growing && tlsf_resize(&heap, p, raw_room(size))) || tlsf_resize(&heap, p, size);

    unlock_heap(irq);
    return has_worked;
}

void heap_stats(struct heap_stats *out)
{
    *out = (struct heap_stats){.provider = "tlsf", .nr_frames = heap_frames()};
    heap_debug_stats(out);
}

void heap_check(void)
{
    unsigned long irq = lock_heap();
    const char *damage = tlsf_check(&heap);
    struct pool *pool;

    list_for_each_entry(pool, &pools, link)
        if (!damage)
            damage = tlsf_pool_check(&heap, pool->tlsf);
    unlock_heap(irq);
    if (damage)
        panic("heap_check: %s", damage);
    heap_debug_check();
}

#include <heapdebug/heap_entry.h>
