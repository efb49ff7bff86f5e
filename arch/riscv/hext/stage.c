/*
 * Guest address translation on this hart: hgatp, VMIDs, fences.
 */
#include <arch/cpu.h>
#include <arch/smp.h>
#include <bits/bits.h>
#include <sbi/sbi.h>

#include "internal.h"

#define HGATP_MODE_SV39X4 (8ul << 60)
#define HGATP_VMID_SHIFT  44
#define HGATP_VMID_MASK   0x3ffful

unsigned guest_vmid_count(void)
{
    const unsigned long flags = arch_irq_save();
    const uint64_t old = csr_read(CSR_HGATP);

    csr_write(CSR_HGATP, HGATP_MODE_SV39X4 | HGATP_VMID_MASK << HGATP_VMID_SHIFT);
    const uint64_t bits = csr_read(CSR_HGATP) >> HGATP_VMID_SHIFT & HGATP_VMID_MASK;

    csr_write(CSR_HGATP, old);
    guest_fence_stage2_all();
    arch_irq_restore(flags);
    return (unsigned)bits + 1;
}

void guest_stage2_set(paddr_t root, vmid_t vmid)
{
    csr_write(CSR_HGATP,
              HGATP_MODE_SV39X4 | (uint64_t)vmid << HGATP_VMID_SHIFT | root.v >> PAGE_SHIFT);
}

/* hfence.gvma rs1, rs2: address and VMID, x0 for all. */
void guest_fence_stage2(vmid_t vmid)
{
    __asm__ volatile(".insn r 0x73, 0, 0x31, x0, x0, %0" ::"r"((uint64_t)vmid) : "memory");
}

void guest_fence_stage2_all(void)
{
    __asm__ volatile(".insn r 0x73, 0, 0x31, x0, x0, x0" ::: "memory");
}

/* By the firmware (SBI RFENCE), which works whatever the other harts are doing. */
void guest_fence_stage2_remote(cpumask_t cpus, gpa_t start, uint64_t size, vmid_t vmid)
{
    while (cpus) {
        const unsigned cpu = bit_lowest64(cpus);

        cpus &= cpus - 1;
        (void)sbi_call(SBI_EXT_RFENCE, SBI_RFENCE_HFENCE_GVMA_VMID, 1, arch_cpu_to_hart(cpu),
                       start.v, size, vmid);
    }
}

/* hfence.vvma rs1, rs2: privileged specification, section 8.2.2. */
void guest_fence_stage1(uint64_t addr, uint64_t asid)
{
    if (addr == GUEST_ALL && asid == GUEST_ALL)
        __asm__ volatile(".insn r 0x73, 0, 0x11, x0, x0, x0" ::: "memory");
    else if (addr == GUEST_ALL)
        __asm__ volatile(".insn r 0x73, 0, 0x11, x0, x0, %0" ::"r"(asid) : "memory");
    else if (asid == GUEST_ALL)
        __asm__ volatile(".insn r 0x73, 0, 0x11, x0, %0, x0" ::"r"(addr) : "memory");
    else
        __asm__ volatile(".insn r 0x73, 0, 0x11, x0, %0, %1" ::"r"(addr), "r"(asid) : "memory");
}
