/*
 * The VMA tree: lookup, splitting, merging, holes. The page tables are not changed here: splitting
 * or merging VMAs leaves mapped pages as they are.
 */
#include "internal.h"

#include <slab/slab.h>

static struct slab_cache vma_cache;

void vma_module_init(void)
{
    slab_cache_init(&vma_cache, "vma", sizeof(struct vma), 0, NULL);
}

struct vma *vma_alloc(struct vspace *vs)
{
    struct vma *vma = slab_zalloc(&vma_cache);

    if (vma) {
        vma->vspace = vs;
        list_init(&vma->object_node);
    }
    return vma;
}

void vma_free(struct vma *vma)
{
    slab_free(&vma_cache, vma);
}

void vma_object_get(struct vma *vma)
{
    if (vma->ops->get)
        vma->ops->get(vma);
}

void vma_object_put(struct vma *vma)
{
    if (vma->ops->put)
        vma->ops->put(vma);
}

static bool starts_lower(const struct rb_node *a, const struct rb_node *b)
{
    return rb_entry(a, const struct vma, node)->start < rb_entry(b, const struct vma, node)->start;
}

void vma_insert(struct vspace *vs, struct vma *vma)
{
    rb_insert(&vs->vmas, &vma->node, starts_lower);
    vs->nr_vmas++;
    vs->nr_bytes += vma->end - vma->start;
}

void vma_remove(struct vspace *vs, struct vma *vma)
{
    rb_erase(&vs->vmas, &vma->node);
    vs->nr_vmas--;
    vs->nr_bytes -= vma->end - vma->start;
    if (vs->last_found == vma)
        WRITE_ONCE(vs->last_found, NULL);
}

struct vma *vspace_next(struct vma *vma)
{
    return rb_entry_or_null(rb_next(&vma->node), struct vma, node);
}

struct vma *vma_prev(struct vma *vma)
{
    return rb_entry_or_null(rb_prev(&vma->node), struct vma, node);
}

struct vma *vspace_find(struct vspace *vs, uint64_t addr)
{
    struct vma *best = READ_ONCE(vs->last_found);
    struct rb_node *n = vs->vmas.node;

    if (best && addr >= best->start && addr < best->end)
        return best;
    best = NULL;
    while (n) {
        struct vma *vma = rb_entry(n, struct vma, node);

        if (addr < vma->end) {
            best = vma;
            if (addr >= vma->start)
                break;
            n = n->left;
        } else {
            n = n->right;
        }
    }
    if (best)
        WRITE_ONCE(vs->last_found, best);
    return best;
}

bool vma_range_is_free(struct vspace *vs, uint64_t addr, uint64_t size)
{
    struct vma *vma = vspace_find(vs, addr);

    return !vma || vma->start >= addr + size;
}

struct vma *vma_split(struct vma *vma, uint64_t addr)
{
    struct vspace *vs = vma->vspace;
    struct vma *high = vma_alloc(vs);

    if (!high)
        return NULL;
    high->start = addr;
    high->end = vma->end;
    high->flags = vma->flags;
    high->ops = vma->ops;
    high->object = vma->object;
    high->offset = vma->offset + (addr - vma->start);

    vma_object_get(high);
    spin_lock(&vs->table_lock);
    vs->nr_bytes -= high->end - high->start; /* vma_insert adds it again */
    vma->end = addr;
    vma_insert(vs, high);
    spin_unlock(&vs->table_lock);
    return high;
}

bool vma_can_join(const struct vma *low, const struct vma *high)
{
    return low->end == high->start && low->ops == high->ops && low->object == high->object &&
           low->flags == high->flags && !(low->flags & (VMA_GROWS_DOWN | VMA_MOVING)) &&
           (!low->ops->page || low->offset + (low->end - low->start) == high->offset) &&
           (!low->ops->can_merge || low->ops->can_merge(low, high));
}

static void absorb(struct vma *low, struct vma *high)
{
    struct vspace *vs = low->vspace;

    spin_lock(&vs->table_lock);
    vma_remove(vs, high);
    vs->nr_bytes += high->end - high->start;
    low->end = high->end;
    spin_unlock(&vs->table_lock);
    vma_object_put(high);
    vma_free(high);
}

struct vma *vma_merge(struct vma *vma)
{
    struct vma *low = vma_prev(vma);
    struct vma *high;

    if (low && vma_can_join(low, vma)) {
        absorb(low, vma);
        vma = low;
    }
    /* Loop: a range with new rights may merge with several VMAs that had them already. */
    while ((high = vspace_next(vma)) != NULL && vma_can_join(vma, high))
        absorb(vma, high);
    return vma;
}

/* Find the highest hole of that size that ends at or below `top`; 0: none. */
static uint64_t hole_below(struct vspace *vs, uint64_t size, uint64_t top)
{
    struct vma *vma = vspace_find(vs, top - 1);

    if (vma && vma->start < top)
        top = vma->start; /* contains `top` */
    vma = vma ? vma_prev(vma) : rb_entry_or_null(rb_last(&vs->vmas), struct vma, node);
    for (;;) {
        uint64_t floor = vma ? MAX(vma->end, vs->place_base) : vs->place_base;

        if (top >= size && top - size >= floor)
            return top - size;
        if (!vma)
            return 0;
        top = MIN(top, vma->start);
        vma = vma_prev(vma);
    }
}

/*
 * Allocate top-down, as Linux lays out a process: continue below the last hole used, and restart at
 * the top if nothing is found. Unmapping above the cursor raises it (map.c).
 */
uint64_t vma_find_hole(struct vspace *vs, uint64_t size)
{
    uint64_t addr = 0;

    if (vs->mmap_cursor && vs->mmap_cursor < vs->mmap_top)
        addr = hole_below(vs, size, vs->mmap_cursor);
    if (!addr)
        addr = hole_below(vs, size, vs->mmap_top);
    if (!addr)
        addr = hole_below(vs, size, vs->limit);
    if (addr)
        vs->mmap_cursor = addr;
    return addr;
}
