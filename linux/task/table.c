/*
 * The id tables: processes, threads and groups by pid, tid and pgid; allocation of ids.
 */
#include <base/errno.h>
#include <frame/frame.h>
#include <task/group.h>
#include <task/table.h>

struct spinlock process_lock = SPINLOCK_INIT("processes");
LIST_DEFINE(process_all);

enum { PROCESSES, THREADS, GROUPS, NR_TABLES };
static struct pid_table tables[NR_TABLES] GUARDED_BY(&process_lock); /* [process_lock] */
static pid_t last_pid GUARDED_BY(&process_lock) = 1;                 /* [process_lock] */
uint32_t nr_user_threads, nr_user_threads_max, nr_processes;
uint64_t nr_forks;

/* Memory per thread: its stack, tables and a few pages, several times over. */
#define BYTES_PER_THREAD KIB(192)

void process_boot(void)
{
    struct frame_stats stats;

    ASSUME_UNSHARED(&process_lock, "no process runs yet");
    for (unsigned i = 0; i < NR_TABLES; i++)
        pid_table_init(&tables[i]);
    frame_stats(&stats);
    nr_user_threads_max = (uint32_t)MIN(stats.total * PAGE_SIZE / BYTES_PER_THREAD, PID_MAX / 2ul);
    nr_user_threads_max = MAX(nr_user_threads_max, 32u);
}

struct process *process_find(pid_t pid)
{
    struct pid_entry *entry = pid_find(&tables[PROCESSES], pid);

    return entry ? container_of(entry, struct process, pid_entry) : NULL;
}

struct user_thread *user_thread_find(pid_t tid)
{
    struct pid_entry *entry = pid_find(&tables[THREADS], tid);

    return entry ? container_of(entry, struct user_thread, tid_entry) : NULL;
}

struct process_group *process_group_find(pid_t pgid)
{
    struct pid_entry *entry = pid_find(&tables[GROUPS], pgid);

    return entry ? container_of(entry, struct process_group, entry) : NULL;
}

void process_group_publish(struct process_group *g)
{
    pid_add(&tables[GROUPS], &g->entry, g->pgid);
}

/* True if p's user has as many threads as p's limit allows; root has no limit. */
static bool user_is_at_limit(const struct process *p) REQUIRES(&process_lock)
{
    uint64_t limit = p->limits[RLIMIT_NPROC].cur;
    const struct process *other;
    uint64_t nr = 0;

    uint32_t uid = cred_current()->uid;

    if (nr_user_threads < limit || uid == 0)
        return false;
    list_for_each_entry(other, &process_all, all_node)
        if (other->credentials->cred.uid == uid)
            nr += other->nr_threads;
    return nr >= limit;
}

pid_t pid_choose(const struct process *p)
{
    if (nr_user_threads >= nr_user_threads_max || user_is_at_limit(p))
        return -EAGAIN;
    last_pid = pid_next_free(tables, NR_TABLES, last_pid);
    return last_pid;
}

void process_publish(struct process *p)
{
    list_add_tail(&process_all, &p->all_node);
    pid_add(&tables[PROCESSES], &p->pid_entry, p->pid);
    nr_processes++;
}

void process_unpublish(struct process *p)
{
    list_del_init(&p->all_node);
    pid_remove(&p->pid_entry);
    nr_processes--;
}

/* Release order: a thread that finds itself alone sees what the others did. */
static void count_threads(struct process *p, int n) REQUIRES(&process_lock)
{
    __atomic_store_n(&p->nr_threads, p->nr_threads + (uint32_t)n, __ATOMIC_RELEASE);
    WRITE_ONCE(nr_user_threads, nr_user_threads + (uint32_t)n);
}

void user_thread_publish(struct user_thread *ut)
{
    struct process *p = ut->process;

    list_add_tail(&p->threads, &ut->thread_node);
    pid_add(&tables[THREADS], &ut->tid_entry, ut->tid);
    count_threads(p, 1);
}

void user_thread_unpublish(struct user_thread *ut)
{
    list_del_init(&ut->thread_node);
    pid_remove(&ut->tid_entry);
    count_threads(ut->process, -1);
}

void user_thread_renumber(struct user_thread *ut, pid_t tid)
{
    pid_remove(&ut->tid_entry);
    ut->tid = tid;
    pid_add(&tables[THREADS], &ut->tid_entry, tid);
}

void process_statistics(struct process_statistics *out)
{
    unsigned long flags = spin_lock_irqsave(&process_lock);
    struct process *p;

    *out = (struct process_statistics){
        .nr_processes = nr_processes,
        .nr_threads = nr_user_threads,
        .last_pid = last_pid,
        .nr_forks = nr_forks,
    };
    list_for_each_entry(p, &process_all, all_node) {
        struct user_thread *ut;

        list_for_each_entry(ut, &p->threads, thread_node)
            out->nr_running += ut->thread.state == THREAD_RUNNABLE;
    }
    spin_unlock_irqrestore(&process_lock, flags);
}
