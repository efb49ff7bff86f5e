/*
 * Running programs: entry to user mode and back. A contract, since there can be several ways:
 * across the privilege line (arch/riscv/user), or in the same space by a call. The personality
 * above knows the program's registers, the upcalls (<user/upcalls.h>) and user memory
 * (<arch/uaccess.h>), but not which way is used.
 *
 * A user thread is an ordinary kernel thread that, instead of returning from its entry function,
 * calls user_enter(). From then on its kernel stack is empty except for the program's registers at
 * its very top, and everything that brings the program into the kernel starts there.
 *
 * All registers are saved whenever a program enters the kernel, so the frame is always complete:
 * signals, fork and ptrace read and change it freely, through the accessors of <arch/trap.h>. Only
 * a handler of a call that replaces the frame as a whole says so: user_frame_replaced().
 *
 * Order of a system call: user_ecall(frame), whose value is the program's result -> if
 * arch_thread.user_work or need_resched: user_return(frame), repeated until both are 0 -> program.
 * The pc is already behind the call; arch_frame_repeat_call() undoes that.
 */
#ifndef USER_USER_H
#define USER_USER_H

#include <arch/context.h>
#include <arch/trap.h>

/* Return t's user registers; t is not running, or current. */
static inline struct trap_frame *user_frame(struct arch_thread *t)
{
    return (struct trap_frame *)t->user_frame;
}

/* Set what programs may do without the kernel (counters, cbo.zero). Once per CPU, before the first
 * user thread runs there. */
void user_cpu_init(void);

/* Enter user mode with the registers of the current thread's user frame; drops the kernel stack. */
NORETURN void user_enter(void);

/* Zero a frame and set the initial registers of a program. */
void user_frame_init(struct trap_frame *frame, vaddr_t pc, vaddr_t sp);

/*
 * Callee-saved registers in the current thread's user frame were replaced (exec, sigreturn): load
 * all of them from the frame on the return to user mode.
 */
void user_frame_replaced(void);

#endif
