/*
 * Remote fences among the vCPUs of a machine (SBI RFENCE).
 *
 * A request is a bit in the target, executed before the target runs another guest instruction. The
 * sender waits until every target that is in a hart has seen it. While it waits it executes its own
 * requests, so that two vCPUs that fence each other both get on.
 */
#include "internal.h"

void vcpu_fences_do(struct vcpu *v)
{
    const uint32_t kinds = __atomic_exchange_n(&v->fences, 0, __ATOMIC_ACQUIRE);

    if (kinds & FENCE_TABLE)
        hext_fence_vvma(HEXT_ALL, HEXT_ALL);
    if (kinds & FENCE_CODE)
        arch_fence_i();
}

static void fence_here(uint32_t kind, const struct vsbi_range *range, uint64_t asid)
{
    if (kind == FENCE_CODE) {
        arch_fence_i();
    } else if (range->nr_pages == 0) {
        hext_fence_vvma(HEXT_ALL, asid);
    } else {
        for (unsigned i = 0; i < range->nr_pages; i++)
            hext_fence_vvma(range->start + i * PAGE_SIZE, asid);
    }
}

/* Does v still have to see the request? A vCPU that is in no hart sees it when it comes back. */
static bool is_outstanding(const struct vcpu *v, uint32_t kind)
{
    return (__atomic_load_n(&v->fences, __ATOMIC_ACQUIRE) & kind) &&
           __atomic_load_n(&v->hext.is_loaded, __ATOMIC_ACQUIRE);
}

static void fence_others(struct vcpu *v, uint64_t harts, uint32_t kind)
{
    for (unsigned i = 0; i < v->set->nr_vcpus; i++) {
        struct vcpu *target = v->set->vcpus[i];

        if (!(harts >> i & 1))
            continue;
        __atomic_fetch_or(&target->fences, kind, __ATOMIC_SEQ_CST);
        arch_mb(); /* pairs with vcpu_load() */
        if (is_outstanding(target, kind))
            thread_kick(&target->thread);
    }
    arch_irq_enable();
    for (unsigned i = 0; i < v->set->nr_vcpus; i++) {
        while ((harts >> i & 1) && is_outstanding(v->set->vcpus[i], kind)) {
            arch_irq_disable();
            if (v->hext.is_loaded && v->fences)
                vcpu_fences_do(v);
            arch_irq_enable();
            arch_cpu_relax();
        }
    }
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
