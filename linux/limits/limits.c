/*
 * The calls on resource limits and usage: prlimit64(2), getrusage(2), times(2).
 */
#include <abi/syscalls.h>
#include <arch/uaccess.h>
#include <base/errno.h>
#include <clock/timers.h>
#include <rlimit/rlimit.h>
#include <task/table.h>
#include <vspace/vspace.h>

static void apply_to_vspace(struct process *p, unsigned resource, uint64_t value)
{
    struct vspace *vs;

    if (resource != RLIMIT_AS && resource != RLIMIT_STACK)
        return;
    vs = process_vspace_get(p);
    if (!vs)
        return;
    mutex_lock(&vs->lock);
    if (resource == RLIMIT_AS)
        vs->limits.nr_bytes = value;
    else
        vs->limits.stack_bytes = value;
    mutex_unlock(&vs->lock);
    vspace_put(vs);
}

/* Change a limit; the previous value goes to *old. */
static int set_limit(struct process *p, unsigned resource, const struct linux_rlimit *limit,
                     struct linux_rlimit *old)
{
    bool may_raise = cred_has_cap(cred_current(), CAP_SYS_RESOURCE);
    struct linux_rlimit *slot = &p->limits[resource];
    unsigned long irq = spin_lock_irqsave(&process_lock);
    int err = rlimit_set(slot, limit, may_raise, old);

    if (!err && resource == RLIMIT_CPU)
        cpu_timer_restart_locked(p);
    spin_unlock_irqrestore(&process_lock, irq);
    if (!err)
        apply_to_vspace(p, resource, limit->cur);
    return err;
}

static struct linux_rlimit get_limit(struct process *p, unsigned resource)
{
    unsigned long irq = spin_lock_irqsave(&process_lock);
    struct linux_rlimit limit = p->limits[resource];

    spin_unlock_irqrestore(&process_lock, irq);
    return limit;
}

static int limit_call(struct process *p, unsigned resource, uint64_t new_addr, uint64_t old_addr)
{
    struct linux_rlimit limit, old;
    int err = 0;

    if (resource >= NR_RLIMITS)
        return -EINVAL;
    if (new_addr && copy_from_user(&limit, new_addr, sizeof(limit)) != 0)
        return -EFAULT;
    if (new_addr) {
        err = rlimit_check(resource, &limit);
        if (!err)
            err = set_limit(p, resource, &limit, &old);
    } else {
        old = get_limit(p, resource);
    }
    if (!err && old_addr)
        err = copy_to_user(old_addr, &old, sizeof(old));
    return err;
}

/* As Linux: all its user and group ids equal the caller's, or the caller has CAP_SYS_RESOURCE. */
static bool may_limit(const struct process *p, const struct cred *me) REQUIRES(&process_lock)
{
    const struct cred *it = &p->credentials->cred;

    return p == process_current() || cred_has_cap(me, CAP_SYS_RESOURCE) ||
           (me->uid == it->uid && me->uid == it->euid && me->uid == it->suid &&
            me->gid == it->gid && me->gid == it->egid && me->gid == it->sgid);
}

int64_t sys_prlimit64(pid_t pid, unsigned resource, vaddr_t unew, vaddr_t uold)
{
    struct process *p;
    unsigned long irq;
    int err = -ESRCH;
    const struct cred *me = cred_current();

    irq = spin_lock_irqsave(&process_lock);
    p = pid ? process_find(pid) : process_current();
    if (p) {
        err = may_limit(p, me) ? 0 : -EPERM;
        process_get(p);
    }
    spin_unlock_irqrestore(&process_lock, irq);
    if (!err)
        err = limit_call(p, resource, unew, uold);
    if (p)
        process_put(p);
    return err;
}

int64_t sys_getrlimit(unsigned resource, vaddr_t uold)
{
    return limit_call(process_current(), resource, 0, uold);
}

