/*
 * Runs: contiguous frames of any length, single frames to their owner.
 *
 * A run is put together of free blocks that lie side by side. A run of n frames holds an aligned
 * block of 2^k frames for every 2^k <= (n + 1) / 2; that one is free as a whole, so it is, or is
 * in, a block of the lists from k on: the search looks at those and at what adjoins them.
 */
#include <faultinject/faultinject.h>
#include <string/string.h>

#include "zone.h"

/* Order of the blocks that runs are freed as; larger ones would only pass through the caches. */
#define BLOCK_ORDER    (FRAME_CACHED_ORDERS - 1)
#define BLOCK_PAGES    (1ul << BLOCK_ORDER)
#define CACHED_RUN_MAX (8 * BLOCK_PAGES)

struct run {
    size_t nr_pages;
    size_t align; /* in frames, a power of two */
};

/* Find the free block that ends at pfn, or NULL. */
static COLD struct frame *block_before(const struct zone *z, pfn_t pfn) REQUIRES(&frame_lock)
{
    for (unsigned order = 0; order <= FRAME_MAX_ORDER; order++) {
        pfn_t head = pfn - (1ul << order);

        if (!IS_ALIGNED(pfn, 1ul << order) || pfn < 1ul << order)
            return NULL;
        if (zone_is_open(z, head) && pfn_to_frame(head)->type == FRAME_FREE &&
            pfn_to_frame(head)->order == order)
            return pfn_to_frame(head);
    }
    return NULL;
}

/* Find the end of the free frames from pfn on, where a block begins; at most `limit`. */
static COLD pfn_t free_end(const struct zone *z, pfn_t pfn, pfn_t limit) REQUIRES(&frame_lock)
{
    while (pfn < limit && zone_is_open(z, pfn) && pfn_to_frame(pfn)->type == FRAME_FREE)
        pfn += 1ul << pfn_to_frame(pfn)->order;
    return pfn;
}

COLD pfn_t run_free_start(const struct zone *z, pfn_t end, uint64_t nr_wanted)
{
    pfn_t start = end;
    const struct frame *f;

    while (end - start < nr_wanted && (f = block_before(z, start)) != NULL)
        start = frame_to_pfn(f);
    return start;
}

static COLD void run_mark(pfn_t start, size_t nr_pages)
{
    for (pfn_t pfn = start; pfn < start + nr_pages; pfn++) {
        struct frame *f = pfn_to_frame(pfn);

        frame_debug_alloc(f, 0);
        f->refcount = 1;
        f->order = 0;
        f->type = FRAME_USED;
        f->flags = 0;
    }
}

/* True if a run can be made that includes this free block. */
static COLD bool run_at(struct zone *z, const struct frame *block, const struct run *want,
                        pfn_t *out) REQUIRES(&frame_lock)
{
    uint64_t enough = want->nr_pages + want->align;
    pfn_t pfn = frame_to_pfn(block);
    pfn_t start = ALIGN_UP(run_free_start(z, pfn, enough), want->align);

    if (free_end(z, pfn, start + want->nr_pages) < start + want->nr_pages)
        return false;
    *out = start;
    return true;
}

static COLD bool take_near(struct zone *z, unsigned order, const struct run *want, pfn_t *out)
    REQUIRES(&frame_lock)
{
    list_for_each(link, zone_list(z, order)) {
        if (run_at(z, frame_of_link(link), want, out)) {
            buddy_take_range(z, *out, *out + want->nr_pages);
            return true;
        }
    }
    return false;
}

/* Try blocks that suffice alone first, then smaller ones. */
static COLD bool run_take(struct zone *z, const struct run *want, pfn_t *out) REQUIRES(&frame_lock)
{
    unsigned enough = frame_order(want->nr_pages << PAGE_SHIFT);
    bool has_taken = false;

    for (unsigned order = enough; order <= FRAME_MAX_ORDER && !has_taken; order++)
        has_taken = take_near(z, order, want, out);
    for (unsigned order = MIN(enough, FRAME_MAX_ORDER + 1u); order-- > 0 && !has_taken;) {
        if (order < FRAME_MAX_ORDER && 1ul << order <= want->nr_pages / 4)
            break;
        has_taken = take_near(z, order, want, out);
    }
    return has_taken;
}

