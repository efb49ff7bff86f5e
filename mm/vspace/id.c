/*
 * Address-space identifiers and the TLB.
 *
 * ASIDs and VMIDs are handed out by generation: a space keeps its identifier until all are used up;
 * then a new generation begins, every CPU flushes its whole TLB once before it enters the next
 * space, and spaces that are running at that moment keep the identifier they have. Identifier 0 is
 * the kernel's own table's. With no identifiers at all (one value) every switch flushes.
 *
 * Stale entries. A change is flushed on the CPUs that run the space now; all others are marked in
 * cpus_stale and flush when they enter it. A CPU sets its bit in cpus_active before it reads
 * cpus_stale, and a changer writes the tables before it reads cpus_active, so one of the two sees
 * the other.
 */
#include "internal.h"

#include <arch/smp.h>
#include <percpu/percpu.h>

#define NR_IDS_MAX 65536

struct id_space {
    struct spinlock lock;
    uint64_t generation; /* [a] written with lock */
    unsigned nr_ids, next;
    cpumask_t cpus_flush; /* [a] CPUs that must flush everything before they enter a space */
    struct vspace *active[NR_CPUS_MAX];  /* space that each CPU runs */
    uint64_t *used PT_GUARDED_BY(&lock); /* [lock] kept in this generation by running spaces */
};

/* Separate arrays, so that they lie in .bss. */
static uint64_t stage1_used[NR_IDS_MAX / 64], gstage_used[NR_IDS_MAX / 64];

static struct id_space stage1_ids = {
    .lock = SPINLOCK_INIT("ASIDs"), .generation = 1, .next = 1, .used = stage1_used};
static struct id_space gstage_ids = {
    .lock = SPINLOCK_INIT("VMIDs"), .generation = 1, .next = 1, .used = gstage_used};
static const struct vspace_gstage_ops *gstage_ops;

void vspace_boot(void)
{
    vma_module_init();
    stage1_ids.nr_ids = MIN(arch_asid_count(), (unsigned)NR_IDS_MAX);
}

void vspace_gstage_register(const struct vspace_gstage_ops *ops)
{
    gstage_ops = ops;
    gstage_ids.nr_ids = MIN(ops->nr_vmids, (unsigned)NR_IDS_MAX);
}

static void new_generation(struct id_space *ids) REQUIRES(&ids->lock)
{
    memset(ids->used, 0, NR_IDS_MAX / 8);
    __atomic_store_n(&ids->generation, ids->generation + 1, __ATOMIC_RELEASE);
    for (unsigned cpu = 0; cpu < NR_CPUS_MAX; cpu++) {
        struct vspace *vs = ids->active[cpu];

        if (!vs)
            continue;
        vs->id_generation = ids->generation;
        ids->used[vs->id / 64] |= 1ull << (vs->id % 64);
    }
    __atomic_store_n(&ids->cpus_flush, ~0ull, __ATOMIC_SEQ_CST);
    ids->next = 1;
}

static void id_assign(struct id_space *ids, struct vspace *vs) REQUIRES(&ids->lock)
{
    for (;;) {
        if (ids->next >= ids->nr_ids)
            new_generation(ids);
        if (vs->id_generation == ids->generation)
            return; /* running on some CPU, so it keeps its identifier */
        while (ids->next < ids->nr_ids && (ids->used[ids->next / 64] >> (ids->next % 64) & 1))
            ids->next++;
        if (ids->next < ids->nr_ids)
            break;
    }
    vs->id = ids->next++;
    vs->id_generation = ids->generation;
    if (vs->format == VSPACE_STAGE1)
        vs->satp = arch_satp_make(&vs->tables, vs->id);
}

/*
 * Make vs the space of this CPU. Returns what to flush first: 0 nothing, 1 its identifier, 2
 * everything.
 */
static int enter(struct id_space *ids, struct vspace *vs, unsigned cpu)
{
    cpumask_t here = 1ull << cpu;
    int flush = 0;

    __atomic_fetch_or(&vs->cpus_active, here, __ATOMIC_SEQ_CST);
    if (unlikely(ids->nr_ids < 2)) {
        if (vs->format == VSPACE_STAGE1)
            vs->satp = arch_satp_make(&vs->tables, 0);
        vs->id = 0;
        ids->active[cpu] = vs;
        return 2;
    }
    if (unlikely(vs->id_generation != __atomic_load_n(&ids->generation, __ATOMIC_ACQUIRE))) {
        spin_lock(&ids->lock);
        if (vs->id_generation != ids->generation)
            id_assign(ids, vs);
        ids->active[cpu] = vs;
        spin_unlock(&ids->lock);
    } else {
        /* A concurrent rollover sees the old or the new space here; both are valid. */
        __atomic_store_n(&ids->active[cpu], vs, __ATOMIC_SEQ_CST);
        if (unlikely(vs->id_generation != __atomic_load_n(&ids->generation, __ATOMIC_SEQ_CST))) {
            spin_lock(&ids->lock);
            if (vs->id_generation != ids->generation)
                id_assign(ids, vs);
            spin_unlock(&ids->lock);
        }
    }
    if (unlikely(__atomic_load_n(&ids->cpus_flush, __ATOMIC_RELAXED) & here)) {
        __atomic_fetch_and(&ids->cpus_flush, ~here, __ATOMIC_SEQ_CST);
        __atomic_fetch_and(&vs->cpus_stale, ~here, __ATOMIC_SEQ_CST);
        flush = 2;
    } else if (unlikely(__atomic_load_n(&vs->cpus_stale, __ATOMIC_SEQ_CST) & here)) {
        __atomic_fetch_and(&vs->cpus_stale, ~here, __ATOMIC_SEQ_CST);
        flush = 1;
    }
    return flush;
}

