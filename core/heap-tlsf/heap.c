/*
 * The heap contract over two-level segregated fit: bounded time per operation while no memory has
 * to be fetched from the frame allocator.
 *
 * One TLSF instance under one lock, interrupts masked. Pools are runs of frames, larger as the heap
 * grows; they go back only in heap_shrink(), which the frame allocator calls when memory is short,
 * so that freeing stays bounded too. An allocation of more than half the largest pool fails.
 */
#include <bits/bits.h>
#include <faultinject/faultinject.h>
#include <frame/frame.h>
#include <heap/heap.h>
#include <heapdebug/heapdebug.h>
#include <lock/spinlock.h>
#include <log/log.h>
#include <string/string.h>
#include <tlsf/inline.h>

#define POOL_MIN_PAGES 16   /* 64 KiB: what a small kernel's heap costs */
#define POOL_MAX_PAGES 1024 /* 4 MiB, unless one request needs more */

/* At the start of a pool's frames; the TLSF pool takes the rest. */
struct pool {
    struct list link; /* heap_lock */
    size_t nr_pages;
    struct tlsf_pool *tlsf;
};

static struct spinlock heap_lock = SPINLOCK_INIT("heap");
static struct tlsf heap;
static struct list pools = LIST_INIT(pools);
static size_t nr_frames; /* heap_lock */

static ALWAYS_INLINE unsigned long lock_heap(void)
{
    unsigned long irq = arch_irq_save();

    spin_lock_no_preempt(&heap_lock);
    return irq;
}

static ALWAYS_INLINE void unlock_heap(unsigned long irq)
{
    spin_unlock_no_preempt(&heap_lock);
    arch_irq_restore(irq);
}

/* Fetches a pool in which the request certainly fits. */
static COLD bool grow(size_t align, size_t size)
{
    size_t need = tlsf_pool_size_for(align, size);
    size_t nr_pages =
        MIN(MAX(READ_ONCE(nr_frames) / 4, (size_t)POOL_MIN_PAGES), (size_t)POOL_MAX_PAGES);
    struct frame *f;
    struct pool *pool;
    unsigned long irq;

    if (need > GIB(1) - sizeof(*pool))
        return false;
    need = ALIGN_UP(need + sizeof(*pool), PAGE_SIZE) >> PAGE_SHIFT;
    f = frame_alloc_contig(MAX(need, nr_pages), 0);
    if (f != NULL) {
        nr_pages = MAX(need, nr_pages);
    } else {
        nr_pages = need;
        f = frame_alloc_contig(nr_pages, 0);
        if (f == NULL)
            return false;
    }
    pool = frame_to_virt(f);
    pool->nr_pages = nr_pages;
    irq = lock_heap();
    pool->tlsf = tlsf_pool_add(&heap, pool + 1, (nr_pages << PAGE_SHIFT) - sizeof(*pool));
    list_add(&pools, &pool->link);
    nr_frames += nr_pages;
    unlock_heap(irq);
    return true;
}

size_t heap_shrink(void)
{
    struct list victims;
    struct pool *pool, *next;
    size_t nr_freed = 0;
    unsigned long irq;

    list_init(&victims);
    irq = lock_heap();
    list_for_each_entry_safe(pool, next, &pools, link) {
        if (tlsf_pool_remove(&heap, pool->tlsf) != 0)
            continue;
        list_move(&victims, &pool->link);
        nr_freed += pool->nr_pages;
    }
    nr_frames -= nr_freed;
    unlock_heap(irq);
    list_for_each_entry_safe(pool, next, &victims, link)
        frame_free_contig(virt_to_frame(pool), pool->nr_pages);
    return nr_freed;
}

static COLD size_t shrink(size_t nr_pages)
{
    return heap_shrink();
}

COLD int heap_init(void)
{
    static struct frame_shrinker shrinker = {.shrink = shrink};

    tlsf_init(&heap);
    frame_shrinker_add(&shrinker);
    return 0;
}

static NOINLINE COLD void *alloc_slow(size_t align, size_t size)
{
    void *p;

    do {
        unsigned long irq;

        if (!grow(align, size))
            return NULL;
        irq = lock_heap();
        p = tlsf_alloc_aligned(&heap, align, size);
        unlock_heap(irq);
        /* Somebody else may have used the new pool up. */
    } while (p == NULL);
    return p;
}

/*
 * The hot paths call nothing while they hold values, so that they need no stack: waiting for the
 * lock and fetching memory are tail calls.
 */
static NOINLINE void *alloc_contended(size_t size, unsigned long irq, uint32_t seen)
{
    void *p;

    spin_lock_contended(&heap_lock, seen);
    p = tlsf_alloc_aligned(&heap, HEAP_ALIGN, size);
    unlock_heap(irq);
    return p != NULL ? p : alloc_slow(HEAP_ALIGN, size);
}

static NOINLINE void free_contended(void *p, unsigned long irq, uint32_t seen)
{
    spin_lock_contended(&heap_lock, seen);
    tlsf_free(&heap, p);
    unlock_heap(irq);
}

static void *alloc_aligned(size_t align, size_t size)
{
    unsigned long irq = lock_heap();
    void *p = tlsf_alloc_aligned(&heap, align, size);

    unlock_heap(irq);
    return p != NULL ? p : alloc_slow(align, size);
}

static ALWAYS_INLINE void *raw_alloc(size_t align, size_t size)
{
    unsigned long irq;
    uint32_t seen;
    void *p;

    if (align > HEAP_ALIGN)
        return alloc_aligned(align, size);
    irq = arch_irq_save();
    if (!spin_lock_enter(&heap_lock, &seen))
        return alloc_contended(size, irq, seen);
    p = tlsf_alloc_inline(&heap, size);
    unlock_heap(irq);
    return likely(p != NULL) ? p : alloc_slow(HEAP_ALIGN, size);
}

static ALWAYS_INLINE void raw_free(void *p)
{
    unsigned long irq = arch_irq_save();
    uint32_t seen;

    if (!spin_lock_enter(&heap_lock, &seen)) {
        free_contended(p, irq, seen);
        return;
    }
    tlsf_free_inline(&heap, p);
    unlock_heap(irq);
}

static bool raw_resize(void *p, size_t size)
{
    unsigned long irq = lock_heap();
    bool has_worked = tlsf_resize(&heap, p, size);

    unlock_heap(irq);
    return has_worked;
}

static size_t raw_usable_size(const void *p)
{
    return tlsf_usable_size(p);
}

void heap_stats(struct heap_stats *out)
{
    *out = (struct heap_stats){.provider = "tlsf", .nr_frames = READ_ONCE(nr_frames)};
    heap_debug_stats(out);
}

void heap_check(void)
{
    unsigned long irq = lock_heap();
    const char *damage = tlsf_check(&heap);
    struct pool *pool;

    list_for_each_entry(pool, &pools, link) {
        if (damage == NULL)
            damage = tlsf_pool_check(&heap, pool->tlsf);
    }
    unlock_heap(irq);
    if (damage != NULL)
        panic("heap_check: %s", damage);
    heap_debug_check();
}

#include <heapdebug/heap_entry.h>
