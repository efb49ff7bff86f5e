/*
 * fork: the child gets the parent's VMAs and shares the frames of its private memory, read-only in
 * both until one of them writes. Entries of shared and physical memory are not copied: the child
 * faults them in from the object.
 */
#include "internal.h"

struct forking {
    struct vspace *child;
    struct vspace *parent;
};

static int share_leaf(void *ctx, vaddr_t va, pte_t *pte, unsigned level)
{
    struct forking *f = ctx;
    pte_t *slot;

    if (level > 0 || !pte_has_frame(*pte))
        return 0;
    slot = arch_pt_slot(&f->child->tables, va, 0, true);
    if (!slot)
        return -ENOMEM;
    if (pte_has(*pte, PT_W))
        WRITE_ONCE(*pte, pte_without(*pte, PT_W));
    frame_get(pte_to_frame(*pte));
    *slot = *pte;
    f->child->nr_resident++;
    return 0;
}

static int fork_vma(struct forking *f, struct vma *vma)
{
    struct vma *copy = vma_alloc(f->child);
    int err = 0;

    if (!copy)
        return -ENOMEM;
    copy->start = vma->start;
    copy->end = vma->end;
    copy->flags = vma->flags & ~VMA_LOCKED;
    copy->ops = vma->ops;
    copy->object = vma->object;
    copy->offset = vma->offset;
    vma_object_get(copy);
    spin_lock(&f->parent->table_lock);
    spin_lock_nested(&f->child->table_lock, 1);
    vma_insert(f->child, copy);
    if (!(vma->flags & (VMA_SHARED | VMA_WIPE_FORK)))
        err = arch_pt_walk(&f->parent->tables, vma->start, vma->end - vma->start, share_leaf, f);
    spin_unlock_no_preempt(&f->child->table_lock);
    spin_unlock(&f->parent->table_lock);
    return err;
}

static void copy_layout(struct vspace *child, const struct vspace *parent)
{
    child->mmap_top = parent->mmap_top;
    child->mmap_cursor = parent->mmap_cursor;
    child->limits = parent->limits;
    child->code_start = parent->code_start;
    child->code_end = parent->code_end;
    child->data_start = parent->data_start;
    child->data_end = parent->data_end;
    child->vdso = parent->vdso;
    child->brk_start = parent->brk_start;
    child->brk = parent->brk;
    child->stack_top = parent->stack_top;
    child->arg_start = parent->arg_start;
    child->arg_end = parent->arg_end;
    child->env_start = parent->env_start;
    child->env_end = parent->env_end;
    child->auxv = parent->auxv;
}

int vspace_fork(struct vspace *child, struct vspace *parent)
{
    struct forking f = {.child = child, .parent = parent};
    struct vma *vma;
    int err = 0;

    mutex_lock(&parent->lock);
    copy_layout(child, parent);
    rb_for_each_entry(vma, &parent->vmas, node) {
        if (vma->flags & VMA_NO_FORK)
            continue;
        err = fork_vma(&f, vma);
        if (err)
            break;
    }
    spin_lock(&parent->table_lock);
    vspace_flush(parent, parent->base, parent->limit - parent->base);
    spin_unlock(&parent->table_lock);
    child->nr_resident_peak = child->nr_resident;
    mutex_unlock(&parent->lock);
    if (err) {
        int undo;

        mutex_lock(&child->lock);
        undo = unmap_locked(child, child->base, child->limit - child->base);
        mutex_unlock(&child->lock);
        (void)undo; /* whole VMAs: no split, no allocation */
    }
    return err;
}
