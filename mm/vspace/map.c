/*
 * Changing the map: map, unmap, protect, flags, discard, brk. Every operation first makes
 * sure that it cannot fail for lack of memory (splits done, VMA allocated), then commits.
 */
#include "internal.h"

bool range_is_valid(const struct vspace *vs, uint64_t addr, uint64_t size)
{
    return IS_ALIGNED(addr, PAGE_SIZE) && IS_ALIGNED(size, PAGE_SIZE) && size > 0 &&
           addr >= vs->base && addr < vs->limit && size <= vs->limit - addr;
}

/* --- taking pages out of the tables ----------------------------------------------------------- */

struct clearing {
    struct vspace *vs;
    struct frame *run; /* frames whose last reference is gone, side by side: freed at once */
    size_t nr_run;
};

static int make_inaccessible(void *ctx, vaddr_t va, pte_t *pte, unsigned level)
{
    (void)ctx;
    (void)va;
    (void)level;
    WRITE_ONCE(*pte, (*pte & ~(PT_RW | PT_U)) | PTE_NO_ACCESS);
    return 0;
}

static void free_run(struct clearing *c)
{
    if (c->nr_run == 1)
        frame_free(c->run, 0);
    else if (c->nr_run > 1)
        frame_free_contig(c->run, c->nr_run);
    c->nr_run = 0;
}

