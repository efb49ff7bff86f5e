/*
 * The public face of the frame allocator: boot, allocation of blocks, shrinkers, reserved ranges.
 * The caches in front are in cache.c, runs of any length in run.c.
 */
#include <base/errno.h>
#include <bits/bits.h>
#include <faultinject/faultinject.h>
#include <log/log.h>
#include <string/string.h>

#include "zone.h"

struct spinlock frame_lock = SPINLOCK_INIT("frame");
struct zone frame_zones[FRAME_MAX_ZONES];
size_t frame_nr_zones;
struct range_set frame_holes;
struct range_set frame_extras;
static struct frame_shrinker *shrinkers; /* [a] only ever grows at the front */

DEFINE_PER_CPU(int64_t[FRAME_NR_TYPES], frame_uses);

unsigned long frames_lock(void)
{
    unsigned long irq = arch_irq_save();

    spin_lock_no_preempt(&frame_lock);
    return irq;
}

void frames_unlock(unsigned long irq)
{
    spin_unlock_no_preempt(&frame_lock);
    arch_irq_restore(irq);
}

/* --- boot ------------------------------------------------------------------------------------- */

static void zone_add(pfn_t start, pfn_t end) REQUIRES(&frame_lock)
{
    struct zone *z = &frame_zones[frame_nr_zones];

    if (start >= end)
        return;
    if (frame_nr_zones == FRAME_MAX_ZONES) {
        log_warn("frame: only %d memory nodes are used", FRAME_MAX_ZONES);
        return;
    }
    z->start = start;
    z->end = end;
    z->high = end;
    z->base = start;
    for (;;) {
        struct pfn_range *hole = range_find(&frame_holes, z->base, z->base + SECTION_PAGES);

        if (z->base >= end || !hole || hole->start > z->base || hole->end < z->base + SECTION_PAGES)
            break;
        z->base += SECTION_PAGES;
    }
    z->low = z->base;
    for (unsigned order = 0; order < FRAME_NR_ORDERS; order++)
        list_init(&z->free[order]);
    frame_nr_zones++;
}

COLD int frame_init(const struct frame_range *ram, size_t nr_ram,
                    const struct frame_range *reserved, size_t nr_reserved)
{
    bool is_usable = false;

    ASSUME_UNSHARED(&frame_lock, "nobody allocates before");
    for (size_t i = 0; i < nr_reserved; i++) {
        uint64_t end = reserved[i].start.v + reserved[i].size;

        if (reserved[i].size == 0)
            continue;
        if (end < reserved[i].start.v)
            end = UINT64_MAX - PAGE_MASK;
        if (!range_add(&frame_holes, paddr_to_pfn(reserved[i].start),
                       ALIGN_UP(end, PAGE_SIZE) >> PAGE_SHIFT)) {
            log_err("frame: more than %d reserved ranges", FRAME_MAX_HOLES);
            return -ENOMEM;
        }
    }
    for (size_t i = 0; i < nr_ram; i++) {
        uint64_t end = ram[i].start.v + ram[i].size;
        pfn_t start_pfn, end_pfn;

        if (end < ram[i].start.v)
            end = UINT64_MAX - PAGE_MASK;
        start_pfn = ALIGN_UP(ram[i].start.v >> PAGE_SHIFT, SECTION_PAGES);
        end_pfn = ALIGN_DOWN(MIN(end >> PAGE_SHIFT, FRAME_PFN_LIMIT), SECTION_PAGES);
        /* Cut off overlaps; drop a node inside another one. */
        for (size_t k = 0; k < frame_nr_zones; k++) {
            const struct zone *z = &frame_zones[k];

            if (start_pfn < z->start)
                end_pfn = end_pfn > z->start ? MIN(end_pfn, z->start) : end_pfn;
            else
                start_pfn = start_pfn < z->end ? MIN(z->end, end_pfn) : start_pfn;
        }
        zone_add(start_pfn, end_pfn);
    }
    for (size_t i = 0; i < frame_nr_zones; i++)
        is_usable |= zone_grow(&frame_zones[i], 1, 1);
    return is_usable ? 0 : -ENOMEM;
}

/* --- allocation ------------------------------------------------------------------------------- */

/* Allocate a block from any zone. Drops the lock between sections, so that opening 1 GiB delays
 * nobody. */
struct frame *block_take(unsigned order)
{
    struct frame *f = NULL;
    bool has_grown;

    do {
        unsigned long irq = frames_lock();

        has_grown = false;
        for (size_t i = 0; i < frame_nr_zones && !f; i++)
            f = buddy_take(&frame_zones[i], order);
        for (size_t i = 0; i < frame_nr_zones && !f && !has_grown; i++)
            has_grown = zone_grow(&frame_zones[i], 1ul << order, 1ul << order);
        frames_unlock(irq);
    } while (!f && has_grown);
    return f;
}

COLD size_t frame_shrink(size_t nr_pages)
{
    size_t nr_freed = 0;

    for (struct frame_shrinker *s = __atomic_load_n(&shrinkers, __ATOMIC_ACQUIRE);
         s && nr_freed < nr_pages; s = s->next)
        nr_freed += s->shrink(nr_pages - nr_freed);
    return nr_freed;
}

