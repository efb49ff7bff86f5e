/*
 * Life cycle of a vspace, and the kinds of VMA that need no other component.
 */
#include "internal.h"

#include <heap/heap.h>
#include <time/time.h>

static int physical_page(struct vma *vma, uint64_t offset, uint32_t access, struct vma_page *out)
{
    (void)vma;
    (void)access;
    *out = (struct vma_page){.pa = PADDR(offset), .is_writable = true};
    return 0;
}

static uint64_t physical_identity(const struct vma *vma)
{
    (void)vma;
    return 1; /* all physical memory is one object */
}

const struct vma_ops vma_anonymous = {.name = "anonymous"};
const struct vma_ops vma_physical = {
    .name = "physical", .page = physical_page, .identity = physical_identity};

int vspace_init(struct vspace *vs, enum vspace_format format, uint64_t base, uint64_t limit)
{
    enum arch_pt_kind kind = format == VSPACE_STAGE1 ? ARCH_PT_STAGE1 : ARCH_PT_GSTAGE;

    memset(vs, 0, sizeof(*vs));
    mutex_init(&vs->lock);
    spin_init(&vs->table_lock, "vspace tables");
    rb_root_init(&vs->vmas);
    vs->base = base;
    vs->place_base = base;
    vs->limit = limit;
    vs->mmap_top = limit;
    vs->format = format;
    vs->refcount = 1;
    vs->limits.nr_bytes = UINT64_MAX;
    vs->limits.stack_bytes = MIB(8);
    return arch_pt_init(&vs->tables, kind);
}

struct vspace *vspace_create(enum vspace_format format, uint64_t base, uint64_t limit)
{
    struct vspace *vs = heap_alloc(sizeof(*vs));

    if (vs && vspace_init(vs, format, base, limit) != 0) {
        heap_free(vs);
        return NULL;
    }
    return vs;
}

/*
 * Release the objects first: until then a truncation may remove entries. The frames stay referenced
 * by the entries, and the tables are dropped as a whole afterwards.
 */
void vspace_destroy(struct vspace *vs)
{
    struct vma *vma, *next;

    assert(vs->cpus_active == 0);
    rb_for_each_entry(vma, &vs->vmas, node)
        vma_object_put(vma);
    rb_for_each_entry_safe(vma, next, &vs->vmas, node) {
        tables_drop_frames(vs, vma->start, vma->end - vma->start);
        spin_lock(&vs->table_lock);
        vma_remove(vs, vma);
        spin_unlock(&vs->table_lock);
        vma_free(vma);
    }
    vspace_id_release(vs);
    arch_pt_destroy(&vs->tables);
}

uint64_t vspace_nr_tables(struct vspace *vs)
{
    uint64_t nr_tables;

    spin_lock(&vs->table_lock);
    nr_tables = arch_pt_count_tables(&vs->tables);
    spin_unlock(&vs->table_lock);
    return nr_tables + 1;
}

void vspace_get(struct vspace *vs)
{
    __atomic_fetch_add(&vs->refcount, 1, __ATOMIC_RELAXED);
}

/* Return heap memory after a space with many mappings, at most ten times a second. */
#define HEAP_KEPT_FRAMES 256u
#define TRIM_INTERVAL_NS 100000000ull

static void trim_heap(void)
{
    static uint64_t next_ns; /* [a] a race only trims twice */
    struct heap_stats stats;
    uint64_t now;

    heap_stats(&stats);
    if (likely(stats.nr_frames <= HEAP_KEPT_FRAMES))
        return;
    now = time_now_ns();
    if (now < READ_ONCE(next_ns))
        return;
    WRITE_ONCE(next_ns, now + TRIM_INTERVAL_NS);
    (void)heap_shrink();
}

void vspace_put(struct vspace *vs)
{
    if (__atomic_fetch_sub(&vs->refcount, 1, __ATOMIC_ACQ_REL) != 1)
        return;
    vspace_destroy(vs);
    heap_free(vs);
    trim_heap();
}
