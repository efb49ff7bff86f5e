/*
 * Creation and removal of tasks, for linux/lifecycle: allocation, ids, the tables.
 */
#ifndef TASK_TABLE_H
#define TASK_TABLE_H

#include <task/task.h>

/* Allocate an empty process that is in no table; NULL: no memory. */
struct process *process_alloc(void);
/* Allocate a thread of p that is not started and in no table; NULL: no memory. The second frees it
 * again. */
struct user_thread *user_thread_alloc(struct process *p, const char *name);
void user_thread_free_unstarted(struct user_thread *ut);

/* Allocate an id for a new thread of p; -EAGAIN: too many threads, in total or of p's user
 * (RLIMIT_NPROC). */
pid_t pid_choose(const struct process *p) REQUIRES(&process_lock);
void process_publish(struct process *p) REQUIRES(&process_lock);
void process_unpublish(struct process *p) REQUIRES(&process_lock);
void user_thread_publish(struct user_thread *ut) REQUIRES(&process_lock);
void user_thread_unpublish(struct user_thread *ut) REQUIRES(&process_lock);
void user_thread_renumber(struct user_thread *ut, pid_t tid) REQUIRES(&process_lock);
void process_group_publish(struct process_group *g) REQUIRES(&process_lock);
extern uint32_t nr_user_threads GUARDED_BY(&process_lock); /* [process_lock] */
extern uint32_t nr_user_threads_max;                       /* [I] */
extern uint32_t nr_processes GUARDED_BY(&process_lock);    /* [process_lock] */
extern uint64_t nr_forks GUARDED_BY(&process_lock);        /* [process_lock] since boot */

#endif
