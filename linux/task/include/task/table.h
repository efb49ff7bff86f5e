/*
 * Tasks coming and going, for linux/lifecycle: memory for them, numbers, the tables.
 */
#ifndef TASK_TABLE_H
#define TASK_TABLE_H

#include <task/task.h>

/* A process with nothing in it, in no table; NULL: no memory. */
struct process *process_alloc(void);
/* A thread of p that has not started, in no table; NULL: no memory. The second takes it back. */
struct user_thread *user_thread_alloc(struct process *p, const char *name);
void user_thread_free_unstarted(struct user_thread *ut);

/* What follows REQUIRES(process_lock). */

/* A free number for a thread that p makes; -EAGAIN when there are too many, of all or of p's user
 * (RLIMIT_NPROC). */
pid_t pid_choose(const struct process *p);
void process_publish(struct process *p);
void process_unpublish(struct process *p);
void user_thread_publish(struct user_thread *ut);
void user_thread_unpublish(struct user_thread *ut);
void user_thread_renumber(struct user_thread *ut, pid_t tid);
void process_group_publish(struct process_group *g);
extern uint32_t nr_user_threads, nr_user_threads_max, nr_processes;
extern uint64_t nr_forks;

#endif