int64_t sys_setrlimit(unsigned resource, vaddr_t unew)
{
    return limit_call(process_current(), resource, unew, 0);
}

#define RUSAGE_SELF     0
#define RUSAGE_CHILDREN (-1)
#define RUSAGE_THREAD   1

static struct linux_timeval to_timeval(uint64_t ns)
{
    return (struct linux_timeval){(int64_t)(ns / NS_PER_SEC), (int64_t)(ns % NS_PER_SEC / 1000)};
}

struct usage {
    uint64_t utime_ns, stime_ns, nr_minor_faults, nr_major_faults, nr_preempted;
};

static struct usage usage_of_thread(const struct user_thread *ut)
{
    uint64_t user = thread_user_ns(&ut->thread), total = thread_run_ns(&ut->thread);

    return (struct usage){
        .utime_ns = user,
        .stime_ns = total > user ? total - user : 0,
        .nr_minor_faults = READ_ONCE(ut->nr_minor_faults),
        .nr_major_faults = READ_ONCE(ut->nr_major_faults),
        .nr_preempted = ut->thread.nr_preempted,
    };
}

/* Sum over all threads, including those that have exited. */
static struct usage usage_of_process(struct process *p)
{
    unsigned long irq = spin_lock_irqsave(&process_lock);
    struct usage u = {.nr_minor_faults = p->nr_minor_faults, .nr_major_faults = p->nr_major_faults};
    const struct user_thread *ut;

    process_times_locked(p, &u.utime_ns, &u.stime_ns);
    list_for_each_entry(ut, &p->threads, thread_node) {
        u.nr_minor_faults += READ_ONCE(ut->nr_minor_faults);
        u.nr_major_faults += READ_ONCE(ut->nr_major_faults);
        u.nr_preempted += ut->thread.nr_preempted;
    }
    spin_unlock_irqrestore(&process_lock, irq);
    return u;
}

static struct usage usage_of_children(struct process *p)
{
    unsigned long irq = spin_lock_irqsave(&process_lock);
    struct usage u = {.utime_ns = p->child_utime_ns,
                      .stime_ns = p->child_stime_ns,
                      .nr_minor_faults = p->nr_child_minor_faults};

    spin_unlock_irqrestore(&process_lock, irq);
    return u;
}

int64_t sys_getrusage(int who, vaddr_t urusage)
{
    struct process *p = process_current();
    struct linux_rusage out = {0};
    struct usage u;

    switch (who) {
    case RUSAGE_SELF:
        u = usage_of_process(p);
        break;
    case RUSAGE_THREAD:
        u = usage_of_thread(user_current());
        break;
    case RUSAGE_CHILDREN:
        u = usage_of_children(p);
        break;
    default:
        return -EINVAL;
    }
    out.utime = to_timeval(u.utime_ns);
    out.stime = to_timeval(u.stime_ns);
    out.minflt = (int64_t)u.nr_minor_faults;
    out.majflt = (int64_t)u.nr_major_faults;
    out.nivcsw = (int64_t)u.nr_preempted;
    if (who != RUSAGE_CHILDREN)
        out.maxrss = (int64_t)(p->vspace->nr_resident_peak * (PAGE_SIZE / 1024));
    return copy_to_user(urusage, &out, sizeof(out));
}

int64_t sys_times(vaddr_t utimes)
{
    struct process *p = process_current();
    const uint64_t tick = NS_PER_SEC / LINUX_TICK_HZ;
    struct usage own = usage_of_process(p), children = usage_of_children(p);
    int64_t t[4] = {(int64_t)(own.utime_ns / tick), (int64_t)(own.stime_ns / tick),
                    (int64_t)(children.utime_ns / tick), (int64_t)(children.stime_ns / tick)};

    if (utimes && copy_to_user(utimes, t, sizeof(t)) != 0)
        return -EFAULT;
    return (int64_t)(time_now_ns() / tick);
}
