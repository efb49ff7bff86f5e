/*
 * Hooks of exec, exit and setrlimit for a process's timers.
 */
#ifndef CLOCK_TIMERS_H
#define CLOCK_TIMERS_H

#include <task/task.h>

/* Stop the POSIX timers (exec, exit) and, with is_exit, the interval timers. */
void timers_process_exit(struct process *p, bool is_exit);

/* Rearm for a changed RLIMIT_CPU, or for a new process with that limit. */
void cpu_timer_restart_locked(struct process *p) REQUIRES(&process_lock);

#endif
