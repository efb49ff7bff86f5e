/*
 * The scheduling calls: nice values, affinity, policies. All user threads are SCHED_OTHER (BATCH
 * and IDLE are remembered by name only); real-time policies are refused, not faked.
 */
#include <abi/syscalls.h>
#include <arch/uaccess.h>
#include <base/errno.h>
#include <log/log.h>
#include <percpu/percpu.h>
#include <task/group.h>
#include <task/task.h>

#define SCHED_OTHER 0
#define SCHED_FIFO  1
#define SCHED_RR    2
#define SCHED_BATCH 3
#define SCHED_IDLE  5

#define NICE_MIN        (-20)
#define NICE_MAX        19
#define RT_PRIORITY_MAX 99

/* Find the thread with that tid (0: the caller) and take a reference; NULL: none. */
static struct user_thread *find_thread(pid_t tid)
{
    unsigned long irq = spin_lock_irqsave(&process_lock);
    struct user_thread *ut = tid ? user_thread_find(tid) : user_current();

    if (ut)
        user_thread_get(ut);
    spin_unlock_irqrestore(&process_lock, irq);
    return ut;
}

/* 0 or -ESRCH. */
static int check_thread(pid_t tid)
{
    struct user_thread *ut = find_thread(tid);

    if (!ut)
        return -ESRCH;
    user_thread_put(ut);
    return 0;
}

/* REQUIRES(process_lock) */
static bool may_change(const struct process *p) REQUIRES(&process_lock)
{
    const struct cred *me = cred_current(), *it = &p->credentials->cred;

    return cred_has_cap(me, CAP_SYS_NICE) || me->euid == it->uid || me->euid == it->euid;
}

static bool may_change_thread(const struct user_thread *ut)
{
    unsigned long irq = spin_lock_irqsave(&process_lock);
    bool may = may_change(ut->process);

    spin_unlock_irqrestore(&process_lock, irq);
    return may;
}

int64_t sys_sched_yield(void)
{
    thread_yield();
    return 0;
}

int64_t sys_sched_setaffinity(pid_t tid, unsigned size, vaddr_t umask)
{
    struct user_thread *ut;
    uint64_t mask = 0;
    int err;

    if (size == 0)
        return -EINVAL;
    if (copy_from_user(&mask, umask, MIN(size, sizeof(mask))) != 0)
        return -EFAULT;
    mask &= __atomic_load_n(&cpus_online, __ATOMIC_RELAXED);
    ut = find_thread(tid);
    if (!ut)
        return -ESRCH;
    if (!may_change_thread(ut))
        err = -EPERM;
    else
        err = mask ? thread_set_affinity(&ut->thread, mask) : -EINVAL;
    user_thread_put(ut);
    return err;
}

int64_t sys_sched_getaffinity(pid_t tid, unsigned size, vaddr_t umask)
{
    unsigned long irq;
    struct user_thread *ut;
    uint64_t mask = 0;

    if (size < sizeof(mask) || (size & 7))
        return -EINVAL;
    irq = spin_lock_irqsave(&process_lock);
    ut = tid ? user_thread_find(tid) : user_current();
    if (ut)
        mask = thread_affinity(&ut->thread) & __atomic_load_n(&cpus_online, __ATOMIC_RELAXED);
    spin_unlock_irqrestore(&process_lock, irq);
    if (!ut)
        return -ESRCH;
    return copy_to_user(umask, &mask, sizeof(mask)) ? -EFAULT : (int64_t)sizeof(mask);
}

int64_t sys_sched_getscheduler(pid_t tid)
{
    if (tid < 0)
        return -EINVAL;
    struct user_thread *ut = find_thread(tid);
    int64_t ret;

    if (!ut)
        return -ESRCH;
    ret = READ_ONCE(ut->sched_policy);
    user_thread_put(ut);
    return ret;
}

