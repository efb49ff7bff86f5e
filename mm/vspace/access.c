/*
 * Access to a space from outside: translation, single pages, copies, identity of memory.
 */
#include "internal.h"

static uint32_t rights_of(pte_t pte)
{
    if (!pte_has(pte, PT_U))
        return 0;
    return (pte_has(pte, PT_R) ? VMA_READ : 0) | (pte_has(pte, PT_W) ? VMA_WRITE : 0) |
           (pte_has(pte, PT_X) ? VMA_EXEC : 0);
}

void vspace_query(struct vspace *vs, uint64_t addr, struct vspace_translation *out)
{
    unsigned level = 0;
    pte_t pte;

    spin_lock(&vs->table_lock);
    pte = arch_pt_query(&vs->tables, addr, &level);
    spin_unlock(&vs->table_lock);
    *out = (struct vspace_translation){0};
    if (!pte_is_present(pte))
        return;
    out->is_mapped = true;
    out->page_size = PT_LEVEL_SIZE(level);
    out->pa = paddr_add(pte_to_pa(pte), addr & (out->page_size - 1));
    out->rights = rights_of(pte);
    out->is_accessed = pte_is_accessed(pte);
    out->is_dirty = pte_is_dirty(pte);
}

/*
 * Get the page at addr if the tables allow the access now, with a reference to its frame. Device
 * registers have no frame, since they are not in the direct map.
 */
static bool page_try(struct vspace *vs, uint64_t addr, uint32_t access, struct vspace_page *page)
{
    unsigned level = 0;
    bool is_allowed;
    uint64_t offset;
    pte_t pte;

    page->frame = NULL;
    spin_lock(&vs->table_lock);
    pte = arch_pt_query(&vs->tables, addr, &level);
    is_allowed = pte_is_present(pte) && (rights_of(pte) & access) == access;
    if (is_allowed && pte_has_frame(pte)) {
        page->frame = pte_to_frame(pte);
        frame_get(page->frame);
    }
    spin_unlock(&vs->table_lock);
    offset = addr & (PT_LEVEL_SIZE(level) - 1);
    page->memory = phys_to_virt(paddr_add(pte_to_pa(pte), offset));
    page->size = PT_LEVEL_SIZE(level) - offset;
    return is_allowed;
}

int vspace_page_get(struct vspace *vs, uint64_t addr, uint32_t access, struct vspace_page *page)
{
    while (!page_try(vs, addr, access, page)) {
        int err = vspace_fault(vs, addr, access);

        if (err)
            return err == VSPACE_EMULATE ? -EFAULT : err;
    }
    return page->frame ? 0 : -EFAULT;
}

void vspace_page_put(struct frame *frame)
{
    frame_unuse(frame);
}

/* Copy `size` bytes page by page; to_space: buf -> space. */
static ssize_t copy(struct vspace *vs, uint64_t addr, char *buf, size_t size, bool to_space)
{
    size_t done = 0;

    while (done < size) {
        struct vspace_page page;
        int err = vspace_page_get(vs, addr + done, to_space ? VMA_WRITE : VMA_READ, &page);
        size_t chunk;

        if (err)
            return done ? (ssize_t)done : err;
        chunk = MIN(size - done, page.size);
        if (to_space)
            memcpy(page.memory, buf + done, chunk);
        else
            memcpy(buf + done, page.memory, chunk);
        vspace_page_put(page.frame);
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

/* --- identity --------------------------------------------------------------------------------- */

uint64_t vma_new_identity(void)
{
    static uint64_t last = 1; /* physical memory has identity 1 */

    return __atomic_add_fetch(&last, 1, __ATOMIC_RELAXED);
}

/* True if the page at addr belongs to the space alone, not to an object. table_lock is not held. */
static bool is_own_page(struct vspace *vs, uint64_t addr)
{
    unsigned level;
    pte_t pte;
    bool is_own;

    spin_lock(&vs->table_lock);
    pte = arch_pt_query(&vs->tables, addr, &level);
    is_own = pte_has_frame(pte) && pte_to_frame(pte)->type == FRAME_ANON;
    spin_unlock(&vs->table_lock);
    return is_own;
}

static int identify_locked(struct vspace *vs, uint64_t addr, uint32_t access, uint64_t *object,
                           uint64_t *offset, struct fetch *fetch)
{
    int err = resolve(vs, addr, VMA_WRITE, fetch);
    bool is_read_only = err == -EACCES && access == VMA_READ;
    struct vma *vma;

    if (is_read_only)
        err = resolve(vs, addr, VMA_READ, fetch);
    if (err)
        return err == VSPACE_EMULATE ? -EFAULT : err;
    vma = vspace_find(vs, addr);
    *object = 0;
    *offset = addr;
    if (!(vma->flags & VMA_SHARED)) {
        if (!is_read_only)
            return 0;
        /* A private mapping, but perhaps still a page of a file that another space writes. */
        if (!vma->ops->identity || is_own_page(vs, addr))
            return -EFAULT;
    }
    *object = vma->ops->identity(vma);
    *offset = vma->offset + (addr - vma->start);
    return 0;
}

int vspace_identify(struct vspace *vs, uint64_t addr, uint32_t access, uint64_t *object,
                    uint64_t *offset)
{
    struct fetch fetch;
    int err;

    if (addr < vs->base || addr >= vs->limit)
        return -EFAULT;
    fetch.frame = NULL;
    do {
        mutex_lock(&vs->lock);
        err = identify_locked(vs, addr, access, object, offset, &fetch);
        mutex_unlock(&vs->lock);
    } while (err == NEEDS_FETCH && (err = fetch_page(&fetch)) == 0);
    fetch_end(&fetch);
    return err;
}
