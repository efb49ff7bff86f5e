/*
 * mremap: grows, shrinks or moves a mapping with its pages. A move first makes sure that it can be
 * undone and completed without allocating memory.
 */
#include "internal.h"

struct moving {
    struct vspace *vs;
    uint64_t from, to;
    int err;
};

/* Move one leaf to its new address, allocating the slot there if needed. */
static int move_leaf(void *ctx, vaddr_t va, pte_t *pte, unsigned level)
{
    struct moving *m = ctx;
    pte_t *slot = arch_pt_slot(&m->vs->tables, va - m->from + m->to, level, true);

    if (!slot)
        return -ENOMEM;
    *slot = *pte;
    return 0;
}

static int forget_leaf(void *ctx, vaddr_t va, pte_t *pte, unsigned level)
{
    (void)ctx;
    (void)va;
    (void)level;
    WRITE_ONCE(*pte, pte_without(*pte, PTE_COUNTED));
    return 0;
}

/* Copy the entries, then clear the old ones: a failure in between leaves the old range intact. */
static int move_tables(struct vspace *vs, uint64_t from, uint64_t to, uint64_t size)
{
    struct moving m = {.vs = vs, .from = from, .to = to};
    uint64_t resident;
    int err;

    spin_lock(&vs->table_lock);
    err = arch_pt_walk(&vs->tables, from, size, move_leaf, &m);
    resident = vs->nr_resident;
    if (err) {
        (void)arch_pt_walk(&vs->tables, to, size, forget_leaf, NULL);
        tables_clear_locked(vs, to, size);
    } else {
        (void)arch_pt_walk(&vs->tables, from, size, forget_leaf, NULL);
        tables_clear_locked(vs, from, size);
    }
    vs->nr_resident = resident;
    spin_unlock(&vs->table_lock);
    return err;
}

static void set_moving(struct vma *vma, bool is_moving)
{
    struct vspace *vs = vma->vspace;

    spin_lock(&vs->table_lock);
    vma->flags = is_moving ? vma->flags | VMA_MOVING : vma->flags & ~VMA_MOVING;
    spin_unlock(&vs->table_lock);
    if (!is_moving)
        vma_merge(vma);
}

/* Split off the range as a VMA of its own, so that removing it later needs no memory. */
static int isolate(struct vspace *vs, uint64_t addr, uint64_t size)
{
    int err = cut_borders(vs, addr, size, false);

    if (err)
        vma_merge(vspace_find(vs, addr));
    else
        set_moving(vspace_find(vs, addr), true);
    return err;
}

/* Map r and move the pages of nr_moved bytes at addr to it. Failure changes nothing. */
static int map_and_move(struct vspace *vs, uint64_t addr, uint64_t nr_moved,
                        const struct vspace_map_request *r, uint64_t *addr_out)
{
    struct vspace_map_request moving = *r;
    int err;

    moving.flags |= VMA_MOVING; /* keep it a VMA of its own, so that it can be removed again */
    err = map_unlimited(vs, &moving, addr_out);
    if (err)
        return err;
    /* Drop large pages: they may not fit at the new place, and physical ranges are faulted in
     * again. */
    err = nr_moved && r->ops != &vma_physical ? move_tables(vs, addr, *addr_out, nr_moved) : 0;
    if (err) {
        int undo = unmap_locked(vs, *addr_out, r->size);

        assert(undo == 0);
        return err;
    }
    set_moving(vspace_find(vs, *addr_out), false);
    return 0;
}

/* Move a range. On failure nothing has changed. */
static int remap_move(struct vspace *vs, struct vma *vma, uint64_t addr, uint64_t old_size,
                      uint64_t new_size, uint32_t options, uint64_t new_addr, uint64_t *addr_out)
{
    struct vspace_map_request r = {
        .addr = new_addr,
        .size = new_size,
        .flags = vma->flags,
        .options = options & VSPACE_REMAP_FIXED ? VSPACE_FIXED : 0,
        .ops = vma->ops,
        .object = vma->object,
        .offset = vma->offset + (addr - vma->start),
    };
    bool is_taken_away = old_size && !(options & VSPACE_REMAP_KEEP);
    uint64_t nr_kept = is_taken_away ? MIN(old_size, new_size) : 0;
    int err;

    /* At most three more VMAs: two splits and the new one. */
    if (vs->nr_vmas + 3 >= READ_ONCE(vspace_max_vmas))
        return -ENOMEM;
    /* Count the range once, though it is mapped twice for a moment. */
    if (new_size > nr_kept && !limit_allows(vs, new_size - nr_kept))
        return -ENOMEM;
    err = is_taken_away ? isolate(vs, addr, old_size) : 0;
    if (err)
        return err;
    err = map_and_move(vs, addr, MIN(old_size, new_size), &r, addr_out);
    if (!is_taken_away)
        return err;
    if (err)
        set_moving(vspace_find(vs, addr), false);
    else
        err = unmap_locked(vs, addr, old_size);
    return err;
}

static int remap_locked(struct vspace *vs, uint64_t addr, uint64_t old_size, uint64_t new_size,
                        uint32_t options, uint64_t new_addr, uint64_t *addr_out)
{
    struct vma *vma = vspace_find(vs, addr);
    int err;

    if (!vma || vma->start > addr)
        return -EFAULT;
    if (old_size > vma->end - addr)
        return -EFAULT;
    if (vma->ops == &vma_physical && new_size > old_size)
        return -EFAULT; /* memory behind a physical range is not the caller's */
    if (options & VSPACE_REMAP_FIXED) {
        if (!range_is_valid(vs, new_addr, new_size) ||
            (new_addr < addr + old_size && addr < new_addr + new_size))
            return -EINVAL;
        err = unmap_locked(vs, new_addr, new_size);
        if (err)
            return err;
        vma = vspace_find(vs, addr);
        return remap_move(vs, vma, addr, old_size, new_size, options, new_addr, addr_out);
    }
    *addr_out = addr;
    if (options & VSPACE_REMAP_KEEP)
        return remap_move(vs, vma, addr, old_size, new_size, options, 0, addr_out);
    if (new_size <= old_size)
        return new_size < old_size ? unmap_locked(vs, addr + new_size, old_size - new_size) : 0;

    /* Grow in place if the range ends with its VMA and the addresses behind it are free. */
    if (old_size && addr + old_size == vma->end && new_size <= vs->limit - addr &&
        vma_range_is_free(vs, vma->end, new_size - old_size)) {
        if (!limit_allows(vs, new_size - old_size))
            return -ENOMEM;
        spin_lock(&vs->table_lock);
        vs->nr_bytes += new_size - old_size;
        vma->end += new_size - old_size;
        spin_unlock(&vs->table_lock);
        vma_merge(vma);
        return 0;
    }
    if (!(options & VSPACE_REMAP_MAY_MOVE))
        return -ENOMEM;
    return remap_move(vs, vma, addr, old_size, new_size, options, 0, addr_out);
}

int vspace_remap(struct vspace *vs, uint64_t addr, uint64_t old_size, uint64_t new_size,
                 uint32_t options, uint64_t new_addr, uint64_t *addr_out)
{
    int err;

    if (!IS_ALIGNED(addr | old_size | new_size | new_addr, PAGE_SIZE) || new_size == 0 ||
        new_size > vs->limit)
        return -EINVAL;
    if (old_size > vs->limit || addr >= vs->limit)
        return -EFAULT;
    mutex_lock(&vs->lock);
    err = remap_locked(vs, addr, old_size, new_size, options, new_addr, addr_out);
    mutex_unlock(&vs->lock);
    return err;
}
