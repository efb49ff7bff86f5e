/*
 * The public face of the frame allocator: boot, allocation with its per-CPU caches in front,
 * shrinkers, reserved ranges, statistics.
 *
 * Order 0 is served from a small stack per CPU with interrupts masked (see the inline functions of
 * <frame/frame.h>); a stack is refilled and drained half at a time under frame_lock.
 */
#include <base/errno.h>
#include <bits/bits.h>
#include <faultinject/faultinject.h>
#include <log/log.h>
#include <string/string.h>

#include "zone.h"

#define BATCH (FRAME_CACHE_SIZE / 2)

struct spinlock frame_lock = SPINLOCK_INIT("frame");
struct zone frame_zones[FRAME_MAX_ZONES];
size_t frame_nr_zones;
struct range_set frame_holes;
struct range_set frame_extras;
static struct frame_shrinker *shrinkers; /* [a] only ever grows at the front */

DEFINE_PER_CPU(struct frame_cache, frame_cache);
DEFINE_PER_CPU(int64_t[FRAME_NR_TYPES], frame_uses);

/* --- boot ------------------------------------------------------------------------------------- */

static void zone_add(pfn_t start, pfn_t end)
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

        if (z->base >= end || hole == NULL || hole->start > z->base ||
            hole->end < z->base + SECTION_PAGES)
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
        /* The tail of an overlap is cut off, a node inside another one vanishes. */
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
        is_usable |= zone_grow(&frame_zones[i], 0);
    return is_usable ? 0 : -ENOMEM;
}

/* --- allocation ------------------------------------------------------------------------------- */

/* One block from any zone. The lock is dropped between sections, so that opening 1 GiB delays
 * nobody. */
static struct frame *block_take(unsigned order)
{
    struct frame *f = NULL;
    bool has_grown;

    do {
        unsigned long irq = spin_lock_irqsave(&frame_lock);

        has_grown = false;
        for (size_t i = 0; i < frame_nr_zones && f == NULL; i++)
            f = buddy_take(&frame_zones[i], order);
        for (size_t i = 0; i < frame_nr_zones && f == NULL && !has_grown; i++)
            has_grown = zone_grow(&frame_zones[i], order);
        spin_unlock_irqrestore(&frame_lock, irq);
    } while (f == NULL && has_grown);
    return f;
}

/* Moves up to BATCH - 1 frames from the lists into this CPU's cache. */
static void cache_fill(void)
{
    unsigned long irq = spin_lock_irqsave(&frame_lock);
    struct frame_cache *c = &this_cpu(frame_cache);
    size_t zone = 0;

    while (c->fill < (BATCH - 1) * sizeof(struct frame *) && zone < frame_nr_zones) {
        struct frame *f = buddy_take(&frame_zones[zone], 0);

        if (f == NULL) {
            zone++;
            continue;
        }
        f->type = FRAME_CACHED;
        *(struct frame **)((char *)c->slots + c->fill) = f;
        c->fill += sizeof(struct frame *);
    }
    spin_unlock_irqrestore(&frame_lock, irq);
}

/* Gives frames of this CPU's cache back until `keep` are left. */
static void cache_drain(size_t keep)
{
    unsigned long irq = spin_lock_irqsave(&frame_lock);
    struct frame_cache *c = &this_cpu(frame_cache);

    while (c->fill > keep * sizeof(struct frame *)) {
        pfn_t pfn;

        c->fill -= sizeof(struct frame *);
        pfn = frame_to_pfn(*(struct frame **)((char *)c->slots + c->fill));
        buddy_free(zone_of(pfn), pfn, 0);
    }
    spin_unlock_irqrestore(&frame_lock, irq);
}

void frame_cache_drain(void)
{
    cache_drain(0);
}

