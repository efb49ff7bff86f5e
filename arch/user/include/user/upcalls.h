/*
 * Upcalls of the user-mode entry path, provided by the personality above.
 */
#ifndef USER_UPCALLS_H
#define USER_UPCALLS_H

#include <base/types.h>

struct trap_frame;

/*
 * Handle a system call: arch_frame_call(), arch_frame_argument(); the return value is the program's
 * result. The pc is already behind the call. Interrupts enabled, may sleep.
 */
int64_t user_ecall(struct trap_frame *frame);

/* Handle any other exception of user code, decoded by <arch/trap.h>. Interrupts enabled, may
 * sleep. */
void user_fault(struct trap_frame *frame);

/*
 * Deliver signals, reschedule or exit: called before the return to user mode while
 * arch_thread.user_work or need_resched is nonzero. Interrupts enabled on entry and on return. Must
 * clear the reason.
 */
void user_return(struct trap_frame *frame);

#endif
