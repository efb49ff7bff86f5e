/*
 * Programs in tests on the host: a function of the test that makes system calls by calling sys_*,
 * and ends by sys_exit() instead of returning.
 */
#ifndef HOST_USER_HOST_USER_H
#define HOST_USER_HOST_USER_H

struct trap_frame;

/* Runs in every thread that enters user mode; set by the test. */
extern void (*host_program)(struct trap_frame *frame);

#endif
