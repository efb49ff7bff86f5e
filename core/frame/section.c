/*
 * Opens RAM: maps descriptors one section (512 KiB) at a time, when the lists run dry.
 *
 * The page of descriptors, and the page tables that map it, come from the top of a zone growing
 * down, so that the bottom stays whole and merges up to blocks of 1 GiB. When a zone has no
 * untouched RAM left they come from the lists.
 */
#include <arch/cpu.h>
#include <arch/paging.h>
#include <arch/upcalls.h>
#include <string/string.h>

#include "zone.h"

uint64_t frame_nr_meta;

/* The thread inside section_open(), under frame_lock: its page tables come from meta_take(). */
static struct arch_thread *opener;

/* Metadata pages freed again because mapping failed half way. */
static pfn_t spare[4] GUARDED_BY(&frame_lock);
static size_t nr_spare GUARDED_BY(&frame_lock);

struct zone *zone_of(pfn_t pfn)
{
    for (size_t i = 0; i < frame_nr_zones; i++)
        if (pfn >= frame_zones[i].start && pfn < frame_zones[i].end)
            return &frame_zones[i];
    return NULL;
}

bool zone_is_open(const struct zone *z, pfn_t pfn)
{
    if (pfn >= z->base && pfn < z->low)
        return true;
    return pfn >= z->start && pfn < z->end && range_find(&frame_extras, pfn, pfn + 1);
}

/* Take the highest untouched frame of a zone for metadata. */
static COLD bool meta_take_from(struct zone *z, pfn_t *out) REQUIRES(&frame_lock)
{
    while (z->high > z->low) {
        pfn_t pfn = z->high - 1;
        struct pfn_range *r = range_find(&frame_holes, pfn, pfn + 1);

        if (!r)
            r = range_find(&frame_extras, pfn, pfn + 1);
        if (!r) {
            z->high = pfn;
            *out = pfn;
            return true;
        }
        z->high = MAX(r->start, z->low);
    }
    return false;
}

static COLD bool meta_take(struct zone *preferred, pfn_t *out) REQUIRES(&frame_lock)
{
    if (nr_spare > 0) {
        *out = spare[--nr_spare];
        return true;
    }
    frame_nr_meta++;
    if (preferred && meta_take_from(preferred, out))
        return true;
    for (size_t i = 0; i < frame_nr_zones; i++)
        if (meta_take_from(&frame_zones[i], out))
            return true;
    for (size_t i = 0; i < frame_nr_zones; i++) {
        struct frame *f = buddy_take(&frame_zones[i], 0);

        if (f) {
            *out = frame_to_pfn(f);
            return true;
        }
    }
    frame_nr_meta--;
    return false;
}

static void meta_give_back(pfn_t pfn) REQUIRES(&frame_lock)
{
    if (nr_spare < ARRAY_SIZE(spare))
        spare[nr_spare++] = pfn;
}

uint64_t *page_table_alloc(unsigned order)
{
    struct frame *f;
    pfn_t pfn;

    if (__atomic_load_n(&opener, __ATOMIC_RELAXED) == arch_current()) {
        ASSUME_LOCKED(&frame_lock, "by section_map(), which this thread is in");
        if (order != 0 || !meta_take(NULL, &pfn))
            return NULL;
        arch_pages_clear(phys_to_virt(pfn_to_paddr(pfn)), PAGE_SIZE);
        return phys_to_virt(pfn_to_paddr(pfn));
    }
    f = frame_alloc(order, FRAME_ZERO);
    if (!f)
        return NULL;
    f->type = FRAME_TABLE;
    frame_count(FRAME_TABLE, 1l << order);
    return frame_to_virt(f);
}

void page_table_free(uint64_t *table, unsigned order)
{
    if (__atomic_load_n(&opener, __ATOMIC_RELAXED) == arch_current()) {
        ASSUME_LOCKED(&frame_lock, "by section_map(), which this thread is in");
        meta_give_back(paddr_to_pfn(virt_to_phys(table)));
        return;
    }
    frame_count(FRAME_TABLE, -(1l << order));
    frame_free(virt_to_frame(table), order);
}

/* Map zeroed descriptors for the section that starts at pfn. */
static COLD bool section_map(struct zone *z, pfn_t first) REQUIRES(&frame_lock)
{
    vaddr_t va = (vaddr_t)(uintptr_t)pfn_to_frame(first);
    pfn_t page;
    int err;

    if (!meta_take(z, &page))
        return false;
    arch_pages_clear(phys_to_virt(pfn_to_paddr(page)), PAGE_SIZE);
    __atomic_store_n(&opener, arch_current(), __ATOMIC_RELAXED);
    err = arch_pt_map(&arch_kernel_pt, va, pfn_to_paddr(page), PAGE_SIZE, PT_RW | PT_G, 0);
    __atomic_store_n(&opener, NULL, __ATOMIC_RELAXED);
    if (err != 0) {
        meta_give_back(page);
        return false;
    }
    arch_tlb_flush_kernel_page(va);
    return true;
}

