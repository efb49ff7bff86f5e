/*
 * What the user-mode path calls in the personality above it.
 */
#ifndef USER_UPCALLS_H
#define USER_UPCALLS_H

struct trap_frame;

/*
 * A system call: number in a7, arguments a0..a5; writes a0. pc already behind the ecall, orig_a0
 * set. Interrupts enabled, may sleep.
 */
void user_ecall(struct trap_frame *frame);

/* Any other exception of user code, frame->cause and ->value tell. Interrupts enabled, may sleep.
 */
void user_fault(struct trap_frame *frame);

/*
 * Before the return to user mode while arch_thread.user_work or need_resched is nonzero: deliver
 * signals, give way, exit. Interrupts enabled on entry and on return. Must clear the reason.
 */
void user_return(struct trap_frame *frame);

#endif
