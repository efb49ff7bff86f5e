/*
 * The C part of the user-mode path.
 */
#include <arch/cpu.h>
#include <arch/fpu.h>
#include <arch/smp.h>
#include <arch/trap.h>
#include <riscv/csr.h>
#include <riscv_isa/isa.h>
#include <sbi/sbi.h>
#include <user/upcalls.h>
#include <user/user.h>

#include "user.h"

void user_frame_init(struct trap_frame *frame, vaddr_t pc, vaddr_t sp)
{
    *frame = (struct trap_frame){.pc = pc, .status = SSTATUS_SPIE};
    frame->sp = sp;
}

void user_frame_replaced(void)
{
    __atomic_fetch_or(&arch_current()->user_work, USER_WORK_REPLACED, __ATOMIC_RELAXED);
}

void user_cpu_init(void)
{
    struct hart_ids *ids = &hart_ids[arch_current()->cpu];

    csr_write(scounteren, SCOUNTEREN_TM);
    if (arch_cboz_block != 0)
        csr_write(CSR_SENVCFG, SENVCFG_CBZE);
    ids->vendor = (uint64_t)sbi_call(SBI_EXT_BASE, SBI_BASE_MVENDORID, 0, 0, 0, 0, 0).value;
    ids->arch = (uint64_t)sbi_call(SBI_EXT_BASE, SBI_BASE_MARCHID, 0, 0, 0, 0, 0).value;
    ids->implementation = (uint64_t)sbi_call(SBI_EXT_BASE, SBI_BASE_MIMPID, 0, 0, 0, 0, 0).value;
}

/* Called by entry.S for an exception other than a system call. Interrupts enabled. */
void user_exception(struct trap_frame *frame)
{
    if (frame->cause == TRAP_ILLEGAL && arch_fpu_trap(arch_current(), frame))
        return;
    user_fault(frame);
}
