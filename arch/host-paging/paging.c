/*
 * Page tables on the host, for tests that examine them: the target's own walks over tables in the
 * simulated RAM. The machine translates nothing; a test uses arch_pt_query() to see what a program
 * would. The kernel's own table maps frame descriptors only, as in arch/host-flat.
 */
#include <arch/paging.h>
#include <arch/upcalls.h>
#include <base/errno.h>
#include <host/host.h>

int walk_map(struct arch_pt *pt, vaddr_t va, paddr_t pa, uint64_t size, uint64_t flags,
             unsigned max_level);

#define arch_pt_map walk_map
#include "../riscv/paging/walk.c"
#undef arch_pt_map

struct arch_pt arch_kernel_pt;

pte_t *table_alloc(const struct arch_pt *pt)
{
    return page_table_alloc(0);
}

void table_free(pte_t *table)
{
    page_table_free(table, 0);
}

int arch_pt_map(struct arch_pt *pt, vaddr_t va, paddr_t pa, uint64_t size, uint64_t flags,
                unsigned max_level)
{
    return pt == &arch_kernel_pt ? host_descriptors_map(va, size)
                                 : walk_map(pt, va, pa, size, flags, max_level);
}

int arch_pt_init(struct arch_pt *pt, enum arch_pt_kind kind)
{
    pt->kind = kind;
    pt->root = page_table_alloc(kind == ARCH_PT_GSTAGE ? 2 : 0);
    return pt->root ? 0 : -ENOMEM;
}

uint64_t arch_satp_make(const struct arch_pt *pt, asid_t asid)
{
    return (uint64_t)asid << 44 | virt_to_phys(pt->root).v >> PAGE_SHIFT;
}

unsigned arch_asid_count(void)
{
    return 16;
}

void arch_tlb_shootdown(cpumask_t cpus, vaddr_t va, uint64_t size, asid_t asid)
{
}

void arch_tlb_shootdown_kernel(vaddr_t va, uint64_t size)
{
}
