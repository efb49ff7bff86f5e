/*
 * Birth and death: clone, exit, wait4; what exec does to the threads and the memory of a process;
 * the first process.
 */
#ifndef LIFECYCLE_LIFECYCLE_H
#define LIFECYCLE_LIFECYCLE_H

#include <task/task.h>

/* Ends the calling process (all threads) or the calling thread. Status as wait4 reports it. */
NORETURN void process_exit(int status);
NORETURN void user_thread_exit(int status);

/*
 * Between a system call and user mode, when something is pending: leaves if the process is exiting,
 * parks while it is stopped. linux/signal calls it before it looks at signals.
 */
void process_checkpoint(void);

/*
 * exec: all other threads of the calling process are made to leave, the caller becomes the leader.
 * 0, or -EAGAIN when another thread execs or the process exits.
 */
int process_become_single(void) MUST_CHECK;
/* exec succeeded: the caller runs in vs from now on (counted over); wakes a vfork parent. */
void process_replace_vspace(struct vspace *vs);
/* p has left the memory that it shares with who made it by vfork, and who waits for that. */
void process_release_vfork_parent(struct process *p);

/* The first process: runs start(arg), which execs, in a user thread. pid 1. */
int process_start_init(void (*start)(void *arg), void *arg, const struct path *root) MUST_CHECK;

#endif
