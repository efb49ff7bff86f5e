/*
 * Interval timers (setitimer(2)): ITIMER_REAL; those on CPU time are in cpu_timer.c.
 */
#include "internal.h"

#define ITIMER_REAL    0
#define ITIMER_VIRTUAL 1
#define ITIMER_PROF    2

static void arm(struct process *p, uint64_t delay_ns) REQUIRES(&process_lock)
{
    p->alarm_deadline_ns = time_deadline_ns(delay_ns);
    timer_arm(&p->alarm, p->alarm_deadline_ns);
}

/* Interrupt context. The process is alive: timers_process_exit() waits for this function. */
static void alarm_fires(struct timer *timer)
{
    struct process *p = container_of(timer, struct process, alarm);
    unsigned long irq = spin_lock_irqsave(&process_lock);

    (void)signal_send_process_locked(p, SIGALRM, NULL);
    if (p->alarm_interval_ns) {
        bool is_pending = (p->pending.set & SIGSET(SIGALRM)) != 0;

        if (!is_pending)
            (void)time_catch_up(&p->alarm_deadline_ns, p->alarm_interval_ns, time_now_ns());
        timer_arm(&p->alarm, interval_next_fire(p->alarm_deadline_ns, is_pending));
    }
    spin_unlock_irqrestore(&process_lock, irq);
}

void timers_signal_taken_locked(struct process *p, struct linux_siginfo *info)
{
    if (info->code == SI_TIMER)
        posix_timer_taken_locked(p, info);
    if (info->signo == SIGALRM && p->alarm_interval_ns && timer_is_armed(&p->alarm)) {
        (void)time_catch_up(&p->alarm_deadline_ns, p->alarm_interval_ns, time_now_ns());
        timer_arm(&p->alarm, p->alarm_deadline_ns);
    }
}

/* REQUIRES(process_lock) */
static uint64_t remaining(struct process *p) REQUIRES(&process_lock)
{
    if (!p->alarm.fn || !timer_is_armed(&p->alarm))
        return 0;
    return MAX(interval_left(p->alarm_deadline_ns, p->alarm_interval_ns), 1000ull);
}

static struct cpu_alarm get_real(struct process *p)
{
    unsigned long irq = spin_lock_irqsave(&process_lock);
    struct cpu_alarm now = {remaining(p), p->alarm_interval_ns};

    spin_unlock_irqrestore(&process_lock, irq);
    return now;
}

static struct linux_timeval to_timeval(uint64_t ns)
{
    return (struct linux_timeval){(int64_t)(ns / NS_PER_SEC), (int64_t)(ns % NS_PER_SEC / 1000)};
}

static int from_timeval(const struct linux_timeval *t, uint64_t *ns)
{
    struct linux_timespec spec = {.tv_sec = t->tv_sec};

    if (t->tv_usec < 0 || t->tv_usec >= 1000000)
        return -EINVAL;
    spec.tv_nsec = t->tv_usec * 1000;
    return timespec_to_ns(&spec, ns);
}

static struct linux_itimerval to_itimerval(const struct cpu_alarm *alarm)
{
    return (struct linux_itimerval){.it_interval = to_timeval(alarm->interval_ns),
                                    .it_value = to_timeval(alarm->deadline_ns)};
}

int64_t sys_getitimer(unsigned which, vaddr_t uvalue)
{
    struct process *p = process_current();
    struct linux_itimerval value;
    struct cpu_alarm now;

    if (which > ITIMER_PROF)
        return -EINVAL;
    if (which == ITIMER_REAL)
        now = get_real(p);
    else
        cpu_timer_get(p, which == ITIMER_VIRTUAL, &now);
    value = to_itimerval(&now);
    return copy_to_user(uvalue, &value, sizeof(value));
}

static void set_real(struct process *p, uint64_t value_ns, uint64_t interval_ns,
                     struct cpu_alarm *old)
{
    unsigned long irq = spin_lock_irqsave(&process_lock);

    *old = (struct cpu_alarm){remaining(p), p->alarm_interval_ns};
    if (!p->alarm.fn)
        timer_init(&p->alarm, alarm_fires);
    spin_unlock_irqrestore(&process_lock, irq);
    timer_cancel_sync(&p->alarm);
    irq = spin_lock_irqsave(&process_lock);
    p->alarm_interval_ns = value_ns ? interval_ns : 0; /* off, it shows neither */
    if (value_ns)
        arm(p, value_ns);
    spin_unlock_irqrestore(&process_lock, irq);
}

int64_t sys_setitimer(unsigned which, vaddr_t unew, vaddr_t uold)
{
    struct process *p = process_current();
    struct linux_itimerval new = {0};
    struct cpu_alarm old;
    uint64_t interval, value;

    if (unew && copy_from_user(&new, unew, sizeof(new)) != 0)
        return -EFAULT;
    if (which > ITIMER_PROF || from_timeval(&new.it_interval, &interval) != 0 ||
        from_timeval(&new.it_value, &value) != 0)
        return -EINVAL;
    if (which == ITIMER_REAL)
        set_real(p, value, interval, &old);
    else
        cpu_timer_set(p, which == ITIMER_VIRTUAL, value, interval, &old);
    new = to_itimerval(&old);
    return uold ? copy_to_user(uold, &new, sizeof(new)) : 0;
}
