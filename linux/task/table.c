/*
 * The table of numbers: processes, threads and groups by pid, tid and pgid; choosing free numbers.
 */
#include <base/errno.h>
#include <frame/frame.h>
#include <task/group.h>
#include <task/table.h>

#define NR_BUCKETS 256

struct spinlock process_lock = SPINLOCK_INIT("processes");
LIST_DEFINE(process_all);

static struct list processes[NR_BUCKETS];
static struct list threads[NR_BUCKETS];
static pid_t last_pid = 1;
uint32_t nr_user_threads, nr_user_threads_max, nr_processes;
uint64_t nr_forks;

/* One thread for this much memory: its stack, tables and a few pages, several times over. */
#define BYTES_PER_THREAD KIB(192)

void process_boot(void)
{
    struct frame_stats stats;

    for (unsigned i = 0; i < NR_BUCKETS; i++) {
        list_init(&processes[i]);
        list_init(&threads[i]);
    }
    frame_stats(&stats);
    nr_user_threads_max = (uint32_t)MIN(stats.total * PAGE_SIZE / BYTES_PER_THREAD, PID_MAX / 2);
    nr_user_threads_max = MAX(nr_user_threads_max, 32u);
}

static unsigned bucket(pid_t pid)
{
    return (uint32_t)pid % NR_BUCKETS;
}

struct process *process_find(pid_t pid)
{
    struct process *p;

    list_for_each_entry(p, &processes[bucket(pid)], pid_node) {
        if (p->pid == pid)
            return p;
    }
    return NULL;
}

struct user_thread *user_thread_find(pid_t tid)
{
    struct user_thread *ut;

    list_for_each_entry(ut, &threads[bucket(tid)], tid_node) {
        if (ut->tid == tid)
            return ut;
    }
    return NULL;
}

/* Whether p's user has as many threads as p's limit allows; root has no limit. */
static bool user_is_at_limit(const struct process *p)
{
    uint64_t limit = p->limits[RLIMIT_NPROC].cur;
    const struct process *other;
    uint64_t nr = 0;

    uint32_t uid = cred_current()->uid;

    if (nr_user_threads < limit || uid == 0)
        return false;
    list_for_each_entry(other, &process_all, all_node) {
        if (other->credentials->cred.uid == uid)
            nr += other->nr_threads;
    }
    return nr >= limit;
}

pid_t pid_choose(const struct process *p)
{
    if (nr_user_threads >= nr_user_threads_max || user_is_at_limit(p))
        return -EAGAIN;
    do {
        last_pid = last_pid + 1 < (pid_t)PID_MAX ? last_pid + 1 : 2;
    } while (process_find(last_pid) || user_thread_find(last_pid) || process_group_find(last_pid));
    return last_pid;
}

void process_publish(struct process *p)
{
    list_add_tail(&process_all, &p->all_node);
    list_add(&processes[bucket(p->pid)], &p->pid_node);
    nr_processes++;
}

void process_unpublish(struct process *p)
{
    list_del_init(&p->all_node);
    list_del_init(&p->pid_node);
    nr_processes--;
}

void user_thread_publish(struct user_thread *ut)
{
    struct process *p = ut->process;

    list_add_tail(&p->threads, &ut->thread_node);
    list_add(&threads[bucket(ut->tid)], &ut->tid_node);
    p->nr_threads++;
    nr_user_threads++;
}

void user_thread_unpublish(struct user_thread *ut)
{
    list_del_init(&ut->thread_node);
    list_del_init(&ut->tid_node);
    ut->process->nr_threads--;
    nr_user_threads--;
}

void user_thread_renumber(struct user_thread *ut, pid_t tid)
{
    list_del_init(&ut->tid_node);
    ut->tid = tid;
    list_add(&threads[bucket(tid)], &ut->tid_node);
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
