/*
 * The fault path: from "this access found no entry, or too weak a one" to an entry that allows it.
 *
 * Anonymous memory is filled with zero pages; a program that touches page after page is met by a
 * window that doubles (up to WINDOW_MAX pages a fault), so that a long walk does not trap for every
 * page. Copy on write: the entry lacks W although the VMA has it. Whether a private page must be
 * copied is told by its frame's count alone; the page cache counts, too, so a file's page is never
 * written through a private mapping.
 */
#include "internal.h"

#define WINDOW_ORDER 4
#define WINDOW_MAX   (1u << WINDOW_ORDER)

uint64_t pte_flags(const struct vspace *vs, uint32_t rights)
{
    uint64_t flags = PT_U;

    (void)vs;
    if (!(rights & VMA_RIGHTS))
        return PTE_NO_ACCESS;
    if (rights & VMA_READ)
        flags |= PT_R;
    if (rights & VMA_WRITE)
        flags |= PT_RW; /* W without R is reserved */
    if (rights & VMA_EXEC)
        flags |= PT_X;
    return flags;
}

static bool pte_allows(pte_t pte, uint32_t access)
{
    if (!(pte & PT_U))
        return false;
    return !((access & VMA_READ) && !(pte & PT_R)) && !((access & VMA_WRITE) && !(pte & PT_W)) &&
           !((access & VMA_EXEC) && !(pte & PT_X));
}

/* Puts a frame, whose reference the entry takes over, into an empty slot. table_lock held. */
static void slot_fill(struct vspace *vs, pte_t *slot, struct frame *frame, uint64_t flags)
{
    WRITE_ONCE(*slot, pte_make(frame_to_pa(frame), flags | PTE_COUNTED));
    vs->nr_resident++;
    if (vs->nr_resident > vs->nr_resident_peak)
        vs->nr_resident_peak = vs->nr_resident;
}

/* --- anonymous -------------------------------------------------------------------------------- */

static unsigned window_of(struct vma *vma, uint64_t addr)
{
    vma->window = addr == vma->next_fault ? MIN(MAX(vma->window, 1u) * 2, WINDOW_MAX) : 1;
    return vma->window;
}

/* A whole window out of one block, when the slots are all empty. False: to be tried page by page.
 */
static bool fill_block(struct vspace *vs, pte_t *slot, uint64_t flags)
{
    struct frame *block;

    for (unsigned i = 0; i < WINDOW_MAX; i++) {
        if (slot[i] & PT_V)
            return false;
    }
    block = frame_alloc(WINDOW_ORDER, FRAME_ZERO);
    if (!block)
        return false;
    frame_split(block, WINDOW_ORDER);
    for (unsigned i = 0; i < WINDOW_MAX; i++)
        slot_fill(vs, slot + i, block + i, flags);
    return true;
}

#define LARGE_ORDER (PT_LEVEL_SHIFT(1) - PAGE_SHIFT)

/* Half of the memory is given by the large page; the rest goes to those who use it. */
static bool is_memory_plenty(void)
{
    struct frame_stats stats;

    frame_stats(&stats);
    return stats.free > stats.total / 2;
}

/* A whole large page at once, where nothing of it is filled yet. False: small pages, then. */
static bool fill_large(struct vspace *vs, struct vma *vma, uint64_t addr)
{
    const uint64_t from = ALIGN_DOWN(addr, PT_LEVEL_SIZE(1));
    pte_t *slot;

    if (from < vma->start || vma->end - from < PT_LEVEL_SIZE(1) || !is_memory_plenty())
        return false;
    spin_lock(&vs->table_lock);
    slot = arch_pt_slot(&vs->tables, from, 1, true);
    spin_unlock(&vs->table_lock);
    if (!slot || (*slot & PT_V))
        return false;

    /* Cleared without the spinlock; only a fault fills a slot, and vs->lock is held. */
    struct frame *block = frame_alloc(LARGE_ORDER, FRAME_ZERO);

    if (!block)
        return false;
    spin_lock(&vs->table_lock);
    vs->nr_resident += (1ul << LARGE_ORDER) - 1;
    slot_fill(vs, slot, block, pte_flags(vs, vma->flags));
    spin_unlock(&vs->table_lock);
    return true;
}