static void leave(struct id_space *ids, unsigned cpu)
{
    struct vspace *vs = ids->active[cpu];

    if (!vs)
        return;
    __atomic_store_n(&ids->active[cpu], NULL, __ATOMIC_RELEASE);
    __atomic_fetch_and(&vs->cpus_active, ~(1ull << cpu), __ATOMIC_SEQ_CST);
}

void vspace_activate(struct vspace *vs)
{
    unsigned cpu = thread_current()->arch.cpu;
    int flush;

    if (stage1_ids.active[cpu] == vs)
        return;
    if (!vs) {
        arch_satp_set(arch_satp_make(&arch_kernel_pt, 0));
        leave(&stage1_ids, cpu);
        return;
    }
    leave(&stage1_ids, cpu);
    flush = enter(&stage1_ids, vs, cpu);
    arch_satp_set(vs->satp);
    if (unlikely(flush)) {
        if (flush == 2)
            arch_tlb_flush_all();
        else
            arch_tlb_flush_asid(vs->id);
    }
    if (unlikely(__atomic_load_n(&vs->cpus_stale_code, __ATOMIC_RELAXED) & (1ull << cpu))) {
        __atomic_fetch_and(&vs->cpus_stale_code, ~(1ull << cpu), __ATOMIC_SEQ_CST);
        arch_fence_i();
    }
}

bool vspace_gstage_enter(struct vspace *vs, vmid_t *vmid, bool *all)
{
    unsigned cpu = thread_current()->arch.cpu;
    int flush = 0;

    if (gstage_ids.active[cpu] != vs || (vs->cpus_stale >> cpu & 1)) {
        leave(&gstage_ids, cpu);
        flush = enter(&gstage_ids, vs, cpu);
    }
    *vmid = vs->id;
    *all = flush == 2;
    return flush != 0;
}

void vspace_gstage_leave(struct vspace *vs)
{
    unsigned cpu = thread_current()->arch.cpu;

    if (gstage_ids.active[cpu] == vs)
        leave(&gstage_ids, cpu);
}

void vspace_flush(struct vspace *vs, uint64_t addr, uint64_t size)
{
    cpumask_t active;

    arch_mb();
    active = __atomic_load_n(&vs->cpus_active, __ATOMIC_SEQ_CST);
    if (~active & ~vs->cpus_stale)
        __atomic_fetch_or(&vs->cpus_stale, ~active, __ATOMIC_SEQ_CST);
    /* A CPU that became active in between has seen the mark or the new tables. */
    active |= __atomic_load_n(&vs->cpus_active, __ATOMIC_SEQ_CST);
    if (!active)
        return;
    if (vs->format == VSPACE_STAGE1)
        arch_tlb_shootdown(active, addr, size, vs->id);
    else
        gstage_ops->shootdown(active, addr, size, vs->id);
}

/* An entry was strengthened: a CPU with the weak one in its TLB faults once and comes here. */
void vspace_flush_local(struct vspace *vs, uint64_t addr)
{
    if (vs->format == VSPACE_STAGE1)
        arch_tlb_flush_page(addr, vs->id);
    else if (gstage_ops)
        gstage_ops->shootdown(1ull << thread_current()->arch.cpu, addr, PAGE_SIZE, vs->id);
}

void vspace_flush_code(struct vspace *vs)
{
    cpumask_t here, active;

    preempt_disable();
    here = 1ull << thread_current()->arch.cpu;
    active = __atomic_load_n(&vs->cpus_active, __ATOMIC_SEQ_CST);
    __atomic_fetch_or(&vs->cpus_stale_code, ~(active | here), __ATOMIC_SEQ_CST);
    active |= __atomic_load_n(&vs->cpus_active, __ATOMIC_SEQ_CST);
    arch_fence_i();
    if (active & ~here)
        arch_fence_i_remote(active & ~here);
    preempt_enable();
}

void vspace_id_release(struct vspace *vs)
{
    (void)vs; /* identifiers are freed by the next generation */
}