/* policy may include SCHED_RESET_ON_FORK. */
static int set_policy(struct user_thread *ut, int policy, uint32_t priority)
{
    int plain = policy & ~SCHED_RESET_ON_FORK;

    if (plain == SCHED_FIFO || plain == SCHED_RR) {
        static bool said;

        if (!said)
            log_warn("sched_setscheduler: real-time policies are not supported");
        said = true;
        return -EPERM;
    }
    if ((plain != SCHED_OTHER && plain != SCHED_BATCH && plain != SCHED_IDLE) || priority != 0)
        return -EINVAL;
    if (!may_change_thread(ut))
        return -EPERM;
    WRITE_ONCE(ut->sched_policy, policy);
    return 0;
}

int64_t sys_sched_setscheduler(pid_t tid, int policy, vaddr_t param)
{
    struct user_thread *ut;
    uint32_t priority;
    int ret;

    if (tid < 0 || !param)
        return -EINVAL;
    if (get_user_u32(&priority, param) != 0)
        return -EFAULT;
    ut = find_thread(tid);
    if (!ut)
        return -ESRCH;
    ret = set_policy(ut, policy, priority);
    user_thread_put(ut);
    return ret;
}

int64_t sys_sched_setparam(pid_t tid, vaddr_t param)
{
    uint32_t priority;
    if (!param || tid < 0)
        return -EINVAL;
    if (get_user_u32(&priority, param) != 0)
        return -EFAULT;
    if (check_thread(tid) != 0)
        return -ESRCH;
    return priority ? -EINVAL : 0;
}

int64_t sys_sched_getparam(pid_t tid, vaddr_t param)
{
    if (!param || tid < 0)
        return -EINVAL;
    if (check_thread(tid) != 0)
        return -ESRCH;
    return put_user_u32(param, 0);
}

int64_t sys_sched_get_priority_max(int policy)
{
    if (policy == SCHED_FIFO || policy == SCHED_RR)
        return RT_PRIORITY_MAX;
    return policy == SCHED_OTHER || policy == SCHED_BATCH || policy == SCHED_IDLE ? 0 : -EINVAL;
}

int64_t sys_sched_get_priority_min(int policy)
{
    if (policy == SCHED_FIFO || policy == SCHED_RR)
        return 1;
    return policy == SCHED_OTHER || policy == SCHED_BATCH || policy == SCHED_IDLE ? 0 : -EINVAL;
}

int64_t sys_sched_rr_get_interval(pid_t tid, vaddr_t utime)
{
    struct linux_timespec t = {0, 4 * (int64_t)NS_PER_MSEC};

    if (tid < 0)
        return -EINVAL;
    if (check_thread(tid) != 0)
        return -ESRCH;
    return copy_to_user(utime, &t, sizeof(t));
}

/* --- nice ------------------------------------------------------------------------------------- */

#define PRIO_PROCESS 0
#define PRIO_PGRP    1
#define PRIO_USER    2

static bool is_meant(const struct process *p, int which, uint32_t who) REQUIRES(&process_lock)
{
    const struct process *me = process_current();

    switch (which) {
    case PRIO_PROCESS:
        return who ? p->pid == (pid_t)who : p == me;
    case PRIO_PGRP:
        return p->group && p->group->pgid == (who ? (pid_t)who : me->group->pgid);
    default:
        return p->credentials->cred.uid == (who ? who : cred_current()->uid);
    }
}

/* REQUIRES(process_lock) */
static int set_nice(struct process *p, int nice) REQUIRES(&process_lock)
{
    struct user_thread *ut;
    int err = 0;

    if (!may_change(p))
        return -EPERM;
    if (nice < p->nice && !cred_has_cap(cred_current(), CAP_SYS_NICE))
        return -EACCES;
    p->nice = nice;
    list_for_each_entry(ut, &p->threads, thread_node) {
        int e = thread_set_nice(&ut->thread, nice);

        err = err ? err : e;
    }
    return err;
}

