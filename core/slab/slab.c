/*
 * Object caches: making them, the slow halves of allocation and release, shrinking, statistics.
 *
 * A miss moves a few objects between the CPU and the slabs, under the cache's lock: few enough that
 * the most expensive operation stays cheap, and enough that a CPU which allocates and frees in turn
 * seldom misses (moving b of n, about once in b * (n - b) operations). Interrupts are masked from
 * the miss on, so that preemption need not be turned off besides. Frames are fetched and given back
 * without locks held. Order of locks: caches_lock, then a cache's lock.
 */
#include <arch/cpu.h>
#include <faultinject/faultinject.h>
#include <log/log.h>
#include <percpu/percpu.h>
#include <string/string.h>

#include "slab.h"

#define COLOUR 64 /* a cache line */

static struct spinlock caches_lock = SPINLOCK_INIT("slab-caches");
static struct list caches GUARDED_BY(&caches_lock) = LIST_INIT(caches);
static bool has_started GUARDED_BY(&caches_lock);

/* Magazines are objects too; their own cache goes without. */
static struct slab_cache magazine_cache;
static struct slab_cache cache_cache;

struct slab_magazine slab_no_magazine = {
    .top = &slab_no_magazine.slots[0],
    .limit = &slab_no_magazine.slots[0],
};

/* --- making caches ---------------------------------------------------------------------------- */

/* Small waste and at least four objects, in at most four frames; larger blocks only if need be. */
static unsigned choose_order(size_t stride)
{
    unsigned order;

    for (order = 0; order < 2; order++) {
        size_t total = PAGE_SIZE << order, nr = total / stride;

        if (nr >= 4 && (total - nr * stride) * 8 <= total)
            return order;
    }
    while ((PAGE_SIZE << order) < stride)
        order++;
    return order;
}

/* Magazines of large objects are small. */
static unsigned choose_magazine(size_t size)
{
    if (size <= 512)
        return SLAB_MAGAZINE_SLOTS - 1;
    return size <= 2048 ? 16 : 8;
}

static void cache_setup(struct slab_cache *cache, const char *name, size_t size, size_t align,
                        void (*ctor)(void *object), unsigned magazine_slots)
{
    size_t total;

    assert(size > 0 && size <= SLAB_MAX_SIZE);
    if (align == 0)
        align = size < 16 ? 8 : 16;
    assert(IS_POWER_OF_2(align) && align <= PAGE_SIZE);
    memset(cache, 0, sizeof(*cache));
    for (size_t cpu = 0; cpu < NR_CPUS_MAX; cpu++)
        cache->magazines[cpu] = &slab_no_magazine;
    spin_init(&cache->lock, "slab-cache");
    cache->size = size;
    cache->stride = MAX(size, sizeof(void *));
    /* Constructed objects, and poisoned ones, keep the link behind them. */
    if (ctor || SLAB_DEBUG_BYTES != 0) {
        cache->link_offset = ALIGN_UP(size, sizeof(void *)) + SLAB_DEBUG_BYTES;
        cache->stride = cache->link_offset + sizeof(void *);
    }
    cache->stride = ALIGN_UP(cache->stride, MAX(align, sizeof(void *)));
    cache->order = choose_order(cache->stride);
    total = PAGE_SIZE << cache->order;
    cache->nr_per_slab = (unsigned)(total / cache->stride);
    cache->nr_colours = 1;
    if (align <= COLOUR)
        cache->nr_colours += (unsigned)(total % cache->stride / COLOUR);
    cache->magazine_slots = magazine_slots;
    cache->ctor = ctor;
    cache->name = name;
}

static struct frame_shrinker shrinker = {.shrink = slab_shrink};

static void start(void) REQUIRES(&caches_lock)
{
    cache_setup(&magazine_cache, "slab-magazine", sizeof(struct slab_magazine), 0, NULL, 0);
    cache_setup(&cache_cache, "slab-cache", sizeof(struct slab_cache), 0, NULL, 0);
    list_add_tail(&caches, &magazine_cache.link);
    list_add_tail(&caches, &cache_cache.link);
    frame_shrinker_add(&shrinker);
    has_started = true;
}