static int fill_anonymous(struct vspace *vs, struct vma *vma, uint64_t addr)
{
    if (unlikely(vma->flags & VMA_LARGE) && fill_large(vs, vma, addr))
        return 0;

    uint64_t flags = pte_flags(vs, vma->flags);
    uint64_t end = MIN(vma->end, ALIGN_DOWN(addr, PT_LEVEL_SIZE(1)) + PT_LEVEL_SIZE(1));
    unsigned nr_pages = window_of(vma, addr);
    uint64_t at = addr;
    int err = 0;
    pte_t *slot;

    end = MIN(end, addr + nr_pages * PAGE_SIZE);
    spin_lock(&vs->table_lock);
    slot = arch_pt_slot(&vs->tables, addr, 0, true);
    if (slot && nr_pages == WINDOW_MAX && end - addr == WINDOW_MAX * PAGE_SIZE &&
        fill_block(vs, slot, flags))
        at = end;
    for (; slot && at < end && !(*slot & PT_V); at += PAGE_SIZE, slot++) {
        struct frame *frame = frame_alloc(0, FRAME_ZERO);

        if (!frame)
            break;
        slot_fill(vs, slot, frame, flags);
    }
    if (at == addr)
        err = slot && (*slot & PT_V) ? 0 : -ENOMEM;
    spin_unlock(&vs->table_lock);
    vma->next_fault = at;
    return err;
}

/* --- copy on write ---------------------------------------------------------------------------- */

/* A new frame with the bytes of pa. */
static struct frame *copy_of(paddr_t pa)
{
    struct frame *frame = frame_alloc(0, 0);

    if (frame)
        memcpy(frame_to_virt(frame), phys_to_virt(pa), PAGE_SIZE);
    return frame;
}

/* The entry exists, the VMA may be written, the entry not. Private memory. */
static int break_sharing(struct vspace *vs, struct vma *vma, uint64_t addr, pte_t *slot)
{
    uint64_t flags = pte_flags(vs, vma->flags);
    struct frame *old = pte_has_frame(*slot) ? pte_to_frame(*slot) : NULL;
    struct frame *frame;

    spin_lock(&vs->table_lock);
    if (old && __atomic_load_n(&old->refcount, __ATOMIC_ACQUIRE) == 1) {
        WRITE_ONCE(*slot, (*slot & ~(PT_LEAF | PT_U)) | flags);
        spin_unlock(&vs->table_lock);
        vspace_flush_local(vs, addr);
        return 0;
    }
    frame = copy_of(pte_to_pa(*slot));
    if (!frame) {
        spin_unlock(&vs->table_lock);
        return -ENOMEM;
    }
    /* No CPU may go on reading the old frame while another writes the new one. */
    WRITE_ONCE(*slot, (*slot & ~(PT_RW | PT_U)) | PTE_NO_ACCESS);
    vspace_flush(vs, addr, PAGE_SIZE);
    WRITE_ONCE(*slot, pte_make(frame_to_pa(frame), flags | PTE_COUNTED));
    if (!old)
        vs->nr_resident++;
    spin_unlock(&vs->table_lock);
    if (old)
        frame_put(old);
    if (vma->flags & VMA_EXEC)
        vspace_flush_code(vs);
    return 0;
}

/* --- pages of an object ----------------------------------------------------------------------- */

/* A physical range: the largest page that alignment and the VMA allow. */
static int fill_physical(struct vspace *vs, struct vma *vma, uint64_t addr)
{
    uint64_t flags = pte_flags(vs, vma->flags);
    int err = -ENOMEM;

    spin_lock(&vs->table_lock);
    for (int level = 2; level >= 0; level--) {
        uint64_t size = PT_LEVEL_SIZE(level);
        uint64_t from = ALIGN_DOWN(addr, size);
        uint64_t pa = vma->offset + (from - vma->start);

        if (from < vma->start || from + size > vma->end || !IS_ALIGNED(pa, size))
            continue;
        err = arch_pt_map(&vs->tables, from, PADDR(pa), size, flags, (unsigned)level);
        if (err != -EEXIST)
            break;
    }
    spin_unlock(&vs->table_lock);
    return err == -EEXIST ? 0 : err;
}

static int fill_from_object(struct vspace *vs, struct vma *vma, uint64_t addr, uint32_t access)
{
    bool is_shared = vma->flags & VMA_SHARED;
    bool copies = (access & VMA_WRITE) && !is_shared;
    uint64_t flags = pte_flags(vs, vma->flags);
    uint64_t offset = vma->offset + (addr - vma->start);
    struct frame *original;
    struct vma_page page;
    pte_t *slot;
    int err;

again:
    err = vma->ops->page(vma, offset, copies ? VMA_READ : access, &page);
    if (err)
        return err;
    original = page.frame;
    if (copies) {
        struct frame *frame = copy_of(page.pa);

        if (original)
            frame_put(original); /* below it is only compared */
        if (!frame)
            return -ENOMEM;
        page = (struct vma_page){.frame = frame, .pa = frame_to_pa(frame), .is_writable = true};
    } else if (!is_shared || !page.is_writable) {
        flags &= ~PT_W;
    }
    spin_lock(&vs->table_lock);
    if (vma->ops->is_current && !vma->ops->is_current(vma, offset, original)) {
        spin_unlock(&vs->table_lock);
        frame_put(page.frame);
        goto again; /* cut off meanwhile: the object says what is there now */
    }
    slot = arch_pt_slot(&vs->tables, addr, 0, true);
    if (slot && !(*slot & PT_V)) {
        if (page.frame)
            slot_fill(vs, slot, page.frame, flags);
        else
            WRITE_ONCE(*slot, pte_make(page.pa, flags));
        page.frame = NULL;
    }
    spin_unlock(&vs->table_lock);
    if (page.frame)
        frame_put(page.frame);
    if (slot && (vma->flags & VMA_EXEC))
        vspace_flush_code(vs);
    return slot ? 0 : -ENOMEM;
}

