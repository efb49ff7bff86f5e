/*
 * Fills empty entries that need no object: anonymous memory and physical ranges.
 *
 * Anonymous memory is filled with zeroed pages; for a program that touches page after page a window
 * doubles (up to WINDOW_MAX pages per fault), so that it does not trap for every page.
 */
#include "internal.h"

#define LARGE_ORDER (PT_LEVEL_SHIFT(1) - PAGE_SHIFT)

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

/*
 * The entries before f->addr tell a sequential walk, whoever else faults in the same VMA: after 1,
 * 3, 7 and 15 pages the next 2, 4, 8 and 16 are filled. nr_before: entries before it in its table.
 */
static unsigned window_of(const struct fault *f, const pte_t *slot, uint64_t nr_before)
{
    unsigned window = 1, level;

    if (nr_before == 0 && f->addr > f->vma->start &&
        pte_is_present(arch_pt_query(&f->vs->tables, f->addr - PAGE_SIZE, &level)))
        return WINDOW_MAX;
    while (window < WINDOW_MAX && 2 * window - 1 <= nr_before &&
           pte_is_present(slot[1 - 2 * (long)window]))
        window *= 2;
    return window;
}

/* How many pages to fill from f->addr on. */
static unsigned nr_wanted(const struct fault *f, const pte_t *slot)
{
    uint64_t table = ALIGN_DOWN(f->addr, PT_LEVEL_SIZE(1));
    uint64_t end = MIN(f->vma->end, table + PT_LEVEL_SIZE(1));
    uint64_t nr_max =
        MIN(window_of(f, slot, (f->addr - table) >> PAGE_SHIFT), (end - f->addr) >> PAGE_SHIFT);
    unsigned nr = 1;

    if (!pte_is_present(slot[nr_max - 1]))
        nr = (unsigned)nr_max; /* most often all are empty; those that are not are left alone */
    while (nr < nr_max && !pte_is_present(slot[nr]))
        nr++;
    return nr;
}

/* A whole window comes out of one block, what is less out of the cache of single frames. */
int frames_get(struct fault *f)
{
    unsigned nr = f->nr_frames;

    f->block = nr == WINDOW_MAX ? frame_alloc(WINDOW_ORDER, FRAME_ZERO) : NULL;
    if (f->block) {
        f->block->type = FRAME_ANON;
        frame_split(f->block, WINDOW_ORDER);
        frame_count(FRAME_ANON, WINDOW_MAX);
        return 0;
    }
    nr = MIN(nr, WINDOW_MAX / 2);
    for (f->nr_frames = 0; f->nr_frames < nr; f->nr_frames++) {
        struct frame *frame = frame_alloc_anon(FRAME_ZERO);

        if (!frame)
            break;
        f->singles[f->nr_frames] = frame;
    }
    return f->nr_frames ? 0 : -ENOMEM;
}

void frames_free(struct fault *f)
{
    for (; f->nr_used < f->nr_frames; f->nr_used++)
        frame_unuse(f->block ? f->block + f->nr_used : f->singles[f->nr_used]);
}

int fill_anonymous(struct fault *f, pte_t *entry, unsigned level)
{
    pte_t *slot = level == 0 ? entry : arch_pt_slot(&f->vs->tables, f->addr, 0, true);
    const uint64_t flags = pte_flags(f->vma->flags) | PTE_COUNTED;
    unsigned nr_max, n = 0;
    paddr_t pa;

    if (!slot)
        return -ENOMEM;
    if (!f->nr_frames) {
        f->nr_frames = nr_wanted(f, slot);
        return NEEDS_FRAMES;
    }
    /* The VMA may have shrunk, and other threads may have filled a part. */
    nr_max = (unsigned)MIN(f->nr_frames, (f->vma->end - f->addr) >> PAGE_SHIFT);
    if (f->block) {
        pa = frame_to_pa(f->block);
        for (; n < nr_max && !pte_is_present(*slot); n++, pa = paddr_add(pa, PAGE_SIZE))
            WRITE_ONCE(*slot++, pte_make(pa, flags));
    } else {
        for (; n < nr_max && !pte_is_present(*slot); n++)
            WRITE_ONCE(*slot++, pte_make(frame_to_pa(f->singles[n]), flags));
    }
    f->nr_used = n;
    count_resident(f->vs, n);
    return 0;
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
