/*
 * What a program's way into the kernel calls in the personality above it.
 */
#ifndef USER_UPCALLS_H
#define USER_UPCALLS_H

#include <base/types.h>

struct trap_frame;

/*
 * A system call: arch_frame_call(), arch_frame_argument(); what it returns is the program's result.
 * The pc is already behind the call. Interrupts enabled, may sleep.
 */
int64_t user_ecall(struct trap_frame *frame);

/* Any other exception of user code; <arch/trap.h> tells which. Interrupts enabled, may sleep. */
void user_fault(struct trap_frame *frame);

/*
 * Before the return to user mode while arch_thread.user_work or need_resched is nonzero: deliver
 * signals, give way, exit. Interrupts enabled on entry and on return. Must clear the reason.
 */
void user_return(struct trap_frame *frame);

#endif
