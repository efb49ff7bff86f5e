/*
 * Statistics, and the walk over everything that finds the first broken invariant.
 */
#include <log/log.h>
#include <string/string.h>

#include "zone.h"

#define TABLE_ENTRIES (PAGE_SIZE / sizeof(uint64_t))

COLD uint64_t frame_nr_used(enum frame_type type)
{
    int64_t nr = 0;

    for (unsigned cpu = 0; cpu < cpu_count(); cpu++)
        nr += __atomic_load_n(&per_cpu(frame_uses, cpu)[type], __ATOMIC_RELAXED);
    return nr > 0 ? (uint64_t)nr : 0;
}

/* Pages needed for descriptors, and tables that map them, when nr_pages more are opened, from which
 * they are taken. */
static COLD uint64_t meta_for(const struct zone *z, uint64_t nr_pages) REQUIRES(&frame_lock)
{
    uint64_t nr_sections = (nr_pages + SECTION_PAGES) / (SECTION_PAGES + 1);
    uint64_t first = z->low / SECTION_PAGES; /* the section before has its table */

    return nr_sections + (first + nr_sections - 1) / TABLE_ENTRIES - (first - 1) / TABLE_ENTRIES;
}

/* Holes have descriptors too, except those at the top, among the pages that become descriptors. */
static COLD uint64_t meta_ahead(const struct zone *z) REQUIRES(&frame_lock)
{
    uint64_t nr_pages = z->high - z->low - range_count(&frame_extras, z->low, z->high);
    uint64_t nr_meta = meta_for(z, nr_pages);

    nr_pages -= range_count(&frame_holes, z->high - nr_meta, z->high);
    return meta_for(z, nr_pages);
}

COLD void frame_stats(struct frame_stats *out)
{
    unsigned long irq = frames_lock();

    memset(out, 0, sizeof(*out));
    out->cached = cache_count();
    for (size_t i = 0; i < frame_nr_zones; i++) {
        const struct zone *z = &frame_zones[i];

        out->total += z->end - z->start;
        out->free += z->nr_free;
        out->reserved += range_count(&frame_holes, z->start, z->end);
        if (z->low < z->high) {
            out->untouched += z->high - z->low - range_count(&frame_holes, z->low, z->high) -
                              range_count(&frame_extras, z->low, z->high);
            out->meta_ahead += meta_ahead(z);
        }
        for (unsigned order = 0; order < FRAME_NR_ORDERS; order++)
            out->nr_free[order] += z->nr_blocks[order];
    }
    out->meta = frame_nr_meta;
    out->free += out->untouched + out->cached;
    frames_unlock(irq);
}

/* Walk the open sections of a zone by block heads; the free frames found must be those listed. */
static void zone_check(const struct zone *z, pfn_t start, pfn_t end) REQUIRES(&frame_lock)
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

static void lists_check(const struct zone *z) REQUIRES(&frame_lock)
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
    unsigned long irq = frames_lock();

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
    frames_unlock(irq);
}
