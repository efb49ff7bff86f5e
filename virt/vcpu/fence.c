/*
 * Remote fences among the vCPUs of a machine (SBI RFENCE).
 *
 * A request is a bit in the target, executed before the target runs another guest instruction. The
 * sender waits only for targets that execute guest instructions on other harts at this moment; an
 * IPI makes them exit. A vCPU in the host, or on no hart, uses no guest translations: it sees the
 * request when it resumes. So nobody waits for a vCPU that itself waits here.
 */
#include "internal.h"

#include <bits/bits.h>

void vcpu_fences_do(struct vcpu *v)
{
    const uint32_t kinds = __atomic_exchange_n(&v->fences, 0, __ATOMIC_ACQUIRE);

    if (kinds & FENCE_TABLE)
        guest_fence_stage1(GUEST_ALL, GUEST_ALL);
    if (kinds & FENCE_CODE)
        arch_fence_i();
}

static void fence_here(uint32_t kind, const struct vsbi_range *range, uint64_t asid)
{
    if (kind == FENCE_CODE)
        arch_fence_i();
    else if (range->nr_pages == 0)
        guest_fence_stage1(GUEST_ALL, asid);
    else
        for (unsigned i = 0; i < range->nr_pages; i++)
            guest_fence_stage1(range->start + i * PAGE_SIZE, asid);
}

/* True if v may still use stale translations. */
static bool is_outstanding(const struct vcpu *v, uint32_t kind)
{
    return __atomic_load_n(&v->is_in_guest, __ATOMIC_ACQUIRE) &&
           (__atomic_load_n(&v->fences, __ATOMIC_ACQUIRE) & kind);
}

static void fence_others(struct vcpu *v, uint64_t harts, uint32_t kind)
{
    uint64_t outstanding = 0;

    for (uint64_t left = harts; left; left &= left - 1)
        __atomic_fetch_or(&v->set->vcpus[bit_lowest64(left)]->fences, kind, __ATOMIC_RELAXED);
    arch_mb(); /* pairs with vcpu_guest_enter() */
    for (uint64_t left = harts; left; left &= left - 1) {
        struct vcpu *target = v->set->vcpus[bit_lowest64(left)];

        if (is_outstanding(target, kind)) {
            vcpu_kick(target);
            outstanding |= 1ul << target->id;
        }
    }
    if (!outstanding)
        return;
    arch_irq_enable();
    for (; outstanding; outstanding &= outstanding - 1)
        while (is_outstanding(v->set->vcpus[bit_lowest64(outstanding)], kind))
            arch_cpu_relax();
    arch_irq_disable();
}

void vcpu_fences_send(struct vcpu *v, uint64_t harts, uint32_t kind, const struct vsbi_range *range,
                      uint64_t asid)
{
    const uint64_t self = 1ul << v->id;

    if (harts & self)
        fence_here(kind, range, asid);
    if (harts & ~self)
        fence_others(v, harts & ~self, kind);
}
