/*
 * The arch contract on the host: no address translation. arch/host-flat or arch/host-paging defines
 * what mapping does.
 */
#ifndef ARCH_IMPL_PAGING_H
#define ARCH_IMPL_PAGING_H

extern uint64_t host_satp;

static inline void arch_satp_set(uint64_t satp)
{
    host_satp = satp;
}

static inline void arch_tlb_flush_page(vaddr_t va, asid_t asid)
{
}

static inline void arch_tlb_flush_asid(asid_t asid)
{
}

static inline void arch_tlb_flush_kernel_page(vaddr_t va)
{
}

static inline void arch_tlb_flush_all(void)
{
}

#endif