int64_t sys_setpriority(unsigned which, int who, int nice)
{
    int ret = -ESRCH;
    unsigned long irq;
    struct process *p;

    if (which > PRIO_USER)
        return -EINVAL;
    nice = MIN(MAX(nice, NICE_MIN), NICE_MAX);
    irq = spin_lock_irqsave(&process_lock);
    list_for_each_entry(p, &process_all, all_node) {
        if (p->state != PROCESS_ZOMBIE && is_meant(p, (int)which, (uint32_t)who)) {
            int err = set_nice(p, nice);

            ret = ret == -ESRCH || err ? err : ret;
        }
    }
    spin_unlock_irqrestore(&process_lock, irq);
    return ret;
}

/* Return 20 - nice, so that no result looks like an error, of the selected process with the highest
 * priority. */
int64_t sys_getpriority(unsigned which, int who)
{
    int ret = -ESRCH;
    unsigned long irq;
    struct process *p;

    if (which > PRIO_USER)
        return -EINVAL;
    irq = spin_lock_irqsave(&process_lock);
    list_for_each_entry(p, &process_all, all_node)
        if (is_meant(p, (int)which, (uint32_t)who) && 20 - p->nice > ret)
            ret = 20 - p->nice;
    spin_unlock_irqrestore(&process_lock, irq);
    return ret;
}

/* ---- sched_setattr, sched_getattr: policy and nice value at once ---- */

#define SCHED_FLAG_RESET_ON_FORK 1u

struct linux_sched_attr { /* of version 0; later ones have more at the end */
    uint32_t size;
    uint32_t policy;
    uint64_t flags;
    int32_t nice;
    uint32_t priority;
    uint64_t runtime, deadline, period; /* SCHED_DEADLINE */
};
_Static_assert(sizeof(struct linux_sched_attr) == 48, "SCHED_ATTR_SIZE_VER0");

/* -E2BIG: the size that is known is told. */
static int read_attr(struct linux_sched_attr *attr, vaddr_t uattr)
{
    uint32_t size;
    int ret;

    if (copy_from_user(attr, uattr, sizeof(*attr)) != 0)
        return -EFAULT;
    size = attr->size ? attr->size : sizeof(*attr);
    ret = size < sizeof(*attr) || size > PAGE_SIZE
              ? -E2BIG
              : check_zero_from_user(uattr + sizeof(*attr), size - sizeof(*attr));
    size = sizeof(*attr);
    if (ret == -E2BIG && copy_to_user(uattr, &size, sizeof(size)) != 0)
        return -EFAULT;
    return ret;
}

int64_t sys_sched_setattr(pid_t tid, vaddr_t uattr, unsigned flags)
{
    struct linux_sched_attr attr;
    struct user_thread *ut;
    int ret;

    if (!uattr || tid < 0 || flags)
        return -EINVAL;
    ret = read_attr(&attr, uattr);
    if (ret)
        return ret;
    if ((int32_t)attr.policy < 0 || (attr.flags & ~(unsigned)SCHED_FLAG_RESET_ON_FORK) != 0)
        return -EINVAL;
    ut = find_thread(tid);
    if (!ut)
        return -ESRCH;
    int policy = (int)attr.policy;

    if ((attr.flags & SCHED_FLAG_RESET_ON_FORK) != 0)
        policy |= SCHED_RESET_ON_FORK;
    ret = set_policy(ut, policy, attr.priority);
    if (ret == 0 && attr.policy != SCHED_IDLE) {
        unsigned long irq = spin_lock_irqsave(&process_lock);

        ret = set_nice(ut->process, MIN(MAX(attr.nice, NICE_MIN), NICE_MAX));
        spin_unlock_irqrestore(&process_lock, irq);
    }
    user_thread_put(ut);
    return ret;
}

