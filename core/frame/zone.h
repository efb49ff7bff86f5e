/*
 * Private to core/frame: zones, their watermarks, and the lists of free blocks.
 *
 *      start      base                      low                high           end
 *        |reserved |  open: in the lists     |  untouched       |  metadata    |
 *
 * A section (128 frames, whose descriptors fill one page) is open when its descriptors are mapped.
 * Below `low` all sections from `base` on are open; so are a few *extra* sections elsewhere, opened
 * because somebody released or adopted a reserved range there.
 */
#ifndef FRAME_ZONE_H
#define FRAME_ZONE_H

#include <frame/frame.h>
#include <lock/spinlock.h>

#define SECTION_PAGES (PAGE_SIZE / sizeof(struct frame))
#define SECTION_ORDER 7

_Static_assert(SECTION_PAGES == 1 << SECTION_ORDER, "one page of descriptors per section");

extern struct spinlock frame_lock;

/* [I] after boot */
struct zone {
    pfn_t start;                        /* [I] section aligned */
    pfn_t end;                          /* [I] section aligned, exclusive */
    pfn_t base;                         /* [I] first section that is not wholly reserved */
    pfn_t low GUARDED_BY(&frame_lock);  /* section aligned; passes `high` by less than a section */
    pfn_t high GUARDED_BY(&frame_lock); /* from here up: metadata, holes and extra sections */
    uint64_t nr_free GUARDED_BY(&frame_lock);    /* frames in the lists */
    uint32_t order_mask GUARDED_BY(&frame_lock); /* bit n: free[n] is not empty */
    uint64_t nr_blocks[FRAME_NR_ORDERS] GUARDED_BY(&frame_lock);
    struct list free[FRAME_NR_ORDERS] GUARDED_BY(&frame_lock);
};

/* Ranges of frames, exclusive end; unordered. */
struct pfn_range {
    pfn_t start;
    pfn_t end;
};

struct range_set {
    size_t nr;
    struct pfn_range ranges[FRAME_MAX_HOLES];
};

extern struct zone frame_zones[FRAME_MAX_ZONES];
extern size_t frame_nr_zones; /* [I] */
/* Reserved, disjoint. */
extern struct range_set frame_holes GUARDED_BY(&frame_lock);
/* Open though not below `low`; section aligned, disjoint. */
extern struct range_set frame_extras GUARDED_BY(&frame_lock);
extern uint64_t frame_nr_meta GUARDED_BY(&frame_lock);

/* frame.c: with interrupts masked, so that preemption need not be turned off besides. */
unsigned long frames_lock(void) ACQUIRES(&frame_lock);
void frames_unlock(unsigned long irq) RELEASES(&frame_lock);

/* range.c: the first range (lowest start) that meets [start, end), or NULL. */
struct pfn_range *range_find(struct range_set *set, pfn_t start, pfn_t end);
/* Add a range, joining neighbours and overlaps; false: the set is full. */
bool range_add(struct range_set *set, pfn_t start, pfn_t end);
/* Remove [start, end); false: the set is full (a range had to be split). */
bool range_remove(struct range_set *set, pfn_t start, pfn_t end);
/* Count the frames of [start, end) that are in the set. */
uint64_t range_count(const struct range_set *set, pfn_t start, pfn_t end);

/* section.c */
struct zone *zone_of(pfn_t pfn);
bool zone_is_open(const struct zone *z, pfn_t pfn) REQUIRES(&frame_lock);
/* Open one more section if that can lead to a run of nr_pages frames; false: it cannot. */
bool zone_grow(struct zone *z, uint64_t nr_pages, uint64_t align) REQUIRES(&frame_lock);
/* The same for the frames from start to end; those that are open are free. */
bool zone_grow_to(struct zone *z, pfn_t start, pfn_t end) REQUIRES(&frame_lock);
/* Make sure that all sections of [start, end), which lies in z, have descriptors. */
bool zone_open_extra(struct zone *z, pfn_t start, pfn_t end) REQUIRES(&frame_lock);

/*
 * A block in a list, and the list of an order. The proof of buddy.c keeps all the links in one
 * array: it knows pointers into a struct of its own by their bytes only, which costs it too much.
 */
#ifdef FRAME_PROOF_LINKS
extern struct list FRAME_PROOF_LINKS[FRAME_PROOF_NR_FRAMES + FRAME_NR_ORDERS];

static inline struct list *frame_link(struct frame *f)
{
    return &FRAME_PROOF_LINKS[f - FRAME_DESCRIPTORS];
}

static inline struct frame *frame_of_link(struct list *link)
{
    return &FRAME_DESCRIPTORS[link - FRAME_PROOF_LINKS];
}

static inline struct list *zone_list(struct zone *z, unsigned order)
{
    (void)z;
    return &FRAME_PROOF_LINKS[FRAME_PROOF_NR_FRAMES + order];
}
#else
static inline struct list *frame_link(struct frame *f)
{
    return &f->link;
}

static inline struct frame *frame_of_link(struct list *link)
{
    return container_of(link, struct frame, link);
}

static inline struct list *zone_list(struct zone *z, unsigned order) REQUIRES(&frame_lock)
{
    return &z->free[order];
}
#endif

/* buddy.c: sizes in frames, blocks by their first frame. */
void buddy_free(struct zone *z, pfn_t pfn, unsigned order) REQUIRES(&frame_lock);
void buddy_free_range(struct zone *z, pfn_t start, pfn_t end) REQUIRES(&frame_lock);
/* Allocate a block from the lists of one zone, type FRAME_USED; NULL: none. */
struct frame *buddy_take(struct zone *z, unsigned order) REQUIRES(&frame_lock);
/* Remove frames that are all free from the lists; their type becomes FRAME_NONE. */
void buddy_take_range(struct zone *z, pfn_t start, pfn_t end) REQUIRES(&frame_lock);

/* frame.c: allocate a block from any zone, opening RAM; NULL: none. Call the shrinkers. */
struct frame *block_take(unsigned order) EXCLUDES(&frame_lock);
size_t frame_shrink(size_t nr_pages) EXCLUDES(&frame_lock);

/* run.c: find the start of the free frames that end at `end`; looks back over at least
 * nr_wanted. */
pfn_t run_free_start(const struct zone *z, pfn_t end, uint64_t nr_wanted) REQUIRES(&frame_lock);

/* cache.c */

/* Fill half of this CPU's cache of the order from the lists. */
void cache_fill(unsigned order) EXCLUDES(&frame_lock);
/* Return half of this CPU's cache to the lists. */
void cache_make_room(unsigned order) REQUIRES(&frame_lock);
/* Count the frames in all caches. */
uint64_t cache_count(void) REQUIRES(&frame_lock);

#ifdef DEBUG
void frame_debug_alloc(struct frame *f, unsigned order);
void frame_debug_free(struct frame *f, unsigned order);
#else
static inline void frame_debug_alloc(struct frame *f, unsigned order)
{
    (void)f;
    (void)order;
}

static inline void frame_debug_free(struct frame *f, unsigned order)
{
    (void)f;
    (void)order;
}
#endif

#endif
