/*
 * Resource limits and usage.
 */
#include "internal.h"

#include <arch/uaccess.h>
#include <process/syscalls.h>

void limits_init(struct process *p)
{
    for (unsigned i = 0; i < NR_RLIMITS; i++)
        p->limits[i] = (struct linux_rlimit){RLIM_INFINITY, RLIM_INFINITY};
    p->limits[RLIMIT_STACK].cur = MIB(8);
    p->limits[RLIMIT_CORE].cur = 0;
    p->limits[RLIMIT_NOFILE] = (struct linux_rlimit){1024, 4096};
    /* Half of all, so that one user leaves something to the others. */
    p->limits[RLIMIT_NPROC] =
        (struct linux_rlimit){nr_user_threads_max / 2, nr_user_threads_max / 2};
    p->limits[RLIMIT_MEMLOCK] = (struct linux_rlimit){MIB(8), MIB(8)};
    p->limits[RLIMIT_SIGPENDING] = p->limits[RLIMIT_NPROC]; /* as Linux */
    p->limits[RLIMIT_MSGQUEUE] = (struct linux_rlimit){819200, 819200};
    p->limits[RLIMIT_NICE] = (struct linux_rlimit){0, 0};
    p->limits[RLIMIT_RTPRIO] = (struct linux_rlimit){0, 0};
}

static void apply_to_vspace(struct process *p, unsigned resource, uint64_t value)
{
    struct vspace *vs = p->vspace;

    if (!vs || (resource != RLIMIT_AS && resource != RLIMIT_STACK))
        return;
    mutex_lock(&vs->lock);
    if (resource == RLIMIT_AS)
        vs->limits.nr_bytes = value;
    else
        vs->limits.stack_bytes = value;
    mutex_unlock(&vs->lock);
}

static int set_limit(struct process *p, unsigned resource, const struct linux_rlimit *limit)
{
    struct linux_rlimit *slot = &p->limits[resource];
    unsigned long irq;
    int err = 0;

    if (limit->cur > limit->max)
        return -EINVAL;
    if (resource == RLIMIT_NOFILE && limit->max > 1048576)
        return -EPERM;
    irq = spin_lock_irqsave(&process_lock);
    if (limit->max > slot->max && !cred_has_cap(&process_current()->credentials, CAP_SYS_RESOURCE))
        err = -EPERM;
    else
        *slot = *limit;
    if (!err && resource == RLIMIT_CPU)
        cpu_timer_restart_locked(p);
    spin_unlock_irqrestore(&process_lock, irq);
    if (!err && p == process_current())
        apply_to_vspace(p, resource, limit->cur);
    return err;
}

static int limit_call(struct process *p, unsigned resource, uint64_t new_addr, uint64_t old_addr)
{
    struct linux_rlimit limit, old;
    int err = 0;

    if (resource >= NR_RLIMITS)
        return -EINVAL;
    if (new_addr && copy_from_user(&limit, new_addr, sizeof(limit)) != 0)
        return -EFAULT;
    old = p->limits[resource];
    if (new_addr)
        err = set_limit(p, resource, &limit);
    if (!err && old_addr)
        err = copy_to_user(old_addr, &old, sizeof(old));
    return err;
}

/* prlimit(2): all ids of the other one are the caller's real ones. */
static bool may_limit(const struct cred *me, const struct cred *it)
{
    return cred_has_cap(me, CAP_SYS_RESOURCE) ||
           (me->uid == it->uid && me->uid == it->euid && me->uid == it->suid &&
            me->gid == it->gid && me->gid == it->egid && me->gid == it->sgid);
}

SYSCALL(prlimit64)
{
    struct process *me = process_current(), *p;
    unsigned long irq;
    int err = -EPERM;

    irq = spin_lock_irqsave(&process_lock);
    p = a[0] ? process_find((pid_t)a[0]) : me;
    if (p)
        process_get(p);
    spin_unlock_irqrestore(&process_lock, irq);
    if (!p)
        return -ESRCH;
    if (p == me || may_limit(&me->credentials, &p->credentials))
        err = limit_call(p, (unsigned)a[1], a[2], a[3]);
    process_put(p);
    return err;
}

SYSCALL(getrlimit)
{
    return limit_call(process_current(), (unsigned)a[0], 0, a[1]);
}

SYSCALL(setrlimit)
{
    return limit_call(process_current(), (unsigned)a[0], a[1], 0);
}

#define RUSAGE_SELF     0
#define RUSAGE_CHILDREN (-1)
#define RUSAGE_THREAD   1

static struct linux_timeval to_timeval(uint64_t ns)
{
    return (struct linux_timeval){(int64_t)(ns / NS_PER_SEC), (int64_t)(ns % NS_PER_SEC / 1000)};
}

SYSCALL(getrusage)
{
    struct process *p = process_current();
    struct user_thread *ut = user_current();
    struct linux_rusage u = {0};
    uint64_t utime, stime;

    switch ((int)a[0]) {
    case RUSAGE_SELF:
        process_times(p, &utime, &stime);
        u.minflt = (int64_t)(p->nr_minor_faults + ut->nr_minor_faults);
        u.majflt = (int64_t)(p->nr_major_faults + ut->nr_major_faults);
        break;
    case RUSAGE_THREAD:
        utime = thread_user_ns(&ut->thread);
        stime = thread_run_ns(&ut->thread) - utime;
        u.minflt = (int64_t)ut->nr_minor_faults;
        u.majflt = (int64_t)ut->nr_major_faults;
        break;
    case RUSAGE_CHILDREN:
        utime = p->child_utime_ns;
        stime = p->child_stime_ns;
        u.minflt = (int64_t)p->nr_child_minor_faults;
        break;
    default:
        return -EINVAL;
    }
    u.utime = to_timeval(utime);
    u.stime = to_timeval(stime);
    if ((int)a[0] != RUSAGE_CHILDREN) {
        u.maxrss = (int64_t)(p->vspace->nr_resident_peak * (PAGE_SIZE / 1024));
        u.nivcsw = (int64_t)ut->thread.nr_preempted;
    }
    return copy_to_user(a[1], &u, sizeof(u));
}

SYSCALL(times)
{
    struct process *p = process_current();
    const uint64_t tick = NS_PER_SEC / LINUX_TICK_HZ;
    uint64_t utime, stime;
    int64_t t[4];

    process_times(p, &utime, &stime);
    t[0] = (int64_t)(utime / tick);
    t[1] = (int64_t)(stime / tick);
    t[2] = (int64_t)(p->child_utime_ns / tick);
    t[3] = (int64_t)(p->child_stime_ns / tick);
    if (a[0] && copy_to_user(a[0], t, sizeof(t)) != 0)
        return -EFAULT;
    return (int64_t)(time_now_ns() / tick);
}
