/*
 * satp values and remote flushes (SBI RFENCE: the firmware interrupts the other harts in M mode, so
 * a shootdown needs no cooperation of their kernels and works with interrupts masked).
 */
#include <arch/cpu.h>
#include <arch/context.h>
#include <arch/paging.h>
#include <arch/smp.h>
#include <riscv/csr.h>
#include <sbi/sbi.h>

#include "paging.h"

uint64_t arch_satp_make(const struct arch_pt *pt, asid_t asid)
{
    return SATP_MODE_SV39 | (uint64_t)asid << SATP_ASID_SHIFT |
           virt_to_phys(pt->root).v >> PAGE_SHIFT;
}

/* The ASID field is WARL: what sticks of all ones is implemented. */
unsigned arch_asid_count(void)
{
    static unsigned count;

    if (count == 0) {
        unsigned long flags = arch_irq_save();
        uint64_t satp = csr_read(satp);

        csr_write(satp, satp | SATP_ASID_MASK << SATP_ASID_SHIFT);
        count = (unsigned)(csr_read(satp) >> SATP_ASID_SHIFT & SATP_ASID_MASK) + 1;
        csr_write(satp, satp);
        arch_tlb_flush_all();
        arch_irq_restore(flags);
    }
    return count;
}

static void flush_local(vaddr_t va, uint64_t size, asid_t asid)
{
    if (size > ARCH_TLB_RANGE_MAX * PAGE_SIZE) {
        arch_tlb_flush_asid(asid);
        return;
    }
    for (uint64_t done = 0; done < size; done += PAGE_SIZE)
        arch_tlb_flush_page(va + done, asid);
}

void arch_tlb_shootdown(cpumask_t cpus, vaddr_t va, uint64_t size, asid_t asid)
{
    unsigned self = arch_current()->cpu;

    if (cpus >> self & 1)
        flush_local(va, size, asid);
    cpus &= ~(1ull << self);
    if (cpus == 0)
        return;
    if (size > ARCH_TLB_RANGE_MAX * PAGE_SIZE) {
        va = 0;
        size = UINT64_MAX;
    }
    while (cpus != 0) {
        struct arch_hart_group group = arch_hart_group(&cpus);

        sbi_call(SBI_EXT_RFENCE, SBI_RFENCE_SFENCE_VMA_ASID, group.mask, group.base, va, size,
                 asid);
    }
}

void arch_tlb_shootdown_kernel(vaddr_t va, uint64_t size)
{
    if (size > ARCH_TLB_RANGE_MAX * PAGE_SIZE)
        arch_tlb_flush_all();
    else
        for (uint64_t done = 0; done < size; done += PAGE_SIZE)
            arch_tlb_flush_kernel_page(va + done);
    cpumask_t cpus = arch_cpus_started() & ~(1ull << arch_current()->cpu);

    while (cpus != 0) {
        struct arch_hart_group group = arch_hart_group(&cpus);

        sbi_call(SBI_EXT_RFENCE, SBI_RFENCE_SFENCE_VMA, group.mask, group.base, va, size, 0);
    }
}
