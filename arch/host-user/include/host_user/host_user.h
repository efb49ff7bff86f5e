/*
 * Programs in tests on the host: a function of the test, that makes its system calls by calling
 * sys_*, and does not return (sys_exit).
 */
#ifndef HOST_USER_HOST_USER_H
#define HOST_USER_HOST_USER_H

struct trap_frame;

/* What every thread does that goes to user mode, in a thread of its own; the test sets it. */
extern void (*host_program)(struct trap_frame *frame);

#endif
