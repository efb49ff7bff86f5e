/*
 * To user mode and back (U mode). A user thread is an ordinary kernel thread that, instead of
 * returning from its entry function, calls user_enter(). From then on its kernel stack is empty
 * except for the trap frame at its very top (arch_thread.user_frame), and every trap from U mode
 * starts there.
 *
 * stvec points to trap_from_user and sscratch holds the thread exactly while the hart is in U mode.
 * All registers are saved at every trap from U, so the frame is always complete: signals, fork
 * and ptrace read and change it freely. After a change by user_ecall() of s-registers, pc of
 * another image, and so on, nothing special is needed: the return path reloads everything.
 *
 * Order of a system call: entry -> user_ecall(frame) with interrupts enabled -> if
 * arch_thread.user_work or need_resched: user_return(frame), repeated until both are 0 -> U.
 * The entry path has already stepped over the ecall
 * (pc + 4, and orig_a0 = a0); a restart sets pc -= 4 and a0 = orig_a0.
 */
#ifndef USER_USER_H
#define USER_USER_H

#include <arch/context.h>
#include <arch/trap.h>

/* t's user registers; t not running, or current. */
static inline struct trap_frame *user_frame(struct arch_thread *t)
{
    return (struct trap_frame *)t->user_frame;
}

/*
 * Once a CPU, before the first user thread runs there: U mode may read `time`, no other counter,
 * and use cbo.zero if every hart has it.
 */
void user_cpu_init(void);

/* What the machine-mode registers of these names say of a CPU's hart. */
struct user_hart_ids {
    uint64_t vendor;         /* mvendorid */
    uint64_t arch;           /* marchid */
    uint64_t implementation; /* mimpid */
};
const struct user_hart_ids *user_hart_ids(unsigned cpu);

/* Leaves for U mode with the registers of the current thread's user frame; drops the kernel stack.
 */
NORETURN void user_enter(void);

/* Zeroes a frame and sets what user mode starts with. */
void user_frame_init(struct trap_frame *frame, vaddr_t pc, vaddr_t sp);

/* Bits of arch_thread.user_work; set by anyone (atomically, then an IPI if it runs elsewhere). */
#define USER_WORK_SIGNAL  (1u << 0) /* a signal may be pending */
#define USER_WORK_EXIT    (1u << 1) /* the thread is to die */
#define USER_WORK_TRACE   (1u << 2) /* stop for a tracer */
#define USER_WORK_RESTORE (1u << 3) /* signal mask to be restored */

#endif
