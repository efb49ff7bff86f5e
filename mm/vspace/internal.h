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
/* Cuts vma at addr; returns the upper part. -ENOMEM as NULL. Takes table_lock itself. */
struct vma *vma_split(struct vma *vma, uint64_t addr) MUST_CHECK;
/* Joins vma with its neighbours where kind, rights and offsets fit. Takes table_lock itself. */
struct vma *vma_merge(struct vma *vma);
bool vma_can_join(const struct vma *low, const struct vma *high);
uint64_t vma_find_hole(struct vspace *vs, uint64_t size);
bool vma_range_is_free(struct vspace *vs, uint64_t addr, uint64_t size);
void vma_object_get(struct vma *vma);
void vma_object_put(struct vma *vma);

/* map.c */
bool range_is_valid(const struct vspace *vs, uint64_t addr, uint64_t size);
bool limit_allows(const struct vspace *vs, uint64_t size);
/* Makes VMA borders at both ends of the range; is_limited: not beyond vspace_max_vmas. -ENOMEM.
 * REQUIRES(vs->lock), as do the next two. */
int cut_borders(struct vspace *vs, uint64_t addr, uint64_t size, bool is_limited) MUST_CHECK;
/* vspace_map without the checks. */
int map_locked(struct vspace *vs, const struct vspace_map_request *r, uint64_t *addr_out);
/* The same for who has looked at the limit of the space itself. */
int map_unlimited(struct vspace *vs, const struct vspace_map_request *r, uint64_t *addr_out);
/* vspace_unmap without the checks. */
int unmap_locked(struct vspace *vs, uint64_t addr, uint64_t size);

/* clear.c. Takes every page of [addr, addr + size) out of the tables and drops the references. Any
 * lock state with table_lock free; respectively with table_lock held. */
void tables_clear(struct vspace *vs, uint64_t addr, uint64_t size);
void tables_clear_locked(struct vspace *vs, uint64_t addr, uint64_t size);
/* Drops the references of the range's entries, which stay: nobody looks at these tables any more.
 */
void tables_drop_frames(struct vspace *vs, uint64_t addr, uint64_t size);
/* Drops a reference to a frame that may be an address space's own. */
void frame_unuse(struct frame *frame);

/* id.c: after entries of the range were weakened or removed; table_lock held. */
void vspace_flush(struct vspace *vs, uint64_t addr, uint64_t size);
/* After an entry became stronger: this CPU's copy only. */
void vspace_flush_local(struct vspace *vs, uint64_t addr);
/* Instructions were stored to a page that is mapped executable now. */
void vspace_flush_code(struct vspace *vs);
void vspace_id_release(struct vspace *vs);

/*
 * One fault: a page of a VMA to be made accessible. What the object was asked for while table_lock
 * was not held is kept here, referenced, and used only if it still holds.
 */
struct fault {
    struct vspace *vs;
    struct vma *vma;
    uint64_t addr; /* page aligned, inside vma */
    uint32_t access;
    bool has_page;
    struct vma_page page;
    struct frame *copy; /* of the page, for a write to private memory */
};

/* A page that a fault needs and its object has to bring; the object is held. */
struct fetch {
    const struct vma_ops *ops; /* NULL: none is needed */
    void *object;
    uint64_t offset;
    uint32_t access;
    struct frame *frame; /* what was brought last, referenced until the fault is through */
};

/* fault.c: REQUIRES(vs->lock). NEEDS_FETCH: *fetch says what. */
#define NEEDS_FETCH 3
int fault_locked(struct vspace *vs, struct vma *vma, uint64_t addr, uint32_t access,
                 struct fetch *fetch);
uint64_t pte_flags(uint32_t rights);
/* vspace_fault for who holds vs->lock. */
int resolve(struct vspace *vs, uint64_t addr, uint32_t access, struct fetch *fetch);
/* Without any lock, after NEEDS_FETCH: gets the page. 0: try again; -errno. */
int fetch_page(struct fetch *fetch);
/* At the end, without any lock. */
static inline void fetch_end(struct fetch *fetch)
{
    if (unlikely(fetch->frame))
        frame_unuse(fetch->frame);
}

/*
 * fill.c. The first two: REQUIRES(vs->table_lock); entry, at level, is the invalid one where the
 * walk for f->addr ended. fill_large takes the lock itself; false: to be tried page by page.
 */
int fill_anonymous(struct fault *f, pte_t *entry, unsigned level);
int fill_physical(struct fault *f);
bool fill_large(struct vspace *vs, struct vma *vma, uint64_t addr);
/* Puts a frame, whose reference the entry takes over, into an empty slot. */
void slot_fill(struct vspace *vs, pte_t *slot, struct frame *frame, uint64_t flags);
struct frame *frame_alloc_anon(unsigned flags);

/* A page that may not be accessed (PROT_NONE) keeps its frame in the tables: PT_NO_ACCESS. */

static inline bool pte_has_frame(pte_t pte)
{
    return pte_has(pte, PT_SOFT0); /* the entry counts for the frame's refcount */
}
#define PTE_COUNTED PT_SOFT0

static inline struct frame *pte_to_frame(pte_t pte)
{
    return pa_to_frame(pte_to_pa(pte));
}

#endif
