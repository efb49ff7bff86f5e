/*
 * Reading and setting clocks.
 */
#include "internal.h"

#include <vdso/vdso.h>

struct linux_timespec ns_to_timespec(uint64_t ns)
{
    return (struct linux_timespec){(int64_t)(ns / NS_PER_SEC), (int64_t)(ns % NS_PER_SEC)};
}

int timespec_to_ns(const struct linux_timespec *t, uint64_t *ns)
{
    if (t->tv_sec < 0 || t->tv_nsec < 0 || t->tv_nsec >= (int64_t)NS_PER_SEC)
        return -EINVAL;
    if ((uint64_t)t->tv_sec >= (uint64_t)INT64_MAX / NS_PER_SEC)
        *ns = INT64_MAX;
    else
        *ns = (uint64_t)t->tv_sec * NS_PER_SEC + (uint64_t)t->tv_nsec;
    return 0;
}

int timespec_read(uint64_t addr, uint64_t *ns)
{
    struct linux_timespec t;

    if (copy_from_user(&t, addr, sizeof(t)) != 0)
        return -EFAULT;
    return timespec_to_ns(&t, ns);
}

/* Clock numbers below zero name another process's or thread's processor time: ~pid << 3 | kind. */
static int read_cpu_clock(int clock, uint64_t *ns)
{
    pid_t id = ~(clock >> 3);
    bool is_thread = clock & 4;
    struct user_thread *ut = NULL;
    struct process *p = NULL;
    uint64_t utime, stime;
    unsigned long irq;

    if ((clock & 3) == 3)
        return -EINVAL;
    irq = spin_lock_irqsave(&process_lock);
    if (is_thread) {
        ut = id ? user_thread_find(id) : user_current();
        if (ut)
            user_thread_get(ut);
    } else {
        p = id ? process_find(id) : process_current();
        if (p)
            process_get(p);
    }
    spin_unlock_irqrestore(&process_lock, irq);
    if (ut) {
        *ns = thread_run_ns(&ut->thread);
        user_thread_put(ut);
    } else if (p) {
        process_times(p, &utime, &stime);
        *ns = utime + stime;
        process_put(p);
    }
    return ut || p ? 0 : -EINVAL;
}

int clock_read(int clock, uint64_t *ns)
{
    uint64_t utime, stime;

    switch (clock) {
    case CLOCK_REALTIME:
    case CLOCK_REALTIME_COARSE:
    case CLOCK_REALTIME_ALARM:
    case CLOCK_TAI:
        *ns = time_realtime_ns();
        return 0;
    case CLOCK_MONOTONIC:
    case CLOCK_MONOTONIC_RAW:
    case CLOCK_MONOTONIC_COARSE:
    case CLOCK_BOOTTIME:
    case CLOCK_BOOTTIME_ALARM:
        *ns = time_now_ns();
        return 0;
    case CLOCK_PROCESS_CPUTIME_ID:
        process_times(process_current(), &utime, &stime);
        *ns = utime + stime;
        return 0;
    case CLOCK_THREAD_CPUTIME_ID:
        *ns = thread_run_ns(thread_current());
        return 0;
    default:
        return clock < 0 ? read_cpu_clock(clock, ns) : -EINVAL;
    }
}

int clock_deadline(int clock, uint64_t ns, bool is_absolute, uint64_t *deadline)
{
    uint64_t real, now = time_now_ns();

    switch (clock) {
    case CLOCK_REALTIME:
    case CLOCK_REALTIME_ALARM:
    case CLOCK_TAI:
        real = time_realtime_ns();
        *deadline = is_absolute ? now + (ns > real ? ns - real : 0) : time_deadline_ns(ns);
        return 0;
    case CLOCK_MONOTONIC:
    case CLOCK_BOOTTIME:
    case CLOCK_BOOTTIME_ALARM:
        *deadline = is_absolute ? ns : time_deadline_ns(ns);
        return 0;
    default: /* there are clocks that only show the time */
        return clock_read(clock, &real) == 0 ? -EOPNOTSUPP : -EINVAL;
    }
}

int64_t sys_clock_gettime(int clock, vaddr_t utime)
{
    struct linux_timespec t;
    uint64_t ns;
    int err = clock_read(clock, &ns);

    if (err)
        return err;
    t = ns_to_timespec(ns);
    return copy_to_user(utime, &t, sizeof(t));
}

int64_t sys_clock_getres(int clock, vaddr_t utime)
{
    struct linux_timespec t = {0, 1};
    uint64_t ns;
    int err = clock_read(clock, &ns);

    if (err)
        return err;
    return utime ? copy_to_user(utime, &t, sizeof(t)) : 0;
}

int64_t sys_clock_settime(int clock, vaddr_t utime)
{
    uint64_t ns;
    int err;

    if (clock != CLOCK_REALTIME)
        return -EINVAL;
    err = timespec_read(utime, &ns);
    if (err)
        return err;
    if (!cred_has_cap(cred_current(), CAP_SYS_TIME))
        return -EPERM;
    time_set_realtime_ns(ns);
    vdso_time_changed();
    return 0;
}

int64_t sys_gettimeofday(vaddr_t time, vaddr_t uzone)
{
    uint64_t ns = time_realtime_ns();
    struct linux_timeval t = {(int64_t)(ns / NS_PER_SEC), (int64_t)(ns % NS_PER_SEC / 1000)};
    uint32_t zone[2] = {0, 0};

    if (time && copy_to_user(time, &t, sizeof(t)) != 0)
        return -EFAULT;
    return uzone ? copy_to_user(uzone, zone, sizeof(zone)) : 0;
}

int64_t sys_settimeofday(vaddr_t time, vaddr_t uzone)
{
    struct linux_timeval t;

    if (!cred_has_cap(cred_current(), CAP_SYS_TIME))
        return -EPERM;
    if (!time)
        return 0; /* the time zone alone: the kernel keeps none */
    if (copy_from_user(&t, time, sizeof(t)) != 0)
        return -EFAULT;
    if (t.tv_sec < 0 || t.tv_usec < 0 || t.tv_usec >= 1000000)
        return -EINVAL;
    time_set_realtime_ns((uint64_t)t.tv_sec * NS_PER_SEC + (uint64_t)t.tv_usec * 1000);
    vdso_time_changed();
    return 0;
}
