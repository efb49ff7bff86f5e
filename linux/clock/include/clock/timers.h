/*
 * The timers of a process, for what happens to it.
 */
#ifndef CLOCK_TIMERS_H
#define CLOCK_TIMERS_H

#include <task/task.h>

/* They stop: POSIX timers (exec, exit) and, with is_exit, the interval timers. */
void timers_process_exit(struct process *p, bool is_exit);

/* RLIMIT_CPU changed, or a process with that limit was born. */
void cpu_timer_restart_locked(struct process *p) REQUIRES(&process_lock);

#endif
