/*
 * Upcalls of linux/pending, provided by a component above it.
 */
#ifndef PENDING_UPCALLS_H
#define PENDING_UPCALLS_H

#include <task/task.h>

/* Provided by linux/clock. A signal was taken for delivery: rearm an interval timer that waits for
 * that, and put its overruns into info. */
void timers_signal_taken_locked(struct process *p, struct linux_siginfo *info)
    REQUIRES(&process_lock);

#endif
