/*
 * Operations on the map: map, unmap, protect, flags, discard, brk. Each first makes every
 * allocation (splits, a new VMA), then commits.
 */
#include "internal.h"

uint32_t vspace_max_vmas = 65530;

bool range_is_valid(const struct vspace *vs, uint64_t addr, uint64_t size)
{
    return IS_ALIGNED(addr, PAGE_SIZE) && IS_ALIGNED(size, PAGE_SIZE) && size > 0 &&
           addr >= vs->base && addr < vs->limit && size <= vs->limit - addr;
}

/* --- unmap ------------------------------------------------------------------------------------ */

/* Split the VMA around addr, if there is one; refuse a split beyond the limit. */
static int cut_at(struct vspace *vs, uint64_t addr, bool is_limited)
{
    struct vma *vma = vspace_find(vs, addr);

    if (!vma || vma->start >= addr)
        return 0;
    if (is_limited && vs->nr_vmas >= READ_ONCE(vspace_max_vmas))
        return -ENOMEM;
    return vma_split(vma, addr) ? 0 : -ENOMEM;
}

int cut_borders(struct vspace *vs, uint64_t addr, uint64_t size, bool is_limited)
{
    int err = cut_at(vs, addr, is_limited);

    return err ? err : cut_at(vs, addr + size, is_limited);
}

int unmap_locked(struct vspace *vs, uint64_t addr, uint64_t size)
{
    struct vma *vma = vspace_find(vs, addr);
    int err;

    if (!vma || vma->start >= addr + size)
        return 0;
    /* Only a hole inside one VMA increases their number. */
    if (vma->start < addr && vma->end > addr + size && vs->nr_vmas >= READ_ONCE(vspace_max_vmas))
        return -ENOMEM;
    err = cut_borders(vs, addr, size, false);
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
    struct vma *vma;
    int err;

    if (vs->nr_vmas > READ_ONCE(vspace_max_vmas))
        return -ENOMEM;
    vma = vma_alloc(vs);
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

/* Count the mapped bytes of [addr, addr + size). */
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

/* True if VMAs cover the whole range. */
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
    /* Leave private pages read-only: the first write checks whether the frame is shared. */
    if (!pte_has(*pte, PT_W))
        rights &= ~PT_W;
    WRITE_ONCE(*pte, pte_with_rights(*pte, rights));
    return 0;
}

static void protect_vma(struct vma *vma, uint32_t rights)
{
    struct vspace *vs = vma->vspace;
    uint64_t flags = pte_flags(rights);
    bool gains_exec = (rights & VMA_EXEC) && !(vma->flags & VMA_EXEC);

    spin_lock(&vs->table_lock);
    vma->flags = (vma->flags & ~VMA_RIGHTS) | rights;
    /* A large page may extend beyond this VMA: clear it, it is faulted in again. */
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

static bool may_protect(const struct vma *vma, uint32_t rights)
{
    if ((rights & VMA_WRITE) && (vma->flags & VMA_SHARED) && !(vma->flags & VMA_MAY_WRITE))
        return false;
    return !((rights & VMA_EXEC) && (vma->flags & VMA_NEVER_EXEC));
}

/* Set the rights of the VMA at `at`, up to `end`; *next is the end of the changed part. */
static int protect_one(struct vspace *vs, uint64_t at, uint64_t end, uint32_t rights,
                       uint64_t *next)
{
    struct vma *vma = vspace_find(vs, at);
    int err;

    if (!vma || vma->start > at)
        return -ENOMEM;
    if (!may_protect(vma, rights))
        return -EACCES;
    if ((vma->flags & VMA_RIGHTS) != rights) {
        err = cut_borders(vs, at, MIN(vma->end, end) - at, true);
        if (err) {
            vma_merge(vspace_find(vs, at));
            return err;
        }
        vma = vspace_find(vs, at);
        protect_vma(vma, rights);
        vma = vma_merge(vma);
    }
    *next = vma->end;
    return 0;
}

int vspace_protect(struct vspace *vs, uint64_t addr, uint64_t size, uint32_t rights)
{
    const uint64_t end = addr + size;
    int err = 0;

    if (!IS_ALIGNED(addr, PAGE_SIZE))
        return -EINVAL;
    if (!range_is_valid(vs, addr, size))
        return -ENOMEM;
    mutex_lock(&vs->lock);
    for (uint64_t at = addr; !err && at < end;)
        err = protect_one(vs, at, end, rights, &at);
    mutex_unlock(&vs->lock);
    return err;
}

static int set_flags_one(struct vspace *vs, uint64_t at, uint64_t end, uint32_t set, uint32_t clear,
                         uint64_t *next)
{
    struct vma *vma = vspace_find(vs, at);
    uint32_t flags = (vma->flags & ~clear) | set;
    int err;

    if (vma->flags != flags) {
        err = cut_borders(vs, at, MIN(vma->end, end) - at, true);
        if (err) {
            vma_merge(vspace_find(vs, at));
            return err;
        }
        vma = vspace_find(vs, at);
        spin_lock(&vs->table_lock);
        vma->flags = flags;
        spin_unlock(&vs->table_lock);
        vma = vma_merge(vma);
    }
    *next = vma->end;
    return 0;
}

int vspace_set_flags(struct vspace *vs, uint64_t addr, uint64_t size, uint32_t set, uint32_t clear)
{
    const uint64_t end = addr + size;
    int err = 0, hole = 0;

    if (!range_is_valid(vs, addr, size))
        return -ENOMEM;
    mutex_lock(&vs->lock);
    for (uint64_t at = addr; !err && at < end;) {
        struct vma *vma = vspace_find(vs, at);

        if (!vma || vma->start > at)
            hole = -ENOMEM;
        if (hole && (!vma || vma->start >= end || ((set | clear) & VMA_LOCKED)))
            break;
        err = set_flags_one(vs, MAX(at, vma->start), end, set, clear, &at);
    }
    mutex_unlock(&vs->lock);
    return err ? err : hole;
}

/* Drop the pages from *at to the end of the VMA there, or of the range, and move *at behind them.
 */
static int discard_one(struct vspace *vs, uint64_t *at, uint64_t end)
{
    struct vma *vma;
    int err = 0;

    spin_lock(&vs->table_lock);
    vma = vspace_find(vs, *at);
    if (!vma || vma->start >= end) {
        *at = end;
    } else if (vma->flags & VMA_LOCKED) {
        err = -EINVAL;
    } else {
        *at = MAX(vma->start, *at);
        tables_clear_locked(vs, *at, MIN(vma->end, end) - *at);
        *at = MIN(vma->end, end);
    }
    spin_unlock(&vs->table_lock);
    return err;
}

/* Changes no VMA, so table_lock is enough: threads discard and fault beside each other. */
int vspace_discard(struct vspace *vs, uint64_t addr, uint64_t size)
{
    const uint64_t end = addr + size;
    int err = 0, hole;

    if (!range_is_valid(vs, addr, size))
        return -ENOMEM;
    spin_lock(&vs->table_lock);
    hole = is_covered(vs, addr, size) ? 0 : -ENOMEM;
    spin_unlock(&vs->table_lock);
    while (!err && addr < end)
        err = discard_one(vs, &addr, end);
    return err ? err : hole;
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
