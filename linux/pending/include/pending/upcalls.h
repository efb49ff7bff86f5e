/*
 * What taking signals needs from components that depend on linux/pending.
 */
#ifndef PENDING_UPCALLS_H
#define PENDING_UPCALLS_H

#include <task/task.h>

/* linux/clock: a signal was taken to be delivered: an interval timer that waits for that goes on,
 * and info gets its overruns. */
void timers_signal_taken_locked(struct process *p, struct linux_siginfo *info)
    REQUIRES(&process_lock);

#endif
