/*
 * The arch contract, 4: trap frames and kernel-mode traps.
 *
 * Traps from kernel mode arrive at trap_from_kernel (arch/riscv/trap) on the running thread's
 * kernel stack. Before the first store the stack pointer is checked against the thread's stack: if
 * the frame does not fit, the hart moves to its emergency stack and kernel_stack_overflow() is
 * called. Traps from user mode: arch/riscv/user; from a guest: arch/riscv/hext. What they call:
 * <arch/upcalls.h>.
 */
#ifndef ARCH_TRAP_H
#define ARCH_TRAP_H

#include <base/types.h>

/* x[n] is register xn; x[0] holds the pc. This layout is shared by kernel, user and guest traps. */
struct trap_frame {
    union {
        uint64_t x[32];
        struct {
            uint64_t pc; /* sepc */
            uint64_t ra, sp, gp, tp;
            uint64_t t0, t1, t2;
            uint64_t s0, s1;
            uint64_t a0, a1, a2, a3, a4, a5, a6, a7;
            uint64_t s2, s3, s4, s5, s6, s7, s8, s9, s10, s11;
            uint64_t t3, t4, t5, t6;
        };
    };
    uint64_t status;  /* sstatus at the trap */
    uint64_t cause;   /* scause; bit 63 set for an interrupt */
    uint64_t value;   /* stval */
    uint64_t orig_a0; /* user system calls: a0 at entry, for restarts */
};

/* scause, privileged specification, table "Supervisor cause register values". */
#define TRAP_INTERRUPT           (1ull << 63)
#define TRAP_IRQ_SOFTWARE        1
#define TRAP_IRQ_TIMER           5
#define TRAP_IRQ_EXTERNAL        9
#define TRAP_IRQ_GUEST_EXTERNAL  12
#define TRAP_FETCH_MISALIGNED    0
#define TRAP_FETCH_ACCESS        1
#define TRAP_ILLEGAL             2
#define TRAP_BREAKPOINT          3
#define TRAP_LOAD_MISALIGNED     4
#define TRAP_LOAD_ACCESS         5
#define TRAP_STORE_MISALIGNED    6
#define TRAP_STORE_ACCESS        7
#define TRAP_ECALL_USER          8
#define TRAP_ECALL_KERNEL        9
#define TRAP_ECALL_GUEST         10
#define TRAP_FETCH_PAGE          12
#define TRAP_LOAD_PAGE           13
#define TRAP_STORE_PAGE          15
#define TRAP_GUEST_FETCH_PAGE    20
#define TRAP_GUEST_LOAD_PAGE     21
#define TRAP_GUEST_VIRTUAL_INSTR 22
#define TRAP_GUEST_STORE_PAGE    23

/* Installs trap_from_kernel on this hart. Called by the boot path before kernel_main. */
void arch_trap_init(void);

/* Was the interrupted context in kernel mode (sstatus.SPP)? */
static inline bool arch_frame_is_kernel(const struct trap_frame *frame)
{
    return frame->status >> 8 & 1;
}

/* Short name of an exception cause, for messages. Never NULL. */
const char *arch_trap_name(uint64_t cause);

/*
 * Looks the pc up in the exception table (entries made by the uaccess components and by probes). If
 * found: moves the frame to the fix-up and returns true. For kernel_fault(): after the vspace had
 * its chance to fill the page, before panic_trap().
 */
bool arch_fixup(struct trap_frame *frame);

/*
 * Does the pc have a fix-up? A kernel-mode fault at a user address without one is a kernel bug (or
 * a missing SUM) and must not be repaired by the vspace: the access would fault again for ever.
 */
bool arch_has_fixup(const struct trap_frame *frame);

#endif
