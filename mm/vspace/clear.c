/*
 * Removes pages from the tables.
 *
 * A frame, or a page of the tables, may be freed only when no TLB entry can reach it. So entries
 * are cleared first; the frames are collected in a list of runs (they are often contiguous) until
 * the range has been flushed, and dropped only then. All under table_lock: vspace_zap is called
 * from the file's side, without vs->lock.
 */
#include "internal.h"

#define NR_RUNS    24u
#define CONTIG_MIN 8u /* fewer frames go to this CPU's cache */

struct run {
    struct frame *first;
    uint64_t nr;
};

struct clearing {
    struct vspace *vs;
    bool needs_flush; /* entries from `from` on were cleared and may be in a TLB */
    uint64_t from;
    uint64_t nr_pages;
    struct run *last; /* run being extended; NULL: none yet */
    struct run runs[NR_RUNS];
};

static void clearing_init(struct clearing *c, struct vspace *vs, uint64_t addr)
{
    c->vs = vs;
    c->needs_flush = false;
    c->from = addr;
    c->nr_pages = 0;
    c->last = NULL;
}

static void free_frames(struct frame *first, uint64_t nr)
{
    if (first->type == FRAME_ANON || first->type == FRAME_SHARED)
        frame_count(first->type, -(int64_t)(nr << first->order));
    if (nr >= CONTIG_MIN)
        frame_free_contig(first, nr);
    else if (first->order != 0)
        frame_free(first, first->order);
    else
        for (; nr != 0; nr--, first++)
            frame_free(first, 0);
}

void frame_unuse(struct frame *frame)
{
    if (frame_drop(frame))
        free_frames(frame, 1);
}

/* Drop the references of a run, and free contiguous frames of one type together. */
static void run_release(const struct run *run)
{
    struct frame *end = run->first + run->nr;
    struct frame *first = run->first; /* length of the stretch to free */
    struct frame *f;

    for (f = run->first; f != end; f++) {
        bool is_last = frame_drop(f);

        if (is_last && f->type == first->type)
            continue;
        if (f != first)
            free_frames(first, (uint64_t)(f - first));
        first = is_last ? f : f + 1;
    }
    if (first < end)
        free_frames(first, (uint64_t)(end - first));
}

/* Flush the entries cleared below `upto`, then drop their frames. */
static NOINLINE void clearing_commit(struct clearing *c, uint64_t upto)
{
    if (c->needs_flush)
        vspace_flush(c->vs, c->from, upto - c->from);
    c->needs_flush = false;
    c->from = upto;
    if (!c->last)
        return;
    for (const struct run *run = c->runs; run <= c->last; run++)
        run_release(run);
    c->last = NULL;
}

/* Record the frames of a leaf that was removed from the tables. */
static void clear_leaf(void *ctx, vaddr_t va, pte_t pte, unsigned level)
{
    struct clearing *c = ctx;
    struct frame *frame = pte_to_frame(pte);
    struct run *run = c->last;

    c->needs_flush = true;
    if (!pte_has_frame(pte))
        return;
    c->nr_pages += PT_LEVEL_SIZE(level) >> PAGE_SHIFT;
    if (run && frame == run->first + run->nr && frame->order == 0) {
        run->nr++;
        return;
    }
    if (run == &c->runs[NR_RUNS - 1]) {
        clearing_commit(c, va + PT_LEVEL_SIZE(level));
        run = NULL;
    }
    c->last = run ? run + 1 : c->runs;
    *c->last = (struct run){frame, 1};
}

/*
 * Extend a range to the border of a large page across its edge. Only physical ranges have large
 * pages; the rest of one is faulted in again with smaller pages.
 */
static void widen(const struct vspace *vs, uint64_t *addr, uint64_t *end)
{
    unsigned level = 0;

    if (arch_pt_query(&vs->tables, *addr, &level))
        *addr = ALIGN_DOWN(*addr, PT_LEVEL_SIZE(level));
    if (arch_pt_query(&vs->tables, *end - 1, &level))
        *end = ALIGN_UP(*end, PT_LEVEL_SIZE(level));
}

