/*
 * Life and death of a vspace, and the kinds of VMA that need nothing else.
 */
#include "internal.h"

#include <heap/heap.h>

static int physical_page(struct vma *vma, uint64_t offset, uint32_t access, struct vma_page *out)
{
    (void)vma;
    (void)access;
    *out = (struct vma_page){.pa = PADDR(offset), .is_writable = true};
    return 0;
}

const struct vma_ops vma_anonymous = {.name = "anonymous"};
const struct vma_ops vma_physical = {.name = "physical", .page = physical_page};
const struct vma_ops vma_emulated = {.name = "emulated", .is_emulated = true};

int vspace_init(struct vspace *vs, enum vspace_format format, uint64_t base, uint64_t limit)
{
    enum arch_pt_kind kind = format == VSPACE_STAGE1 ? ARCH_PT_STAGE1 : ARCH_PT_GSTAGE;

    memset(vs, 0, sizeof(*vs));
    mutex_init(&vs->lock);
    spin_init(&vs->table_lock, "vspace tables");
    rb_root_init(&vs->vmas);
    vs->base = base;
    vs->limit = limit;
    vs->mmap_top = limit;
    vs->format = format;
    vs->refcount = 1;
    vs->limits.nr_bytes = UINT64_MAX;
    vs->limits.stack_bytes = MIB(8);
    return arch_pt_init(&vs->tables, kind);
}

struct vspace *vspace_create(enum vspace_format format, uint64_t base, uint64_t limit)
{
    struct vspace *vs = heap_alloc(sizeof(*vs));

    if (vs && vspace_init(vs, format, base, limit) != 0) {
        heap_free(vs);
        return NULL;
    }
    return vs;
}

/* The tables go as a whole behind this: no entry is cleared, and nobody can use one any more. */
static int drop_frame(void *ctx, vaddr_t va, pte_t *pte, unsigned level)
{
    (void)ctx;
    (void)va;
    (void)level;
    if (pte_has_frame(*pte))
        frame_put(pte_to_frame(*pte));
    return 0;
}

void vspace_destroy(struct vspace *vs)
{
    struct vma *vma, *next;

    assert(vs->cpus_active == 0);
    rb_for_each_entry(vma, &vs->vmas, node)
        (void)arch_pt_walk(&vs->tables, vma->start, vma->end - vma->start, drop_frame, NULL);
    rb_for_each_entry_safe(vma, next, &vs->vmas, node) {
        spin_lock(&vs->table_lock);
        vma_remove(vs, vma);
        spin_unlock(&vs->table_lock);
        vma_object_put(vma);
        vma_free(vma);
    }
    vspace_id_release(vs);
    arch_pt_destroy(&vs->tables);
}

void vspace_get(struct vspace *vs)
{
    __atomic_fetch_add(&vs->refcount, 1, __ATOMIC_RELAXED);
}

void vspace_put(struct vspace *vs)
{
    if (__atomic_fetch_sub(&vs->refcount, 1, __ATOMIC_ACQ_REL) != 1)
        return;
    vspace_destroy(vs);
    heap_free(vs);
}
