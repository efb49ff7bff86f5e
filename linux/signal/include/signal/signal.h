/*
 * Delivery of signals to programs: on every way out to user mode with something pending, the
 * pending signal of the lowest number is taken, and either has its default effect or a handler is
 * started on a frame on the user's stack, laid out as Linux does for riscv
 * (arch/riscv/kernel/signal.c's struct rt_sigframe: siginfo, then ucontext), so that unwinders and
 * handlers that read registers work.
 *
 * The handler returns to the vDSO.
 */
#ifndef SIGNAL_SIGNAL_H
#define SIGNAL_SIGNAL_H

#include <base/types.h>

struct trap_frame;

/*
 * Handle a page fault in kernel mode. True: an access to user memory by <arch/uaccess.h>, whose
 * page is present now. False: not such an access, or it cannot be resolved (it ends in -EFAULT).
 */
bool signal_kernel_fault(struct trap_frame *frame);

/* exec: reset handlers to the default action and drop the alternate stack. */
void signal_exec(void);

#endif
