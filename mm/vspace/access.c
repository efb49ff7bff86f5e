/*
 * Looking into a space from outside: translation, single pages, copies.
 */
#include "internal.h"

void vspace_query(struct vspace *vs, uint64_t addr, struct vspace_translation *out)
{
    unsigned level = 0;
    pte_t pte = arch_pt_query(&vs->tables, addr, &level);

    *out = (struct vspace_translation){0};
    if (!(pte & PT_V))
        return;
    out->is_mapped = true;
    out->page_size = PT_LEVEL_SIZE(level);
    out->pa = paddr_add(pte_to_pa(pte), addr & (out->page_size - 1));
    if (pte & PT_U)
        out->rights = (pte & PT_R ? VMA_READ : 0) | (pte & PT_W ? VMA_WRITE : 0) |
                      (pte & PT_X ? VMA_EXEC : 0);
    out->is_accessed = pte & PT_A;
    out->is_dirty = pte & PT_D;
}

int vspace_page_get(struct vspace *vs, uint64_t addr, uint32_t access, struct frame **frame,
                    paddr_t *pa)
{
    struct vspace_translation t;
    unsigned level;
    pte_t pte;
    int err;

    *frame = NULL;
    for (;;) {
        mutex_lock(&vs->lock);
        vspace_query(vs, addr, &t);
        if (t.is_mapped && (t.rights & access) == access)
            break;
        mutex_unlock(&vs->lock);
        err = vspace_fault(vs, addr, access);
        if (err)
            return err == VSPACE_EMULATE ? -EFAULT : err;
    }
    pte = arch_pt_query(&vs->tables, addr, &level);
    if (pte_has_frame(pte)) {
        *frame = pte_to_frame(pte);
        frame_get(*frame);
    }
    *pa = t.pa;
    mutex_unlock(&vs->lock);
    return 0;
}

/* Moves `size` bytes page by page; to_space: buf -> space. */
static ssize_t copy(struct vspace *vs, uint64_t addr, char *buf, size_t size, bool to_space)
{
    size_t done = 0;

    while (done < size) {
        size_t chunk = MIN(size - done, PAGE_SIZE - ((addr + done) & PAGE_MASK));
        struct frame *frame;
        paddr_t pa;
        int err = vspace_page_get(vs, addr + done, to_space ? VMA_WRITE : VMA_READ, &frame, &pa);

        if (err)
            return done ? (ssize_t)done : err;
        if (to_space)
            memcpy(phys_to_virt(pa), buf + done, chunk);
        else
            memcpy(buf + done, phys_to_virt(pa), chunk);
        if (frame)
            frame_put(frame);
        done += chunk;
    }
    return (ssize_t)done;
}

ssize_t vspace_copy_in(struct vspace *vs, uint64_t dst, const void *src, size_t size)
{
    return copy(vs, dst, (char *)(uintptr_t)src, size, true);
}

ssize_t vspace_copy_out(struct vspace *vs, void *dst, uint64_t src, size_t size)
{
    return copy(vs, src, dst, size, false);
}
