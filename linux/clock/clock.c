/*
 * The calls that read and set clocks: clock_gettime(2) and relatives, gettimeofday(2), times(2).
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

/* Of processor time there are three kinds of clocks: all but one show all of it. */
#define CPU_CLOCK_USER   1
#define CPU_CLOCK_NONE   3
#define CPU_CLOCK_THREAD 4

static int read_process_clock(pid_t pid, bool is_user, uint64_t *ns)
{
    unsigned long irq = spin_lock_irqsave(&process_lock);
    struct process *p = pid ? process_find(pid) : process_current();
    uint64_t utime, stime;

    if (p) {
        process_times_locked(p, &utime, &stime);
        *ns = is_user ? utime : utime + stime;
    }
    spin_unlock_irqrestore(&process_lock, irq);
    return p ? 0 : -EINVAL;
}

/* Of the caller's own process alone. */
static int read_thread_clock(pid_t tid, bool is_user, uint64_t *ns)
{
    unsigned long irq = spin_lock_irqsave(&process_lock);
    struct user_thread *ut = tid ? user_thread_find(tid) : user_current();
    bool is_own = ut && ut->process == process_current();

    if (is_own)
        *ns = is_user ? thread_user_ns(&ut->thread) : thread_run_ns(&ut->thread);
    spin_unlock_irqrestore(&process_lock, irq);
    return is_own ? 0 : -EINVAL;
}

/* Clock numbers below zero name another process's or thread's processor time: ~id << 3 | kind. */
static int read_cpu_clock(int clock, uint64_t *ns)
{
    pid_t id = ~(clock >> 3);
    bool is_user = (clock & 3) == CPU_CLOCK_USER;

    if ((clock & 3) == CPU_CLOCK_NONE)
        return -EINVAL;
    return clock & CPU_CLOCK_THREAD ? read_thread_clock(id, is_user, ns)
                                    : read_process_clock(id, is_user, ns);
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
    default: /* some clocks can be read but not waited for */
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

/*
 * The wall clock counts 63 bits of nanoseconds. As Linux, it is not set to where it would be at
 * their end within a long uptime, nor behind the time since boot.
 */
#define UPTIME_MAX_SECONDS   (30ull * 365 * 24 * 3600)
#define REALTIME_MAX_SECONDS (INT64_MAX / NS_PER_SEC - UPTIME_MAX_SECONDS)

/* Check that the caller may set the wall clock to this time: -EINVAL, -EPERM. */
static int check_realtime(const struct linux_timespec *t, uint64_t *ns)
{
    int err = timespec_to_ns(t, ns);

    if (err)
        return err;
    if ((uint64_t)t->tv_sec >= REALTIME_MAX_SECONDS)
        return -EINVAL;
    if (!cred_has_cap(cred_current(), CAP_SYS_TIME))
        return -EPERM;
    return *ns < time_now_ns() ? -EINVAL : 0;
}

static void set_realtime(uint64_t ns)
{
    time_set_realtime_ns(ns);
    vdso_time_changed();
}

int64_t sys_clock_settime(int clock, vaddr_t utime)
{
    struct linux_timespec t;
    uint64_t ns;
    int err;

    if (clock < 0) /* processor time: nobody sets it */
        return clock_read(clock, &ns) == 0 ? -EPERM : -EINVAL;
    if (clock != CLOCK_REALTIME)
        return -EINVAL;
    if (copy_from_user(&t, utime, sizeof(t)) != 0)
        return -EFAULT;
    err = check_realtime(&t, &ns);
    if (!err)
        set_realtime(ns);
    return err;
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

#define ZONE_MINUTES_MAX (15 * 60)

int64_t sys_settimeofday(vaddr_t time, vaddr_t uzone)
{
    struct linux_timeval t = {0};
    struct linux_timespec spec;
    int32_t zone[2] = {0}; /* minutes west first; checked, and not kept */
    uint64_t ns;
    int err;

    if (time && copy_from_user(&t, time, sizeof(t)) != 0)
        return -EFAULT;
    if (t.tv_usec < 0 || t.tv_usec >= 1000000)
        return -EINVAL;
    if (uzone && copy_from_user(zone, uzone, sizeof(zone)) != 0)
        return -EFAULT;
    spec = (struct linux_timespec){t.tv_sec, t.tv_usec * 1000};
    if (time)
        err = check_realtime(&spec, &ns);
    else
        err = cred_has_cap(cred_current(), CAP_SYS_TIME) ? 0 : -EPERM;
    if (!err && (zone[0] > ZONE_MINUTES_MAX || zone[0] < -ZONE_MINUTES_MAX))
        err = -EINVAL;
    if (!err && time)
        set_realtime(ns);
    return err;
}
