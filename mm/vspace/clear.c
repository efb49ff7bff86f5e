/*
 * Taking pages out of the tables.
 *
 * A frame may be given away only when no TLB can reach it, and so may a page of the tables
 * themselves. So entries are cleared first; what they referred to is kept in a list of runs (frames
 * lie side by side more often than not) until the range has been flushed, and only then dropped.
 * All of it under table_lock: vspace_zap comes from a file's side, without vs->lock.
 */
#include "internal.h"

#define NR_RUNS    24u
#define CONTIG_MIN 8u /* fewer frames are taken by this CPU's cache */

struct run {
    struct frame *first;
    uint64_t nr;
};

struct clearing {
    struct vspace *vs;
    bool needs_flush; /* something from `from` on was cleared and is in some TLB perhaps */
    uint64_t from;
    uint64_t nr_pages;
    struct run *last; /* the run that may grow; NULL: none yet */
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

/* Drops the references of a run, and frees at once what lies side by side and is of one type. */
static void run_release(const struct run *run)
{
    struct frame *end = run->first + run->nr;
    struct frame *first = run->first; /* of those to free */
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

/* Flushes what was cleared below `upto`, then drops it. */
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

/* A leaf is gone from the tables: notes what it referred to. */
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
 * Moves an edge of a range out to the border of the large page that reaches over it. Only physical
 * ranges have large pages: what goes with the rest of one is faulted in again, by smaller pages.
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
        /* A fence for an address orders its leaf only: privileged specification, SFENCE.VMA. */
        vspace_flush(vs, vs->base, vs->limit - vs->base);
        c.needs_flush = false;
    }
    clearing_commit(&c, end);
    arch_pt_free_tables(emptied);
    vs->nr_resident -= c.nr_pages;
}

void tables_clear(struct vspace *vs, uint64_t addr, uint64_t size)
{
    spin_lock(&vs->table_lock);
    tables_clear_locked(vs, addr, size);
    spin_unlock(&vs->table_lock);
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

/* The part of vma that shows object bytes [offset, offset + size); false: none. */
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

/* Private copies of a truncated file's pages go, too, as in Linux. */
void vspace_zap(struct vma *vma, uint64_t offset, uint64_t size)
{
    struct vspace *vs = vma->vspace;
    uint64_t addr, nr_bytes;

    spin_lock(&vs->table_lock);
    if (shown_range(vma, offset, size, &addr, &nr_bytes))
        tables_clear_locked(vs, addr, nr_bytes);
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