static COLD size_t shrink(size_t nr_pages)
{
    size_t nr_freed = 0;

    for (struct frame_shrinker *s = __atomic_load_n(&shrinkers, __ATOMIC_ACQUIRE);
         s != NULL && nr_freed < nr_pages; s = s->next)
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

#ifdef DEBUG

/*
 * Free frames are filled with a pattern, which is checked when they are handed out again. The mark
 * is kept per frame, since blocks merge and split meanwhile.
 */
#define FRAME_FLAG_POISONED 0x5d
#define FRAME_POISON        0x6b6b6b6b6b6b6b6bull
#define POISON_MAX_ORDER    4u

static void debug_check_alloc(struct frame *f, unsigned order)
{
    for (size_t i = 0; i < 1ul << MIN(order, POISON_MAX_ORDER); i++) {
        const uint64_t *words = frame_to_virt(f + i);

        if (f[i].flags != FRAME_FLAG_POISONED)
            continue;
        for (size_t w = 0; w < PAGE_SIZE / sizeof(*words); w++) {
            if (words[w] != FRAME_POISON)
                panic("frame: free frame %lx was written: %lx at offset %lx",
                      (unsigned long)frame_to_pfn(f + i), (unsigned long)words[w], w * 8);
        }
    }
    for (size_t i = 0; i < 1ul << order; i++)
        f[i].flags = 0;
}

static void debug_check_free(struct frame *f, unsigned order)
{
    pfn_t pfn = frame_to_pfn(f);

    if (order > FRAME_MAX_ORDER || !IS_ALIGNED(pfn, 1ul << order) ||
        frame_lookup(pfn_to_paddr(pfn)) != f)
        panic("frame_free: %p is no frame of order %u", (void *)f, order);
    if (f->type < FRAME_USED)
        panic("frame_free: frame %lx is %s", (unsigned long)pfn,
              f->type == FRAME_RESERVED ? "reserved" : "free already");
    if (f->order != order)
        panic("frame_free: frame %lx was allocated with order %u, not %u", (unsigned long)pfn,
              f->order, order);
    for (size_t i = 0; i < 1ul << order; i++) {
        f[i].flags = i < 1ul << POISON_MAX_ORDER ? FRAME_FLAG_POISONED : 0;
        if (f[i].flags != 0) {
            uint64_t *words = frame_to_virt(f + i);

            for (size_t w = 0; w < PAGE_SIZE / sizeof(*words); w++)
                words[w] = FRAME_POISON;
        }
    }
    f->type = FRAME_CACHED;
}

#else

static void debug_check_alloc(struct frame *f, unsigned order)
{
    (void)f;
    (void)order;
}

static void debug_check_free(struct frame *f, unsigned order)
{
    (void)f;
    (void)order;
}

#endif

struct frame *frame_alloc_slow(unsigned order, unsigned flags)
{
    struct frame *f;

    if (order > FRAME_MAX_ORDER || alloc_should_fail())
        return NULL;
    f = order == 0 ? frame_cache_pop() : NULL;
    if (f == NULL) {
        f = block_take(order);
        if (f == NULL && shrink(1ul << order) > 0) {
            frame_cache_drain();
            f = block_take(order);
        }
        if (f == NULL)
            return NULL;
        if (order == 0)
            cache_fill();
    }
    debug_check_alloc(f, order);
    f->type = FRAME_USED;
    f->refcount = 1;
    if (flags & FRAME_ZERO)
        arch_pages_clear(frame_to_virt(f), PAGE_SIZE << order);
    return f;
}

void frame_free_slow(struct frame *f, unsigned order)
{
    debug_check_free(f, order);
    if (order == 0) {
        if (!frame_cache_push(f)) {
            cache_drain(BATCH);
            /* An interrupt may fill the cache again in between: then straight to the lists. */
            if (frame_cache_push(f))
                return;
        } else {
            return;
        }
    }
    unsigned long irq = spin_lock_irqsave(&frame_lock);

    buddy_free(zone_of(frame_to_pfn(f)), frame_to_pfn(f), order);
    spin_unlock_irqrestore(&frame_lock, irq);
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
    for (size_t i = 0; i < 1ul << order; i++) {
        f[i].refcount = 1;
        f[i].order = 0;
        f[i].type = FRAME_USED;
        f[i].flags = 0;
    }
}

COLD struct frame *frame_alloc_contig(size_t nr_pages, unsigned flags)
{
    unsigned order;
    struct frame *f;
    unsigned long irq;
    pfn_t pfn;

    if (nr_pages == 0 || nr_pages > 1ul << FRAME_MAX_ORDER)
        return NULL;
    order = bit_log2_up64(nr_pages);
    f = frame_alloc(order, 0);
    if (f == NULL)
        return NULL;
    frame_split(f, order);
    pfn = frame_to_pfn(f);
    irq = spin_lock_irqsave(&frame_lock);
    buddy_free_range(zone_of(pfn), pfn + nr_pages, pfn + (1ul << order));
    spin_unlock_irqrestore(&frame_lock, irq);
    if (flags & FRAME_ZERO)
        memset(frame_to_virt(f), 0, nr_pages << PAGE_SHIFT);
    return f;
}

void *frame_alloc_bytes(size_t nr_bytes)
{
    struct frame *f = frame_alloc_contig(ALIGN_UP(nr_bytes, PAGE_SIZE) >> PAGE_SHIFT, 0);

    return f != NULL ? frame_to_virt(f) : NULL;
}

COLD void frame_free_contig(struct frame *f, size_t nr_pages)
{
    pfn_t pfn = frame_to_pfn(f);
    pfn_t end = pfn + nr_pages;
    unsigned long irq;

    for (size_t i = 0; i < nr_pages; i++) {
        debug_check_free(f + i, 0);
        f[i].type = FRAME_NONE;
    }
    irq = spin_lock_irqsave(&frame_lock);
    while (pfn < end) { /* memory nodes may adjoin: then the range ends in another zone */
        struct zone *z = zone_of(pfn);
        pfn_t stop = MIN(end, z->end);

        buddy_free_range(z, pfn, stop);
        pfn = stop;
    }
    spin_unlock_irqrestore(&frame_lock, irq);
}

/* --- reserved ranges -------------------------------------------------------------------------- */

COLD void frame_release(paddr_t start, uint64_t size)
{
    pfn_t first = ALIGN_UP(start.v, PAGE_SIZE) >> PAGE_SHIFT;
    pfn_t end = (start.v + size) >> PAGE_SHIFT;
    unsigned long irq = spin_lock_irqsave(&frame_lock);

    while (first < end) {
        struct zone *z = zone_of(first);
        struct pfn_range *hole = range_find(&frame_holes, first, first + 1);
        pfn_t section_end = ALIGN_DOWN(first, SECTION_PAGES) + SECTION_PAGES;
        pfn_t stop = MIN(end, section_end);

        if (hole != NULL)
            stop = MIN(stop, hole->end);
        if (z != NULL && hole != NULL) {
            bool has_frames = zone_is_open(z, first);

            /* Descriptors are needed unless the watermarks have yet to come by. */
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
    spin_unlock_irqrestore(&frame_lock, irq);
}

static int adopt(pfn_t first, pfn_t end)
{
    struct zone *z = zone_of(first);

    if (z == NULL || end > z->end || range_count(&frame_holes, first, end) != end - first)
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
    int error;

    if (start.v + size < start.v)
        return -EINVAL;
    if (first >= end)
        return 0;
    irq = spin_lock_irqsave(&frame_lock);
    error = adopt(first, end);
    spin_unlock_irqrestore(&frame_lock, irq);
    return error;
}

struct frame *frame_lookup(paddr_t pa)
{
    pfn_t pfn = paddr_to_pfn(pa);
    struct zone *z = zone_of(pfn);
    unsigned long irq;
    bool is_open;

    if (z == NULL)
        return NULL;
    irq = spin_lock_irqsave(&frame_lock);
    is_open = zone_is_open(z, pfn);
    spin_unlock_irqrestore(&frame_lock, irq);
    return is_open ? pfn_to_frame(pfn) : NULL;
}

/* --- statistics and checks -------------------------------------------------------------------- */

COLD uint64_t frame_nr_used(enum frame_type type)
{
    int64_t nr = 0;

    for (unsigned cpu = 0; cpu < cpu_count(); cpu++)
        nr += __atomic_load_n(&per_cpu(frame_uses, cpu)[type], __ATOMIC_RELAXED);
    return nr > 0 ? (uint64_t)nr : 0;
}

/* Pages that go to descriptors when n untouched ones are opened: they come from these. */
static COLD uint64_t meta_ahead(uint64_t nr_untouched)
{
    uint64_t nr_sections = (nr_untouched + SECTION_PAGES) / (SECTION_PAGES + 1);

    return nr_sections + nr_sections / 512;
}

COLD void frame_stats(struct frame_stats *out)
{
    unsigned long irq = spin_lock_irqsave(&frame_lock);

    memset(out, 0, sizeof(*out));
    for (unsigned cpu = 0; cpu < cpu_count(); cpu++)
        out->cached += per_cpu(frame_cache, cpu).fill / sizeof(struct frame *);
    for (size_t i = 0; i < frame_nr_zones; i++) {
        const struct zone *z = &frame_zones[i];

        out->total += z->end - z->start;
        out->free += z->nr_free;
        out->reserved += range_count(&frame_holes, z->start, z->end);
        if (z->low < z->high)
            out->untouched += z->high - z->low - range_count(&frame_holes, z->low, z->high) -
                              range_count(&frame_extras, z->low, z->high);
        for (unsigned order = 0; order < FRAME_NR_ORDERS; order++)
            out->nr_free[order] += z->nr_blocks[order];
    }
    out->meta = frame_nr_meta;
    out->meta_ahead = meta_ahead(out->untouched);
    out->free += out->untouched + out->cached;
    spin_unlock_irqrestore(&frame_lock, irq);
}

/* Walks the open sections of one zone by block heads; the frames found free must be those listed.
 */
static void zone_check(const struct zone *z, pfn_t start, pfn_t end)
{
    for (pfn_t pfn = start; pfn < end;) {
        const struct frame *f = pfn_to_frame(pfn);
        pfn_t buddy;

        if (f->type != FRAME_FREE) {
            pfn += f->type >= FRAME_USED ? 1ul << f->order : 1;
            continue;
        }
        if (f->order > FRAME_MAX_ORDER || !IS_ALIGNED(pfn, 1ul << f->order))
            panic("frame_check: free block %lx has order %u", (unsigned long)pfn, f->order);
        buddy = pfn ^ 1ul << f->order;
        if (f->order < FRAME_MAX_ORDER && zone_is_open(z, buddy) &&
            pfn_to_frame(buddy)->type == FRAME_FREE && pfn_to_frame(buddy)->order == f->order)
            panic("frame_check: blocks %lx and %lx should have merged", (unsigned long)pfn,
                  (unsigned long)buddy);
        pfn += 1ul << f->order;
    }
}

static void lists_check(const struct zone *z)
{
    uint64_t nr_free = 0;

    for (unsigned order = 0; order < FRAME_NR_ORDERS; order++) {
        const struct frame *f;
        uint64_t nr = 0;

        list_for_each_entry(f, &z->free[order], link) {
            if (f->type != FRAME_FREE || f->order != order || !zone_is_open(z, frame_to_pfn(f)) ||
                f->link.next->prev != &f->link)
                panic("frame_check: list %u holds frame %lx of type %u, order %u", order,
                      (unsigned long)frame_to_pfn(f), f->type, f->order);
            nr++;
        }
        if (nr != z->nr_blocks[order] || (nr != 0) != (z->order_mask >> order & 1))
            panic("frame_check: list %u counts %lu blocks, holds %lu", order,
                  (unsigned long)z->nr_blocks[order], (unsigned long)nr);
        nr_free += nr << order;
    }
    if (nr_free != z->nr_free)
        panic("frame_check: %lu frames counted free, %lu listed", (unsigned long)z->nr_free,
              (unsigned long)nr_free);
}

void frame_check(void)
{
    unsigned long irq = spin_lock_irqsave(&frame_lock);

    for (size_t i = 0; i < frame_nr_zones; i++) {
        const struct zone *z = &frame_zones[i];

        lists_check(z);
        zone_check(z, z->base, z->low);
        for (size_t k = 0; k < frame_extras.nr; k++) {
            const struct pfn_range *r = &frame_extras.ranges[k];

            if (r->start >= z->start && r->end <= z->end &&
                !(r->start >= z->base && r->end <= z->low))
                zone_check(z, r->start, r->end);
        }
    }
    spin_unlock_irqrestore(&frame_lock, irq);
}
