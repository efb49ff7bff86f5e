/*
 * The caches per CPU: filling them, emptying them, counting what is in them. The hot paths are the
 * inline functions of <frame/frame.h>.
 *
 * Swapping a 0 into a cache's `top` claims the cache. Its own CPU does so with interrupts masked
 * for a few instructions, without calling or waiting; others only here, under frame_lock. So
 * waiting for a cache is short, and any CPU may empty all of them in any context (as Linux does
 * since 6.0 and for the same reason: an interrupt to the others would have to be waited for).
 */
#include "zone.h"

#define SLOT sizeof(struct frame *)

DEFINE_PER_CPU(struct frame_cache, frame_cache[FRAME_CACHED_ORDERS]);

/* `top` of an empty cache: it holds fewer large blocks than single frames. */
static uint64_t bottom_of(unsigned order)
{
    return ((order == 0 ? FRAME_CACHE_SIZE : FRAME_CACHE_SIZE / 4) + 1) * SLOT;
}

/*
 * Slots filled or emptied at once: far fewer than there are, so that a load that fluctuates by less
 * than the rest does not take the lock each time; and few enough for one critical section.
 */
static uint64_t batch_of(unsigned order)
{
    return (order == 0 ? FRAME_CACHE_SIZE / 4 : FRAME_CACHE_SIZE / 8) * SLOT;
}

static struct frame **slot(struct frame_cache *c, uint64_t top)
{
    return (struct frame **)((char *)c->slots + top);
}

/* Claim the cache and return `top`; nobody else can use it until cache_give(). */
static NOINLINE uint64_t cache_take(struct frame_cache *c, unsigned order) REQUIRES(&frame_lock)
{
    uint64_t top;

    if (!c->is_ready) {
        c->is_ready = true;
        return bottom_of(order);
    }
    while ((top = arch_swap_acquire(&c->top, 0)) == 0)
        arch_cpu_relax();
    return top;
}

static void cache_give(struct frame_cache *c, uint64_t top)
{
    arch_or_release(&c->top, top);
}

static void fill(struct frame_cache *c, unsigned order) REQUIRES(&frame_lock)
{
    uint64_t top = cache_take(c, order);
    uint64_t end = bottom_of(order) - batch_of(order);
    size_t zone = 0;

    while (top > end && zone < frame_nr_zones) {
        struct frame *f = buddy_take(&frame_zones[zone], order);

        if (!f) {
            zone++;
            continue;
        }
        f->type = FRAME_CACHED;
        top -= SLOT;
        *slot(c, top) = f;
    }
    cache_give(c, top);
}

/* Do not fill the cache of an order that the CPU has never freed. */
void cache_fill(unsigned order)
{
    unsigned long irq = frames_lock();
    struct frame_cache *c = &this_cpu(frame_cache[order]);

    if (order == 0 || c->is_ready)
        fill(c, order);
    frames_unlock(irq);
}

/* Return blocks of at most so many slots to the lists; returns the number of frames. */
static size_t cache_drain(struct frame_cache *c, unsigned order, uint64_t size)
    REQUIRES(&frame_lock)
{
    uint64_t top = cache_take(c, order);
    uint64_t end = MIN(top + size, bottom_of(order));
    size_t nr_frames = 0;

    for (; top < end; top += SLOT) {
        pfn_t pfn = frame_to_pfn(*slot(c, top));

        buddy_free(zone_of(pfn), pfn, order);
        nr_frames += 1ul << order;
    }
    cache_give(c, top);
    return nr_frames;
}

void cache_make_room(unsigned order)
{
    cache_drain(&this_cpu(frame_cache[order]), order, batch_of(order));
}

COLD size_t frame_cache_drain(void)
{
    unsigned long irq = frames_lock();
    size_t nr_frames = 0;

    for_each_cpu(cpu) {
        for (unsigned order = 0; order < FRAME_CACHED_ORDERS; order++) {
            struct frame_cache *c = &per_cpu(frame_cache[order], cpu);

            if (c->is_ready)
                nr_frames += cache_drain(c, order, bottom_of(order));
        }
    }
    frames_unlock(irq);
    return nr_frames;
}

COLD uint64_t cache_count(void)
{
    uint64_t nr_frames = 0;

    for_each_cpu(cpu) {
        for (unsigned order = 0; order < FRAME_CACHED_ORDERS; order++) {
            struct frame_cache *c = &per_cpu(frame_cache[order], cpu);
            uint64_t top;

            if (!c->is_ready)
                continue;
            top = cache_take(c, order);
            nr_frames += (bottom_of(order) - top) / SLOT << order;
            cache_give(c, top);
        }
    }
    return nr_frames;
}
