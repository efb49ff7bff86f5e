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
 * A fault in kernel mode. True: it was an access to the current program's memory by
 * <arch/uaccess.h>, and the page is there now. False: not ours, or nothing to be done (the access
 * ends in -EFAULT).
 */
bool signal_kernel_fault(struct trap_frame *frame);

/* exec: actions with handlers fall back to the default; the alternate stack is gone. */
void signal_exec(void);

#endif