/* Divide the frames [start, end) of an open section into reserved ones and free blocks. */
static COLD void section_fill(struct zone *z, pfn_t start, pfn_t end) REQUIRES(&frame_lock)
{
    while (start < end) {
        struct pfn_range *hole = range_find(&frame_holes, start, end);
        pfn_t free_end = hole ? MAX(hole->start, start) : end;
        pfn_t hole_end = hole ? MIN(hole->end, end) : end;

        buddy_free_range(z, start, free_end);
        for (pfn_t pfn = free_end; pfn < hole_end; pfn++) {
            pfn_to_frame(pfn)->type = FRAME_RESERVED;
            pfn_to_frame(pfn)->refcount = 1;
        }
        start = hole_end;
    }
}

/* Open the section at z->low. */
static COLD bool section_open_next(struct zone *z) REQUIRES(&frame_lock)
{
    pfn_t first = z->low;

    if (!range_find(&frame_extras, first, first + 1)) {
        /* The mapping may take pages from the top of this very section. */
        if (!section_map(z, first))
            return false;
        z->low = first + SECTION_PAGES;
        section_fill(z, first, MIN(first + SECTION_PAGES, z->high));
        return true;
    }
    z->low = first + SECTION_PAGES;
    return true;
}

/* Find the first aligned frame at or after pfn from which nr frames are neither reserved nor
 * extra. */
static COLD pfn_t skip_holes(pfn_t pfn, uint64_t nr, uint64_t align) REQUIRES(&frame_lock)
{
    for (;;) {
        struct pfn_range *r;

        pfn = ALIGN_UP(pfn, align);
        r = range_find(&frame_holes, pfn, pfn + nr);
        if (!r)
            r = range_find(&frame_extras, pfn, pfn + nr);
        if (!r)
            return pfn;
        pfn = r->end;
    }
}

/* True if there is enough untouched RAM to open everything up to `end`. */
static COLD bool has_room_for(const struct zone *z, pfn_t end) REQUIRES(&frame_lock)
{
    uint64_t nr_meta = (end - z->low) / SECTION_PAGES + 1;

    return end + nr_meta + nr_meta / 512 + 3 <= z->high;
}

COLD bool zone_grow(struct zone *z, uint64_t nr_pages, uint64_t align)
{
    pfn_t start, aligned;

    if (MAX(nr_pages, align) <= SECTION_PAGES)
        return z->low < z->high && section_open_next(z);
    start = run_free_start(z, z->low, nr_pages + align);
    aligned = ALIGN_UP(start, align);
    /* The frames from start on are free, so holes below `low` do not matter. */
    if (aligned >= z->low || skip_holes(z->low, aligned + nr_pages - z->low, 1) != z->low)
        aligned = skip_holes(MAX(start, z->low), nr_pages, align);
    return has_room_for(z, aligned + nr_pages) && section_open_next(z);
}

COLD bool zone_grow_to(struct zone *z, pfn_t start, pfn_t end)
{
    return end > z->low && start <= z->low && run_free_start(z, z->low, end - start) <= start &&
           has_room_for(z, end) && skip_holes(z->low, end - z->low, 1) == z->low &&
           section_open_next(z);
}

COLD bool zone_open_extra(struct zone *z, pfn_t start, pfn_t end)
{
    start = ALIGN_DOWN(start, SECTION_PAGES);
    for (pfn_t first = start; first < end; first += SECTION_PAGES) {
        pfn_t high = z->high; /* the mapping takes its pages below the section, which lowers it */

        if (zone_is_open(z, first))
            continue;
        if (!range_add(&frame_extras, first, first + SECTION_PAGES))
            return false;
        if (!section_map(z, first)) {
            range_remove(&frame_extras, first, first + SECTION_PAGES);
            return false;
        }
        if (first + SECTION_PAGES <= high || first < z->base) {
            section_fill(z, first, first + SECTION_PAGES);
        } else if (first < high) {
            z->high = MIN(z->high, first);
            section_fill(z, first, high);
            for (pfn_t pfn = high; pfn < first + SECTION_PAGES; pfn++)
                if (range_find(&frame_holes, pfn, pfn + 1))
                    pfn_to_frame(pfn)->type = FRAME_RESERVED;
        } else {
            for (pfn_t pfn = first; pfn < first + SECTION_PAGES; pfn++)
                if (range_find(&frame_holes, pfn, pfn + 1))
                    pfn_to_frame(pfn)->type = FRAME_RESERVED;
        }
    }
    return true;
}