void frame_shrinker_add(struct frame_shrinker *s)
{
    s->next = __atomic_load_n(&shrinkers, __ATOMIC_RELAXED);
    while (!__atomic_compare_exchange_n(&shrinkers, &s->next, s, false, __ATOMIC_RELEASE,
                                        __ATOMIC_RELAXED)) {
    }
}

/*
 * Allocate from the lists. Before memory counts as short, drain every CPU's cache: a few frames
 * there can keep a large block from merging. Then call the shrinkers as long as they free anything,
 * since the freed frames need not be contiguous.
 */
static struct frame *block_alloc(unsigned order)
{
    struct frame *f = block_take(order);

    while (!f) {
        if (frame_cache_drain() == 0 && frame_shrink(1ul << order) == 0)
            return NULL;
        f = block_take(order);
    }
    if (order < FRAME_CACHED_ORDERS)
        cache_fill(order);
    return f;
}

struct frame *frame_alloc_slow(unsigned order, unsigned flags)
{
    struct frame *f;

    if (order > FRAME_MAX_ORDER || alloc_should_fail())
        return NULL;
    f = order < FRAME_CACHED_ORDERS ? frame_cache_pop(order) : NULL;
    if (!f)
        f = block_alloc(order);
    if (!f)
        return NULL;
    frame_debug_alloc(f, order);
    f->type = FRAME_USED;
    f->refcount = 1;
    if (flags & FRAME_ZERO)
        arch_pages_clear(frame_to_virt(f), PAGE_SIZE << order);
    return f;
}

void frame_free_slow(struct frame *f, unsigned order)
{
    unsigned long irq;

    frame_debug_free(f, order);
    if (order < FRAME_CACHED_ORDERS && frame_cache_push(order, f))
        return;
    irq = frames_lock();
    if (order < FRAME_CACHED_ORDERS)
        cache_make_room(order);
    buddy_free(zone_of(frame_to_pfn(f)), frame_to_pfn(f), order);
    frames_unlock(irq);
}

bool frame_put(struct frame *f)
{
    if (!frame_drop(f))
        return false;
    frame_free(f, f->order);
    return true;
}

void frame_split(struct frame *f, unsigned order)
{
    uint64_t head; /* refcount to reserved: one store for each frame */

    _Static_assert(offsetof(struct frame, link) == sizeof(head), "the fields before the union");
    f->refcount = 1;
    f->order = 0;
    f->flags = 0;
    f->reserved = 0;
    head = *(uint64_t *)f;
    for (size_t i = 1; i < 1ul << order; i++)
        *(uint64_t *)&f[i] = head;
}

/* --- reserved ranges -------------------------------------------------------------------------- */

COLD void frame_release(paddr_t start, uint64_t size)
{
    pfn_t first = ALIGN_UP(start.v, PAGE_SIZE) >> PAGE_SHIFT;
    pfn_t end = (start.v + size) >> PAGE_SHIFT;
    unsigned long irq = frames_lock();

    while (first < end) {
        struct zone *z = zone_of(first);
        struct pfn_range *hole = range_find(&frame_holes, first, first + 1);
        pfn_t section_end = ALIGN_DOWN(first, SECTION_PAGES) + SECTION_PAGES;
        pfn_t stop = MIN(end, section_end);

        if (hole)
            stop = MIN(stop, hole->end);
        if (z && hole) {
            bool has_frames = zone_is_open(z, first);

            /* Descriptors are needed unless the watermarks have not reached the range yet. */
            if (!has_frames && (section_end > z->high || first < z->base))
                has_frames = zone_open_extra(z, first, stop);
            else if (!has_frames)
                range_remove(&frame_holes, first, stop);
            if (has_frames && range_remove(&frame_holes, first, stop)) {
                for (pfn_t pfn = first; pfn < stop; pfn++)
                    pfn_to_frame(pfn)->type = FRAME_NONE;
                buddy_free_range(z, first, stop);
            }
        }
        first = stop;
    }
    frames_unlock(irq);
}

static int adopt(pfn_t first, pfn_t end) REQUIRES(&frame_lock)
{
    struct zone *z = zone_of(first);

    if (!z || end > z->end || range_count(&frame_holes, first, end) != end - first)
        return -EINVAL;
    if (!zone_open_extra(z, first, end) || !range_remove(&frame_holes, first, end))
        return -ENOMEM;
    for (pfn_t pfn = first; pfn < end; pfn++) {
        struct frame *f = pfn_to_frame(pfn);

        f->refcount = 1;
        f->order = 0;
        f->type = FRAME_USED;
    }
    return 0;
}

int frame_adopt(paddr_t start, uint64_t size)
{
    pfn_t first = ALIGN_UP(start.v, PAGE_SIZE) >> PAGE_SHIFT;
    pfn_t end = (start.v + size) >> PAGE_SHIFT;
    unsigned long irq;
    int err;

    if (start.v + size < start.v)
        return -EINVAL;
    if (first >= end)
        return 0;
    irq = frames_lock();
    err = adopt(first, end);
    frames_unlock(irq);
    return err;
}

struct frame *frame_lookup(paddr_t pa)
{
    pfn_t pfn = paddr_to_pfn(pa);
    struct zone *z = zone_of(pfn);
    unsigned long irq;
    bool is_open;

    if (!z)
        return NULL;
    irq = frames_lock();
    is_open = zone_is_open(z, pfn);
    frames_unlock(irq);
    return is_open ? pfn_to_frame(pfn) : NULL;
}
