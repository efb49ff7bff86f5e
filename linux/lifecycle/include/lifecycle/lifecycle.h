/*
 * Process life cycle: clone, exit, wait; exec's effect on the threads and memory of a process; the
 * first process.
 */
#ifndef LIFECYCLE_LIFECYCLE_H
#define LIFECYCLE_LIFECYCLE_H

#include <task/task.h>

/* End the calling process (all threads) or the calling thread. Status as wait4 reports it. */
NORETURN void process_exit(int status);
NORETURN void user_thread_exit(int status);

/*
 * Called by linux/signal on the way to user mode, before signals are looked at: exits if the
 * process is exiting, parks while it is stopped.
 */
void process_checkpoint(void);

/*
 * exec: make all other threads of the calling process exit; the caller becomes the leader. 0, or
 * -EAGAIN when another thread execs or the process exits.
 */
int process_become_single(void) MUST_CHECK;
/* exec succeeded: switch the caller to vs, taking over the reference, and wake a vfork parent. */
void process_replace_vspace(struct vspace *vs);
/* Wake the vfork parent: p has left the memory that they shared. */
void process_release_vfork_parent(struct process *p);

/* Create process 1, whose user thread runs start(arg), which execs. */
int process_start_init(void (*start)(void *arg), void *arg, const struct path *root) MUST_CHECK;

#endif