void slab_cache_init(struct slab_cache *cache, const char *name, size_t size, size_t align,
                     void (*ctor)(void *object))
{
    unsigned long irq;

    cache_setup(cache, name, size, align, ctor, choose_magazine(size));
    irq = spin_lock_irqsave(&caches_lock);
    if (!has_started)
        start();
    list_add_tail(&caches, &cache->link);
    spin_unlock_irqrestore(&caches_lock, irq);
}

struct slab_cache *slab_cache_create(const char *name, size_t size, size_t align,
                                     void (*ctor)(void *object))
{
    struct slab_cache *cache;
    unsigned long irq = spin_lock_irqsave(&caches_lock);

    if (!has_started)
        start();
    spin_unlock_irqrestore(&caches_lock, irq);
    cache = slab_alloc(&cache_cache);
    if (cache)
        slab_cache_init(cache, name, size, align, ctor);
    return cache;
}

/* --- allocation ------------------------------------------------------------------------------- */

/* How many objects move at once. */
static size_t batch_of(const struct slab_cache *cache)
{
    return cache->magazine_slots / 4;
}

/* Get this CPU's magazine, creating it if needed; without memory the CPU works without one.
 * Interrupts masked. */
static struct slab_magazine *magazine_here(struct slab_cache *cache)
{
    struct slab_magazine **here = &cache->magazines[arch_current()->cpu], *m = *here;

    if (likely(m != &slab_no_magazine) || cache->magazine_slots == 0)
        return m;
    m = slab_alloc_slow(&magazine_cache, 0);
    if (!m)
        return &slab_no_magazine;
    m->slots[0] = NULL;
    m->top = &m->slots[0];
    m->limit = &m->slots[cache->magazine_slots];
    *here = m;
    return m;
}

/* Allocate from the magazine, or from the slabs with a few more. fresh: a slab to add, or NULL. */
static void *take(struct slab_cache *cache, struct slab *fresh)
{
    struct slab_magazine *m = magazine_here(cache);
    void *object;

    spin_lock_no_preempt(&cache->lock);
    if (fresh)
        slab_add(cache, fresh);
    object = *m->top;
    if (object)
        m->top--;
    else
        object = slab_take(cache, m, m != &slab_no_magazine ? batch_of(cache) : 0);
    spin_unlock_no_preempt(&cache->lock);
    return object;
}

void *slab_alloc_slow(struct slab_cache *cache, unsigned long irq)
{
    struct slab *fresh = NULL;
    void *object;

    if (cache->magazine_slots != 0 && alloc_should_fail()) {
        arch_irq_restore_short(irq);
        return NULL;
    }
    for (;;) {
        object = take(cache, fresh);
        arch_irq_restore_short(irq);
        if (object)
            break;
        fresh = slab_create(cache);
        if (!fresh)
            return NULL;
        irq = arch_irq_save_short();
    }
    slab_debug_alloc(cache, object, __builtin_return_address(0));
    return object;
}

void *slab_zalloc(struct slab_cache *cache)
{
    void *object = slab_alloc(cache);

    return object ? memset(object, 0, cache->size) : NULL;
}

/* Return all objects of a magazine to the slabs. */
static void drain(struct slab_cache *cache, struct slab_magazine *m) REQUIRES(&cache->lock)
{
    size_t nr = (size_t)(m->top - m->slots);

    if (nr > 0)
        slab_put(cache, *m->top--, m, nr - 1);
}

void slab_free_slow(struct slab_cache *cache, void *object, unsigned long irq)
{
    struct slab_magazine *m;
    struct slab *victims = NULL;

    slab_debug_free(cache, object);
    m = magazine_here(cache);
    if (m->top != m->limit) {
        *++m->top = object;
    } else {
        spin_lock_no_preempt(&cache->lock);
        slab_put(cache, object, m, m != &slab_no_magazine ? batch_of(cache) : 0);
        victims = slab_remove_empty(cache, 1);
        spin_unlock_no_preempt(&cache->lock);
    }
    arch_irq_restore_short(irq);
    slab_destroy(victims);
}

