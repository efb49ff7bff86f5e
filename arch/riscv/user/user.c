/*
 * The C side of the user-mode path.
 */
#include <arch/cpu.h>
#include <arch/fpu.h>
#include <arch/trap.h>
#include <riscv/csr.h>
#include <user/upcalls.h>
#include <user/user.h>

#include "user.h"

void user_frame_init(struct trap_frame *frame, vaddr_t pc, vaddr_t sp)
{
    *frame = (struct trap_frame){.pc = pc, .status = SSTATUS_SPIE};
    frame->sp = sp;
}

void user_cpu_init(void)
{
    csr_write(scounteren, SCOUNTEREN_TM);
}

/* From entry.S: an exception that is no system call. Interrupts enabled. */
void user_exception(struct trap_frame *frame)
{
    if (frame->cause == TRAP_ILLEGAL && arch_fpu_trap(arch_current(), frame))
        return;
    user_fault(frame);
}