static void drop_leaf(void *ctx, vaddr_t va, pte_t pte, unsigned level)
{
    struct clearing *c = ctx;
    struct frame *frame;

    (void)va;
    if (!pte_has_frame(pte))
        return;
    c->vs->nr_resident -= PT_LEVEL_SIZE(level) >> PAGE_SHIFT;
    frame = pte_to_frame(pte);
    if (!frame_drop(frame))
        return;
    if (frame->order != 0) {
        frame_free(frame, frame->order);
        return;
    }
    if (c->nr_run == 0 || frame != c->run + c->nr_run) {
        free_run(c);
        c->run = frame;
    }
    c->nr_run++;
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

/*
 * A frame may be given away only when no TLB can reach it. With the space active on this CPU alone
 * (or nowhere) dropping first and flushing afterwards is the same: nothing here touches user memory
 * before table_lock is released. Otherwise the entries are first made inaccessible and flushed
 * everywhere.
 */
void tables_clear_locked(struct vspace *vs, uint64_t addr, uint64_t size)
{
    struct clearing c = {.vs = vs};
    cpumask_t here = 1ull << thread_current()->arch.cpu;
    uint64_t end = addr + size;
    int err;

    widen(vs, &addr, &end);
    size = end - addr;
    if (__atomic_load_n(&vs->cpus_active, __ATOMIC_SEQ_CST) & ~here) {
        (void)arch_pt_walk(&vs->tables, addr, size, make_inaccessible, NULL);
        vspace_flush(vs, addr, size);
    }
    err = arch_pt_unmap(&vs->tables, addr, size, drop_leaf, &c);
    free_run(&c);
    assert(err == 0); /* nothing had to be split */
    vspace_flush(vs, addr, size);
}

void tables_clear(struct vspace *vs, uint64_t addr, uint64_t size)
{
    spin_lock(&vs->table_lock);
    tables_clear_locked(vs, addr, size);
    spin_unlock(&vs->table_lock);
}

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
    WRITE_ONCE(*pte, *pte & ~PT_W);
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

/* --- unmap ------------------------------------------------------------------------------------ */

int cut_borders(struct vspace *vs, uint64_t addr, uint64_t size)
{
    struct vma *vma = vspace_find(vs, addr);

    if (vma && vma->start < addr && !vma_split(vma, addr))
        return -ENOMEM;
    vma = vspace_find(vs, addr + size - 1);
    if (vma && vma->start < addr + size && vma->end > addr + size && !vma_split(vma, addr + size))
        return -ENOMEM;
    return 0;
}

int unmap_locked(struct vspace *vs, uint64_t addr, uint64_t size)
{
    struct vma *vma = vspace_find(vs, addr);
    int err;

    if (!vma || vma->start >= addr + size)
        return 0;
    err = cut_borders(vs, addr, size);
    if (err)
        return err;
    vma = vspace_find(vs, addr);
    while (vma && vma->start < addr + size) {
        struct vma *next = vspace_next(vma);

        spin_lock(&vs->table_lock);
        tables_clear_locked(vs, vma->start, vma->end - vma->start);
        vma_remove(vs, vma);
        spin_unlock(&vs->table_lock);
        vma_object_put(vma);
        if (vs->last_anonymous == vma)
            vs->last_anonymous = NULL;
        vma_free(vma);
        vma = next;
    }
    if (vs->mmap_cursor < addr + size)
        vs->mmap_cursor = MIN(addr + size, vs->mmap_top);
    return 0;
}

int vspace_unmap(struct vspace *vs, uint64_t addr, uint64_t size)
{
    int err;

    if (!range_is_valid(vs, addr, size))
        return -EINVAL;
    mutex_lock(&vs->lock);
    err = unmap_locked(vs, addr, size);
    mutex_unlock(&vs->lock);
    return err;
}

/* --- map -------------------------------------------------------------------------------------- */

bool limit_allows(const struct vspace *vs, uint64_t size)
{
    return size <= vs->limits.nr_bytes && vs->nr_bytes <= vs->limits.nr_bytes - size;
}

static int choose_address(struct vspace *vs, const struct vspace_map_request *r, uint64_t *addr)
{
    *addr = ALIGN_DOWN(r->addr, PAGE_SIZE);
    if (r->options & VSPACE_FIXED) {
        if (!range_is_valid(vs, r->addr, r->size))
            return r->addr & PAGE_MASK ? -EINVAL : -ENOMEM;
        if (vma_range_is_free(vs, *addr, r->size))
            return 0;
        if (r->options & VSPACE_NO_REPLACE)
            return -EEXIST;
        return unmap_locked(vs, *addr, r->size);
    }
    if (*addr && range_is_valid(vs, *addr, r->size) && vma_range_is_free(vs, *addr, r->size))
        return 0;
    *addr = vma_find_hole(vs, r->size);
    return *addr ? 0 : -ENOMEM;
}

int map_unlimited(struct vspace *vs, const struct vspace_map_request *r, uint64_t *addr_out)
{
    struct vma *vma = vma_alloc(vs);
    int err;

    if (!vma)
        return -ENOMEM;
    err = choose_address(vs, r, &vma->start);
    if (err) {
        vma_free(vma);
        return err;
    }
    vma->end = vma->start + r->size;
    vma->flags = r->flags;
    vma->ops = r->ops;
    vma->object = r->object;
    vma->offset = r->offset;
    *addr_out = vma->start;
    vma_object_get(vma);
    spin_lock(&vs->table_lock);
    vma_insert(vs, vma);
    spin_unlock(&vs->table_lock);
    vma = vma_merge(vma);
    return 0;
}

/* Bytes of [addr, addr + size) that are mapped. */
static uint64_t nr_bytes_in(struct vspace *vs, uint64_t addr, uint64_t size)
{
    uint64_t nr_bytes = 0;

    for (struct vma *vma = vspace_find(vs, addr); vma && vma->start < addr + size;
         vma = vspace_next(vma))
        nr_bytes += MIN(vma->end, addr + size) - MAX(vma->start, addr);
    return nr_bytes;
}

int map_locked(struct vspace *vs, const struct vspace_map_request *r, uint64_t *addr_out)
{
    uint64_t nr_replaced = 0;

    if (r->options & VSPACE_FIXED && range_is_valid(vs, r->addr, r->size))
        nr_replaced = nr_bytes_in(vs, r->addr, r->size);
    return limit_allows(vs, r->size - nr_replaced) ? map_unlimited(vs, r, addr_out) : -ENOMEM;
}

int vspace_map(struct vspace *vs, const struct vspace_map_request *request, uint64_t *addr_out)
{
    int err;

    if (!IS_ALIGNED(request->size, PAGE_SIZE) || request->size == 0)
        return -EINVAL;
    if (request->size > vs->limit - vs->base)
        return -ENOMEM;
    mutex_lock(&vs->lock);
    err = map_locked(vs, request, addr_out);
    mutex_unlock(&vs->lock);
    if (!err && (request->options & VSPACE_POPULATE)) {
        uint32_t access = request->flags & VMA_WRITE && !(request->flags & VMA_SHARED)
                              ? VMA_WRITE
                              : request->flags & (VMA_READ | VMA_EXEC);

        if (access && vspace_populate(vs, *addr_out, request->size, access) != 0)
            log_debug("vspace: only part of a mapping could be populated");
    }
    return err;
}

/* --- protect, flags, discard ------------------------------------------------------------------ */

/* Is every byte of the range in some VMA? */
static bool is_covered(struct vspace *vs, uint64_t addr, uint64_t size)
{
    uint64_t at = addr;

    for (struct vma *vma = vspace_find(vs, addr); vma && vma->start <= at; vma = vspace_next(vma)) {
        at = vma->end;
        if (at >= addr + size)
            return true;
    }
    return false;
}

static int protect_leaf(void *ctx, vaddr_t va, pte_t *pte, unsigned level)
{
    uint64_t rights = *(const uint64_t *)ctx;

    (void)va;
    (void)level;
    /* A private page becomes writable by its first write, which sees whether it is shared. */
    if (!(*pte & PT_W))
        rights &= ~PT_W;
    WRITE_ONCE(*pte, (*pte & ~(PT_LEAF | PT_U)) | rights);
    return 0;
}

static void protect_vma(struct vma *vma, uint32_t rights)
{
    struct vspace *vs = vma->vspace;
    uint64_t flags = pte_flags(vs, rights);
    bool gains_exec = (rights & VMA_EXEC) && !(vma->flags & VMA_EXEC);

    spin_lock(&vs->table_lock);
    vma->flags = (vma->flags & ~VMA_RIGHTS) | rights;
    /* A large page may show more than this VMA: it is made anew. */
    if (vma->ops == &vma_physical) {
        tables_clear_locked(vs, vma->start, vma->end - vma->start);
    } else {
        (void)arch_pt_walk(&vs->tables, vma->start, vma->end - vma->start, protect_leaf, &flags);
        vspace_flush(vs, vma->start, vma->end - vma->start);
    }
    spin_unlock(&vs->table_lock);
    if (gains_exec)
        vspace_flush_code(vs);
}

int vspace_protect(struct vspace *vs, uint64_t addr, uint64_t size, uint32_t rights)
{
    struct vma *vma;
    int err = 0;

    if (!IS_ALIGNED(addr, PAGE_SIZE))
        return -EINVAL;
    if (!range_is_valid(vs, addr, size))
        return -ENOMEM;
    mutex_lock(&vs->lock);
    if (!is_covered(vs, addr, size))
        err = -ENOMEM;
    for (vma = vspace_find(vs, addr); !err && vma && vma->start < addr + size;
         vma = vspace_next(vma)) {
        if ((rights & VMA_WRITE) && (vma->flags & VMA_SHARED) && !(vma->flags & VMA_MAY_WRITE))
            err = -EACCES;
    }
    if (!err)
        err = cut_borders(vs, addr, size);
    if (!err) {
        vma = vspace_find(vs, addr);
        while (vma && vma->start < addr + size) {
            protect_vma(vma, rights);
            vma = vspace_next(vma_merge(vma));
        }
    }
    mutex_unlock(&vs->lock);
    return err;
}

int vspace_set_flags(struct vspace *vs, uint64_t addr, uint64_t size, uint32_t set, uint32_t clear)
{
    struct vma *vma;
    int err;

    if (!range_is_valid(vs, addr, size))
        return -ENOMEM;
    mutex_lock(&vs->lock);
    err = is_covered(vs, addr, size) ? cut_borders(vs, addr, size) : -ENOMEM;
    if (!err) {
        vma = vspace_find(vs, addr);
        while (vma && vma->start < addr + size) {
            spin_lock(&vs->table_lock);
            vma->flags = (vma->flags & ~clear) | set;
            spin_unlock(&vs->table_lock);
            vma = vspace_next(vma_merge(vma));
        }
    }
    mutex_unlock(&vs->lock);
    return err;
}

int vspace_discard(struct vspace *vs, uint64_t addr, uint64_t size)
{
    int err = 0;

    if (!range_is_valid(vs, addr, size))
        return -ENOMEM;
    mutex_lock(&vs->lock);
    if (!is_covered(vs, addr, size))
        err = -ENOMEM;
    for (struct vma *vma = vspace_find(vs, addr); vma && vma->start < addr + size;
         vma = vspace_next(vma)) {
        uint64_t from = MAX(vma->start, addr);

        if (vma->flags & VMA_LOCKED)
            err = -EINVAL;
        else
            tables_clear(vs, from, MIN(vma->end, addr + size) - from);
    }
    mutex_unlock(&vs->lock);
    return err;
}

/* --- brk -------------------------------------------------------------------------------------- */

static bool brk_grow(struct vspace *vs, uint64_t from, uint64_t to)
{
    struct vspace_map_request r = {
        .addr = from,
        .size = to - from,
        .flags = VMA_READ | VMA_WRITE | VMA_HEAP,
        .options = VSPACE_FIXED | VSPACE_NO_REPLACE,
        .ops = &vma_anonymous,
    };
    uint64_t addr;

    return map_locked(vs, &r, &addr) == 0;
}

uint64_t vspace_brk(struct vspace *vs, uint64_t new_brk)
{
    uint64_t old_end, new_end;

    mutex_lock(&vs->lock);
    old_end = ALIGN_UP(vs->brk, PAGE_SIZE);
    if (new_brk >= vs->brk_start && new_brk < vs->limit) {
        new_end = ALIGN_UP(new_brk, PAGE_SIZE);
        if (new_end == old_end || (new_end > old_end && brk_grow(vs, old_end, new_end)) ||
            (new_end < old_end && unmap_locked(vs, new_end, old_end - new_end) == 0))
            vs->brk = new_brk;
    }
    new_brk = vs->brk;
    mutex_unlock(&vs->lock);
    return new_brk;
}