struct slab_cache *slab_cache_of(const void *object)
{
    return virt_to_frame(object)->owner;
}

/* --- giving back ------------------------------------------------------------------------------ */

size_t slab_cache_shrink(struct slab_cache *cache)
{
    unsigned long irq = arch_irq_save_short();
    struct slab_magazine *m = cache->magazines[arch_current()->cpu];
    struct slab *victims;

    spin_lock_no_preempt(&cache->lock);
    drain(cache, m);
    victims = slab_remove_empty(cache, 0);
    spin_unlock_no_preempt(&cache->lock);
    arch_irq_restore_short(irq);
    return slab_destroy(victims);
}

size_t slab_shrink(size_t nr_pages)
{
    size_t nr_freed = 0;
    struct slab_cache *cache;
    unsigned long irq = spin_lock_irqsave(&caches_lock);

    list_for_each_entry(cache, &caches, link) {
        if (nr_freed >= nr_pages)
            break;
        nr_freed += slab_cache_shrink(cache);
    }
    spin_unlock_irqrestore(&caches_lock, irq);
    return nr_freed;
}

void slab_cache_fini(struct slab_cache *cache)
{
    unsigned long irq = spin_lock_irqsave(&caches_lock);

    list_del(&cache->link);
    spin_unlock_irqrestore(&caches_lock, irq);
    ASSUME_UNSHARED(&cache->lock, "nobody uses it any more, nor finds it in the list");
    for (size_t cpu = 0; cpu < NR_CPUS_MAX; cpu++) {
        struct slab_magazine *m = cache->magazines[cpu];

        if (m == &slab_no_magazine)
            continue;
        drain(cache, m);
        cache->magazines[cpu] = &slab_no_magazine;
        slab_free(&magazine_cache, m);
    }
    slab_destroy(slab_remove_empty(cache, 0));
    if (cache->nr_out != 0)
        log_err("slab: cache %s destroyed with %lu objects in use", cache->name,
                (unsigned long)cache->nr_out);
}

void slab_cache_destroy(struct slab_cache *cache)
{
    slab_cache_fini(cache);
    slab_free(&cache_cache, cache);
}

/* --- statistics and checks -------------------------------------------------------------------- */

static size_t nr_in_magazines(const struct slab_cache *cache)
{
    size_t nr = 0;

    for (size_t cpu = 0; cpu < cpu_count(); cpu++)
        nr += (size_t)(cache->magazines[cpu]->top - cache->magazines[cpu]->slots);
    return nr;
}

void slab_cache_stats(struct slab_cache *cache, struct slab_cache_stats *out)
{
    unsigned long irq = spin_lock_irqsave(&cache->lock);

    out->name = cache->name;
    out->size = cache->stride;
    out->nr_objects = cache->nr_out - nr_in_magazines(cache);
    out->nr_slabs = cache->nr_slabs;
    out->nr_frames = (size_t)cache->nr_slabs << cache->order;
    spin_unlock_irqrestore(&cache->lock, irq);
}

void slab_for_each_cache(void (*fn)(const struct slab_cache_stats *stats, void *ctx), void *ctx)
{
    struct slab_cache_stats stats;
    struct slab_cache *cache;
    unsigned long irq = spin_lock_irqsave(&caches_lock);

    list_for_each_entry(cache, &caches, link) {
        slab_cache_stats(cache, &stats);
        fn(&stats, ctx);
    }
    spin_unlock_irqrestore(&caches_lock, irq);
}

void slab_cache_check(struct slab_cache *cache)
{
    unsigned long irq = spin_lock_irqsave(&cache->lock);
    const char *damage = slab_lists_check(cache);

    spin_unlock_irqrestore(&cache->lock, irq);
    if (damage)
        panic("slab_cache_check: %s: %s", cache->name, damage);
}