/* Drop the lock between sections, as for a block. */
static COLD bool run_take_or_grow(const struct run *want, pfn_t *out)
{
    bool has_taken = false, has_grown;

    do {
        unsigned long irq = frames_lock();

        has_grown = false;
        for (size_t i = 0; i < frame_nr_zones && !has_taken; i++)
            has_taken = run_take(&frame_zones[i], want, out);
        for (size_t i = 0; i < frame_nr_zones && !has_taken && !has_grown; i++)
            has_grown = zone_grow(&frame_zones[i], want->nr_pages, want->align);
        frames_unlock(irq);
    } while (!has_taken && has_grown);
    return has_taken;
}

COLD struct frame *frame_alloc_contig(size_t nr_pages, size_t align, unsigned flags)
{
    struct run want = {.nr_pages = nr_pages, .align = align};
    pfn_t pfn = 0;

    if (nr_pages == 0 || nr_pages > FRAME_PFN_LIMIT || align > FRAME_PFN_LIMIT ||
        alloc_should_fail())
        return NULL;
    while (!run_take_or_grow(&want, &pfn))
        if (frame_cache_drain() == 0 && frame_shrink(nr_pages) == 0)
            return NULL;
    run_mark(pfn, nr_pages);
    if (flags & FRAME_ZERO)
        memset(frame_to_virt(pfn_to_frame(pfn)), 0, nr_pages << PAGE_SHIFT);
    return pfn_to_frame(pfn);
}

/* True if the frames are free, or RAM can be opened to make them so; opens one section then. */
static COLD bool extend(pfn_t start, pfn_t end, bool *has_grown) REQUIRES(&frame_lock)
{
    struct zone *z = zone_of(start);

    *has_grown = false;
    if (!z || end > z->end)
        return false;
    if (free_end(z, start, end) < end) {
        *has_grown = zone_grow_to(z, start, end);
        return false;
    }
    buddy_take_range(z, start, end);
    return true;
}

COLD bool frame_extend_contig(struct frame *f, size_t nr_pages, size_t nr_more)
{
    pfn_t start = frame_to_pfn(f) + nr_pages;
    bool has_taken, has_grown;

    if (nr_more > FRAME_PFN_LIMIT)
        return false;
    do {
        unsigned long irq = frames_lock();

        has_taken = extend(start, start + nr_more, &has_grown);
        frames_unlock(irq);
    } while (!has_taken && has_grown);
    if (has_taken)
        run_mark(start, nr_more);
    return has_taken;
}

COLD void *frame_alloc_bytes(size_t nr_bytes)
{
    size_t nr_pages = ALIGN_UP(nr_bytes, PAGE_SIZE) >> PAGE_SHIFT;
    struct frame *f = frame_alloc_contig(nr_pages, 1, 0);

    if (!f)
        return NULL;
    frame_count(FRAME_PERCPU, (int64_t)nr_pages);
    return frame_to_virt(f);
}

/* Free single frames, and blocks of the largest cached order. */
static void free_to_cache(pfn_t pfn, pfn_t end)
{
    while (pfn < end) {
        struct frame *f = pfn_to_frame(pfn);

        if (!IS_ALIGNED(pfn, BLOCK_PAGES) || end - pfn < BLOCK_PAGES) {
            frame_free(f, 0);
            pfn++;
        } else {
            f->order = BLOCK_ORDER;
            frame_free(f, BLOCK_ORDER);
            pfn += BLOCK_PAGES;
        }
    }
}

static COLD void free_to_lists(pfn_t start, pfn_t end)
{
    unsigned long irq;

    for (pfn_t pfn = start; pfn < end; pfn++) {
        frame_debug_free(pfn_to_frame(pfn), 0);
        pfn_to_frame(pfn)->type = FRAME_NONE;
    }
    irq = frames_lock();
    while (start < end) { /* memory nodes may adjoin: then the range ends in another zone */
        struct zone *z = zone_of(start);
        pfn_t stop = MIN(end, z->end);

        buddy_free_range(z, start, stop);
        start = stop;
    }
    frames_unlock(irq);
}

/*
 * Free through this CPU's cache: for a program that fills and frees a range repeatedly, blocks then
 * need not be merged and split under frame_lock each time.
 */
void frame_free_contig(struct frame *f, size_t nr_pages)
{
    pfn_t pfn = frame_to_pfn(f);

    if (nr_pages > CACHED_RUN_MAX)
        free_to_lists(pfn, pfn + nr_pages);
    else
        free_to_cache(pfn, pfn + nr_pages);
}