int64_t sys_sched_getattr(pid_t tid, vaddr_t uattr, unsigned size, unsigned flags)
{
    struct linux_sched_attr attr = {.size = sizeof(attr)};
    struct user_thread *ut;

    if (!uattr || tid < 0 || size < sizeof(attr) || size > PAGE_SIZE || flags)
        return -EINVAL;
    ut = find_thread(tid);
    if (!ut)
        return -ESRCH;
    int policy = READ_ONCE(ut->sched_policy);

    attr.policy = (uint32_t)(policy & ~SCHED_RESET_ON_FORK);
    attr.flags = (policy & SCHED_RESET_ON_FORK) != 0 ? SCHED_FLAG_RESET_ON_FORK : 0;
    attr.nice = READ_ONCE(ut->process->nice);
    user_thread_put(ut);
    return copy_to_user(uattr, &attr, sizeof(attr)) != 0 ? -EFAULT : 0;
}

/*
 * I/O priorities are stored and reported but have no effect: requests go to the disk in order of
 * arrival (like Linux's "none" scheduler).
 */
#define IOPRIO_CLASS_SHIFT 13
#define IOPRIO_DATA_MASK   ((1u << IOPRIO_CLASS_SHIFT) - 1)
#define NR_IOPRIO_LEVELS   8

enum { IOPRIO_NONE, IOPRIO_REALTIME, IOPRIO_BEST_EFFORT, IOPRIO_IDLE };
enum { IOPRIO_WHO_PROCESS = 1, IOPRIO_WHO_PGRP, IOPRIO_WHO_USER };

static int ioprio_check(unsigned priority)
{
    unsigned data = priority & IOPRIO_DATA_MASK;

    switch (priority >> IOPRIO_CLASS_SHIFT) {
    case IOPRIO_NONE:
        return data == 0 ? 0 : -EINVAL;
    case IOPRIO_REALTIME:
        if (!cred_has_cap(cred_current(), CAP_SYS_NICE))
            return -EPERM;
        return data < NR_IOPRIO_LEVELS ? 0 : -EINVAL;
    case IOPRIO_BEST_EFFORT:
        return data < NR_IOPRIO_LEVELS ? 0 : -EINVAL;
    case IOPRIO_IDLE:
        return 0;
    default:
        return -EINVAL;
    }
}

int64_t sys_ioprio_set(unsigned which, int who, int priority)
{
    int ret = ioprio_check((unsigned)priority);
    struct process *p;

    if (ret != 0)
        return ret;
    if (which < IOPRIO_WHO_PROCESS || which > IOPRIO_WHO_USER)
        return -EINVAL;
    unsigned long irq = spin_lock_irqsave(&process_lock);

    ret = -ESRCH;
    list_for_each_entry(p, &process_all, all_node) {
        if (p->state == PROCESS_ZOMBIE || !is_meant(p, (int)which - 1, (uint32_t)who))
            continue;
        ret = may_change(p) ? 0 : -EPERM;
        if (ret != 0)
            break;
        p->io_priority = (unsigned)priority;
    }
    spin_unlock_irqrestore(&process_lock, irq);
    return ret;
}

/* Return the highest priority of those selected: the lowest number, but class "none" ranks below
 * every other class. */
int64_t sys_ioprio_get(unsigned which, int who)
{
    int ret = -ESRCH;
    struct process *p;

    if (which < IOPRIO_WHO_PROCESS || which > IOPRIO_WHO_USER)
        return -EINVAL;
    unsigned long irq = spin_lock_irqsave(&process_lock);

    list_for_each_entry(p, &process_all, all_node) {
        if (p->state == PROCESS_ZOMBIE || !is_meant(p, (int)which - 1, (uint32_t)who))
            continue;
        if (ret <= 0 || (p->io_priority != 0 && (int)p->io_priority < ret))
            ret = (int)p->io_priority;
    }
    spin_unlock_irqrestore(&process_lock, irq);
    return ret;
}
