/* Bodies of <arch/paging.h> for RISC-V: satp and fences on this hart. */
#ifndef ARCH_IMPL_PAGING_H
#define ARCH_IMPL_PAGING_H

static inline void arch_satp_set(uint64_t satp)
{
    __asm__ volatile("csrw satp, %0" : : "r"(satp) : "memory");
}

static inline void arch_tlb_flush_page(vaddr_t va, asid_t asid)
{
    __asm__ volatile("sfence.vma %0, %1" : : "r"(va), "r"((unsigned long)asid) : "memory");
}

static inline void arch_tlb_flush_asid(asid_t asid)
{
    __asm__ volatile("sfence.vma x0, %0" : : "r"((unsigned long)asid) : "memory");
}

static inline void arch_tlb_flush_kernel_page(vaddr_t va)
{
    __asm__ volatile("sfence.vma %0, x0" : : "r"(va) : "memory");
}

static inline void arch_tlb_flush_all(void)
{
    __asm__ volatile("sfence.vma x0, x0" : : : "memory");
}

#endif