/* A shared page that was mapped read-only is to be written: the object is asked (and told). */
static int upgrade_shared(struct vspace *vs, struct vma *vma, uint64_t addr, pte_t *slot)
{
    struct vma_page page;
    int err = vma->ops->page(vma, vma->offset + (addr - vma->start), VMA_WRITE, &page);

    if (err)
        return err;
    spin_lock(&vs->table_lock);
    if (pte_to_pa(*slot).v == page.pa.v && (*slot & PT_V))
        WRITE_ONCE(*slot, (*slot & ~(PT_LEAF | PT_U)) | pte_flags(vs, vma->flags));
    else
        tables_clear_locked(vs, addr, PAGE_SIZE); /* cut and grown again meanwhile: fault anew */
    spin_unlock(&vs->table_lock);
    if (page.frame)
        frame_put(page.frame);
    vspace_flush_local(vs, addr);
    return 0;
}

int fault_locked(struct vspace *vs, struct vma *vma, uint64_t addr, uint32_t access)
{
    unsigned level;
    pte_t pte = arch_pt_query(&vs->tables, addr, &level);

    if (pte & PT_V) {
        pte_t *slot;

        if (pte_allows(pte, access) || level > 0) {
            vspace_flush_local(vs, addr);
            return 0;
        }
        slot = arch_pt_slot(&vs->tables, addr, 0, false);
        if (!slot)
            return -ENOMEM;
        if (vma->flags & VMA_SHARED)
            return upgrade_shared(vs, vma, addr, slot);
        return break_sharing(vs, vma, addr, slot);
    }
    if (!vma->ops->page)
        return fill_anonymous(vs, vma, addr);
    if (vma->ops == &vma_physical)
        return fill_physical(vs, vma, addr);
    return fill_from_object(vs, vma, addr, access);
}

/* --- entry ------------------------------------------------------------------------------------ */

/* A stack grows down to addr, but leaves a gap below it that stays unmapped. */
#define STACK_GAP MIB(1)

static int grow_down(struct vspace *vs, struct vma *vma, uint64_t addr)
{
    uint64_t start = ALIGN_DOWN(addr, PAGE_SIZE);
    struct vma *below = vma_prev(vma);
    uint64_t nr_new = vma->start - start;

    if (!(vma->flags & VMA_GROWS_DOWN) || vma->end - start > vs->limits.stack_bytes ||
        (below && start < below->end + STACK_GAP) || start < vs->base)
        return -EFAULT;
    if (nr_new > vs->limits.nr_bytes || vs->nr_bytes > vs->limits.nr_bytes - nr_new)
        return -ENOMEM;
    spin_lock(&vs->table_lock);
    vma->start = start;
    vs->nr_bytes += nr_new;
    spin_unlock(&vs->table_lock);
    return 0;
}

static int resolve(struct vspace *vs, uint64_t addr, uint32_t access)
{
    struct vma *vma = vspace_find(vs, addr);
    uint32_t needed = access;
    int err;

    if (!vma)
        return -EFAULT;
    if (vma->start > addr) {
        err = grow_down(vs, vma, addr);
        if (err)
            return err;
    }
    if ((vma->flags & VMA_WRITE) && (needed & VMA_READ))
        needed &= ~VMA_READ; /* the hardware has no write without read */
    if ((vma->flags & needed) != needed)
        return -EACCES;
    if (vma->ops->is_emulated)
        return VSPACE_EMULATE;
    return fault_locked(vs, vma, ALIGN_DOWN(addr, PAGE_SIZE), access);
}

int vspace_fault(struct vspace *vs, uint64_t addr, uint32_t access)
{
    int ret;

    if (addr < vs->base || addr >= vs->limit)
        return -EFAULT;
    mutex_lock(&vs->lock);
    ret = resolve(vs, addr, access);
    mutex_unlock(&vs->lock);
    return ret;
}

int vspace_populate(struct vspace *vs, uint64_t addr, uint64_t size, uint32_t access)
{
    int ret = 0;

    mutex_lock(&vs->lock);
    for (uint64_t at = ALIGN_DOWN(addr, PAGE_SIZE); ret == 0 && at < addr + size; at += PAGE_SIZE) {
        struct vspace_translation t;

        vspace_query(vs, at, &t);
        if (!t.is_mapped || (t.rights & access) != access)
            ret = at < vs->base || at >= vs->limit ? -EFAULT : resolve(vs, at, access);
    }
    mutex_unlock(&vs->lock);
    return ret;
}
