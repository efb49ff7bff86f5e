/*
 * Fills empty entries that need no object: anonymous memory and physical ranges.
 *
 * Anonymous memory is filled with zeroed pages; for a program that touches page after page a window
 * doubles (up to WINDOW_MAX pages per fault), so that it does not trap for every page.
 */
#include "internal.h"

#define WINDOW_ORDER 4
#define WINDOW_MAX   (1u << WINDOW_ORDER)
#define LARGE_ORDER  (PT_LEVEL_SHIFT(1) - PAGE_SHIFT)

static void count_resident(struct vspace *vs, uint64_t nr_pages)
{
    vs->nr_resident += nr_pages;
    if (vs->nr_resident > vs->nr_resident_peak)
        vs->nr_resident_peak = vs->nr_resident;
}

void slot_fill(struct vspace *vs, pte_t *slot, struct frame *frame, uint64_t flags)
{
    WRITE_ONCE(*slot, pte_make(frame_to_pa(frame), flags | PTE_COUNTED));
    count_resident(vs, 1);
}

struct frame *frame_alloc_anon(unsigned flags)
{
    struct frame *frame = frame_alloc(0, flags);

    if (frame) {
        frame->type = FRAME_ANON;
        frame_count(FRAME_ANON, 1);
    }
    return frame;
}

static unsigned window_of(struct vma *vma, uint64_t addr)
{
    vma->window = addr == vma->next_fault ? MIN(MAX(vma->window, 1u) * 2, WINDOW_MAX) : 1;
    return vma->window;
}

/* Fill a whole window from one block if all slots are empty. False: fill page by page. */
static bool fill_block(struct vspace *vs, pte_t *slot, uint64_t flags)
{
    struct frame *block;

    for (unsigned i = 0; i < WINDOW_MAX; i++)
        if (pte_is_present(slot[i]))
            return false;
    block = frame_alloc(WINDOW_ORDER, FRAME_ZERO);
    if (!block)
        return false;
    frame_split(block, WINDOW_ORDER);
    for (unsigned i = 0; i < WINDOW_MAX; i++) {
        block[i].type = FRAME_ANON;
        WRITE_ONCE(slot[i], pte_make(frame_to_pa(block + i), flags | PTE_COUNTED));
    }
    frame_count(FRAME_ANON, WINDOW_MAX);
    count_resident(vs, WINDOW_MAX);
    return true;
}

int fill_anonymous(struct fault *f, pte_t *entry, unsigned level)
{
    struct vspace *vs = f->vs;
    uint64_t flags = pte_flags(f->vma->flags);
    uint64_t end = MIN(f->vma->end, ALIGN_DOWN(f->addr, PT_LEVEL_SIZE(1)) + PT_LEVEL_SIZE(1));
    unsigned nr_pages = window_of(f->vma, f->addr);
    uint64_t at = f->addr;
    pte_t *slot = level == 0 ? entry : arch_pt_slot(&vs->tables, at, 0, true);

    end = MIN(end, at + nr_pages * PAGE_SIZE);
    if (slot && end - at == WINDOW_MAX * PAGE_SIZE && fill_block(vs, slot, flags))
        at = end;
    for (; slot && at < end && !pte_is_present(*slot); at += PAGE_SIZE, slot++) {
        struct frame *frame = frame_alloc_anon(FRAME_ZERO);

        if (!frame)
            break;
        slot_fill(vs, slot, frame, flags);
    }
    f->vma->next_fault = at;
    return at == f->addr ? -ENOMEM : 0;
}

/* Large pages may use half of the memory. */
static bool is_memory_plenty(void)
{
    struct frame_stats stats;

    frame_stats(&stats);
    return stats.free > stats.total / 2;
}

/* Get the empty slot for a large page at addr, or NULL. REQUIRES(vs->table_lock). */
static pte_t *large_slot(struct vspace *vs, uint64_t addr)
{
    pte_t *slot = arch_pt_slot(&vs->tables, addr, 1, true);

    return slot && !pte_is_present(*slot) ? slot : NULL;
}

/* Fill a whole large page, if none of it is filled yet. */
bool fill_large(struct vspace *vs, struct vma *vma, uint64_t addr)
{
    const uint64_t from = ALIGN_DOWN(addr, PT_LEVEL_SIZE(1));
    struct frame *block;
    bool has_slot;
    pte_t *slot;

    if (from < vma->start || vma->end - from < PT_LEVEL_SIZE(1) || !is_memory_plenty())
        return false;
    spin_lock(&vs->table_lock);
    has_slot = large_slot(vs, from);
    spin_unlock(&vs->table_lock);

    /* Clear it without the spinlock; a zap may free the table with the slot meanwhile. */
    block = has_slot ? frame_alloc(LARGE_ORDER, FRAME_ZERO) : NULL;
    if (!block)
        return false;
    block->type = FRAME_ANON;
    frame_count(FRAME_ANON, 1l << LARGE_ORDER);
    spin_lock(&vs->table_lock);
    slot = large_slot(vs, from);
    if (slot) {
        slot_fill(vs, slot, block, pte_flags(vma->flags));
        count_resident(vs, (1ul << LARGE_ORDER) - 1);
    }
    spin_unlock(&vs->table_lock);
    if (!slot)
        frame_unuse(block);
    return slot;
}

/* Map a physical range with the largest page that alignment and the VMA allow. */
int fill_physical(struct fault *f)
{
    const struct vma *vma = f->vma;
    uint64_t flags = pte_flags(vma->flags);
    int err = -ENOMEM;

    for (int level = 2; level >= 0; level--) {
        uint64_t size = PT_LEVEL_SIZE(level);
        uint64_t from = ALIGN_DOWN(f->addr, size);
        uint64_t pa = vma->offset + (from - vma->start);

        if (from < vma->start || from + size > vma->end || !IS_ALIGNED(pa, size))
            continue;
        err = arch_pt_map(&f->vs->tables, from, PADDR(pa), size, flags, (unsigned)level);
        if (err != -EEXIST)
            break;
    }
    return err == -EEXIST ? 0 : err;
}
