/*
 * Shared by the files of mm/vspace only.
 */
#ifndef VSPACE_INTERNAL_H
#define VSPACE_INTERNAL_H

#include <base/errno.h>
#include <frame/frame.h>
#include <log/log.h>
#include <string/string.h>
#include <vspace/vspace.h>

/* vma.c: the tree. All with vs->lock held; those that change it also hold table_lock. */
void vma_module_init(void); /* once, at boot */
struct vma *vma_alloc(struct vspace *vs);
void vma_free(struct vma *vma);
void vma_insert(struct vspace *vs, struct vma *vma);
void vma_remove(struct vspace *vs, struct vma *vma);
struct vma *vma_prev(struct vma *vma);
/* Split vma at addr; returns the upper part, NULL: no memory. Takes table_lock itself. */
struct vma *vma_split(struct vma *vma, uint64_t addr) MUST_CHECK;
/* Merge vma with its neighbours where kind, rights and offsets match. Takes table_lock itself. */
struct vma *vma_merge(struct vma *vma);
bool vma_can_join(const struct vma *low, const struct vma *high);
uint64_t vma_find_hole(struct vspace *vs, uint64_t size);
bool vma_range_is_free(struct vspace *vs, uint64_t addr, uint64_t size);
void vma_object_get(struct vma *vma);
void vma_object_put(struct vma *vma);

/* map.c */
bool range_is_valid(const struct vspace *vs, uint64_t addr, uint64_t size);
bool limit_allows(const struct vspace *vs, uint64_t size);
/* Split VMAs at both ends of the range; is_limited: not beyond vspace_max_vmas. -ENOMEM.
 * REQUIRES(vs->lock), as do the next two. */
int cut_borders(struct vspace *vs, uint64_t addr, uint64_t size, bool is_limited) MUST_CHECK;
/* vspace_map() without the checks. */
int map_locked(struct vspace *vs, const struct vspace_map_request *r, uint64_t *addr_out);
/* The same for a caller that has checked the limit of the space itself. */
int map_unlimited(struct vspace *vs, const struct vspace_map_request *r, uint64_t *addr_out);
/* vspace_unmap() without the checks. */
int unmap_locked(struct vspace *vs, uint64_t addr, uint64_t size);

/* clear.c. Remove every page of [addr, addr + size) from the tables and drop the references;
 * table_lock is held. */
void tables_clear_locked(struct vspace *vs, uint64_t addr, uint64_t size);
/* Drop the references of the range's entries without clearing them: the tables are not used any
 * more. */
void tables_drop_frames(struct vspace *vs, uint64_t addr, uint64_t size);
/* Drop a reference to a frame that may be of type FRAME_ANON. */
void frame_unuse(struct frame *frame);

/* id.c: flush after entries of the range were weakened or removed; table_lock held. */
void vspace_flush(struct vspace *vs, uint64_t addr, uint64_t size);
/* Flush on this CPU only, after an entry was strengthened. */
void vspace_flush_local(struct vspace *vs, uint64_t addr);
/* Synchronise instruction fetch after code was stored to a page that is mapped executable now. */
void vspace_flush_code(struct vspace *vs);
void vspace_id_release(struct vspace *vs);

#define WINDOW_ORDER 4
#define WINDOW_MAX   (1u << WINDOW_ORDER) /* pages filled by one fault, at most */

/*
 * A fault in progress. Pages obtained while table_lock was not held are kept here: zeroed frames,
 * and the page of the object, with a reference, used only if it is still valid.
 */
struct fault {
    struct vspace *vs;
    struct vma *vma;
    uint64_t addr; /* page aligned, inside vma */
    uint32_t access;
    bool has_page;
    struct vma_page page;
    struct frame *copy;  /* copy of the page, for a write to private memory */
    unsigned nr_frames;  /* zeroed, wanted or in hand */
    unsigned nr_used;    /* of them, by entries */
    struct frame *block; /* they are contiguous and begin here; NULL: they are in singles */
    struct frame *singles[WINDOW_MAX / 2];
};

/* A page that the object of a faulting VMA must read; the object is held. */
struct fetch {
    const struct vma_ops *ops; /* NULL: none is needed */
    void *object;
    uint64_t offset;
    uint32_t access;
    struct frame *frame; /* last page read, referenced until the fault is done */
};

/* fault.c: REQUIRES(vs->lock). NEEDS_FETCH: *fetch describes the page. */
#define NEEDS_FETCH 3
int fault_locked(struct vspace *vs, struct vma *vma, uint64_t addr, uint32_t access,
                 struct fetch *fetch);
uint64_t pte_flags(uint32_t rights);
/* vspace_fault() with vs->lock held. */
int resolve(struct vspace *vs, uint64_t addr, uint32_t access, struct fetch *fetch);
/* Read the page after NEEDS_FETCH, without any lock. 0: try again; -errno. */
int fetch_page(struct fetch *fetch);
/* Release *fetch at the end, without any lock. */
static inline void fetch_end(struct fetch *fetch)
{
    if (unlikely(fetch->frame))
        frame_unuse(fetch->frame);
}

/*
 * fill.c. The first two: entry, at level, is the invalid one where the walk for f->addr ended.
 * NEEDS_FRAMES: drop table_lock, call frames_get() (-ENOMEM), look again; frames_put() frees those
 * not used. fill_large takes the lock itself; false: fill page by page.
 */
#define NEEDS_FRAMES 4
int fill_anonymous(struct fault *f, pte_t *entry, unsigned level) REQUIRES(&f->vs->table_lock);
int fill_physical(struct fault *f) REQUIRES(&f->vs->table_lock);
int frames_get(struct fault *f);
void frames_free(struct fault *f);
static inline void frames_put(struct fault *f)
{
    if (unlikely(f->nr_used != f->nr_frames))
        frames_free(f);
}
bool fill_large(struct vspace *vs, struct vma *vma, uint64_t addr);
/* Store a frame in an empty slot; the entry takes over the reference. */
void slot_fill(struct vspace *vs, pte_t *slot, struct frame *frame, uint64_t flags);
struct frame *frame_alloc_anon(unsigned flags);

/* A page that may not be accessed (PROT_NONE) keeps its frame in the tables: PT_NO_ACCESS. */

static inline bool pte_has_frame(pte_t pte)
{
    return pte_has(pte, PT_SOFT0); /* the entry holds a reference to the frame */
}
#define PTE_COUNTED PT_SOFT0

static inline struct frame *pte_to_frame(pte_t pte)
{
    return pa_to_frame(pte_to_pa(pte));
}

#endif