void tables_clear_locked(struct vspace *vs, uint64_t addr, uint64_t size)
{
    struct clearing c;
    uint64_t end = addr + size;
    pte_t *emptied = NULL;

    widen(vs, &addr, &end);
    clearing_init(&c, vs, addr);
    arch_pt_clear(&vs->tables, addr, end - addr, clear_leaf, &c, &emptied);
    if (emptied) {
        /* A fence with an address covers only leaf entries: privileged specification,
         * SFENCE.VMA. */
        vspace_flush(vs, vs->base, vs->limit - vs->base);
        c.needs_flush = false;
    }
    clearing_commit(&c, end);
    arch_pt_free_tables(emptied);
    vs->nr_resident -= c.nr_pages;
}

static int drop_leaf(void *ctx, vaddr_t va, pte_t *pte, unsigned level)
{
    (void)ctx;
    (void)va;
    (void)level;
    if (pte_has_frame(*pte) && frame_drop(pte_to_frame(*pte)))
        free_frames(pte_to_frame(*pte), 1);
    return 0;
}

void tables_drop_frames(struct vspace *vs, uint64_t addr, uint64_t size)
{
    (void)arch_pt_walk(&vs->tables, addr, size, drop_leaf, NULL);
}

/* --- zap -------------------------------------------------------------------------------------- */

/* Compute the part of vma that maps object bytes [offset, offset + size); false: none. */
static bool shown_range(const struct vma *vma, uint64_t offset, uint64_t size, uint64_t *addr,
                        uint64_t *nr_bytes)
{
    uint64_t length = vma->end - vma->start;
    uint64_t first = MAX(offset, vma->offset);
    uint64_t end = size > UINT64_MAX - offset ? UINT64_MAX : offset + size;

    end = MIN(end, vma->offset + length);
    if (first >= end)
        return false;
    *addr = vma->start + ALIGN_DOWN(first - vma->offset, PAGE_SIZE);
    *nr_bytes = ALIGN_UP(vma->start + (end - vma->offset), PAGE_SIZE) - *addr;
    return true;
}

/* Private copies of a truncated file's pages are removed too, as in Linux. */
void vspace_zap(struct vma *vma, uint64_t offset, uint64_t size)
{
    struct vspace *vs = vma->vspace;
    uint64_t addr, nr_bytes;

    spin_lock(&vs->table_lock);
    if (shown_range(vma, offset, size, &addr, &nr_bytes))
        tables_clear_locked(vs, addr, nr_bytes);
    spin_unlock(&vs->table_lock);
}

/* The first page in the range that is the space's own. */
static int find_copy(void *ctx, vaddr_t va, pte_t *pte, unsigned level)
{
    uint64_t *copy = ctx;

    (void)level;
    if (!pte_has_frame(*pte) || pte_to_frame(*pte)->type != FRAME_ANON)
        return 0;
    *copy = va;
    return 1;
}

void vspace_zap_hole(struct vma *vma, uint64_t offset, uint64_t size)
{
    struct vspace *vs = vma->vspace;
    uint64_t addr, nr_bytes, end, copy;

    spin_lock(&vs->table_lock);
    if (!shown_range(vma, offset, size, &addr, &nr_bytes))
        nr_bytes = addr = 0;
    for (end = addr + nr_bytes; addr < end; addr = copy + PAGE_SIZE) {
        copy = end;
        (void)arch_pt_walk(&vs->tables, addr, end - addr, find_copy, &copy);
        if (addr < copy)
            tables_clear_locked(vs, addr, copy - addr);
    }
    spin_unlock(&vs->table_lock);
}

static int take_write_right(void *ctx, vaddr_t va, pte_t *pte, unsigned level)
{
    (void)ctx;
    (void)va;
    (void)level;
    WRITE_ONCE(*pte, pte_without(*pte, PT_W));
    return 0;
}

void vspace_zap_write(struct vma *vma, uint64_t offset, uint64_t size)
{
    struct vspace *vs = vma->vspace;
    uint64_t addr, nr_bytes;

    spin_lock(&vs->table_lock);
    if (shown_range(vma, offset, size, &addr, &nr_bytes)) {
        (void)arch_pt_walk(&vs->tables, addr, nr_bytes, take_write_right, NULL);
        vspace_flush(vs, addr, nr_bytes);
    }
    spin_unlock(&vs->table_lock);
}
