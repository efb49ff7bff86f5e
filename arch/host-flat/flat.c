/*
 * Page tables on the host, for tests that have none: mapping frame descriptors in the kernel's
 * table makes the host's pages there accessible; every other mapping call reports -ENOSYS.
 */
#include <arch/paging.h>
#include <base/errno.h>
#include <host/host.h>

struct arch_pt arch_kernel_pt;

int arch_pt_map(struct arch_pt *pt, vaddr_t va, paddr_t pa, uint64_t size, uint64_t flags,
                unsigned max_level)
{
    return pt == &arch_kernel_pt ? host_descriptors_map(va, size) : -ENOSYS;
}

int arch_pt_unmap(struct arch_pt *pt, vaddr_t va, uint64_t size,
                  void (*leaf)(void *ctx, vaddr_t va, pte_t pte, unsigned level), void *ctx)
{
    return -ENOSYS;
}

void arch_pt_clear(struct arch_pt *pt, vaddr_t va, uint64_t size,
                   void (*leaf)(void *ctx, vaddr_t va, pte_t pte, unsigned level), void *ctx,
                   pte_t **emptied)
{
}

void arch_pt_free_tables(pte_t *emptied)
{
}

int arch_pt_protect(struct arch_pt *pt, vaddr_t va, uint64_t size, uint64_t flags)
{
    return -ENOSYS;
}

int arch_pt_init(struct arch_pt *pt, enum arch_pt_kind kind)
{
    return -ENOSYS;
}

void arch_pt_destroy(struct arch_pt *pt)
{
}

pte_t arch_pt_query(const struct arch_pt *pt, vaddr_t va, unsigned *level)
{
    return 0;
}

void arch_tlb_shootdown(cpumask_t cpus, vaddr_t va, uint64_t size, asid_t asid)
{
}

void arch_tlb_shootdown_kernel(vaddr_t va, uint64_t size)
{
}
