/*
 * Timers on a process's CPU time: ITIMER_VIRTUAL, ITIMER_PROF, RLIMIT_CPU.
 *
 * There is no periodic tick. A process has one timer for all three, armed for the earliest time at
 * which the nearest of them can expire: its remaining CPU time divided by the number of threads
 * that can run at once. When the timer fires the CPU times are read, signals that are due are sent,
 * and the timer is rearmed. While no thread runs the timer is parked, and the next switch to one of
 * them arms it (cpu_timer_resume), so an idle machine is not woken.
 */
#include "internal.h"

#include <percpu/percpu.h>

/* Shortest delay, however near the expiry. */
#define PERIOD_MIN_NS (500 * NS_PER_USEC)

static uint64_t limit_ns(uint64_t seconds)
{
    return seconds > UINT64_MAX / NS_PER_SEC ? UINT64_MAX : seconds * NS_PER_SEC;
}

/* Send the signals that are due; return the CPU time left until the next, UINT64_MAX for none.
 * REQUIRES(process_lock) */
static uint64_t check_alarm(struct process *p, struct cpu_alarm *alarm, uint64_t now, int signal)
    REQUIRES(&process_lock)
{
    if (!alarm->deadline_ns)
        return UINT64_MAX;
    if (now >= alarm->deadline_ns) {
        (void)signal_send_process_locked(p, signal, NULL);
        if (!alarm->interval_ns) {
            alarm->deadline_ns = 0;
            return UINT64_MAX;
        }
        (void)time_catch_up(&alarm->deadline_ns, alarm->interval_ns, now);
    }
    return alarm->deadline_ns - now;
}

/* Send SIGXCPU at the soft limit and every second after it, SIGKILL at the hard one. */
static uint64_t check_limit(struct process *p, uint64_t now) REQUIRES(&process_lock)
{
    const struct linux_rlimit *limit = &p->limits[RLIMIT_CPU];
    uint64_t soft = limit_ns(limit->cur), hard = limit_ns(limit->max);

    if (limit->cur == RLIM_INFINITY && limit->max == RLIM_INFINITY)
        return UINT64_MAX;
    if (now >= hard) {
        (void)signal_send_process_locked(p, SIGKILL, NULL);
        return UINT64_MAX;
    }
    soft = MAX(soft, p->cpu_timer.next_xcpu_ns);
    if (now >= soft) {
        (void)signal_send_process_locked(p, SIGXCPU, NULL);
        soft = p->cpu_timer.next_xcpu_ns = now + NS_PER_SEC;
    }
    return MIN(soft, hard) - now;
}

static bool has_runnable(const struct process *p) REQUIRES(&process_lock)
{
    struct user_thread *ut;

    list_for_each_entry(ut, &p->threads, thread_node)
        if (user_thread_state_letter(ut) == 'R')
            return true;
    return false;
}

/* REQUIRES(process_lock). */
static void evaluate(struct process *p) REQUIRES(&process_lock)
{
    struct cpu_timer *c = &p->cpu_timer;
    uint64_t utime, stime, left;

    process_times_locked(p, &utime, &stime);
    left = check_alarm(p, &c->virtual, utime, SIGVTALRM);
    left = MIN(left, check_alarm(p, &c->profile, utime + stime, SIGPROF));
    left = MIN(left, check_limit(p, utime + stime));
    if (left == UINT64_MAX || p->is_exiting) {
        __atomic_store_n(&c->is_parked, 0, __ATOMIC_RELAXED);
        timer_cancel(&c->timer);
        return;
    }
    c->delay_ns = MAX(left / MIN(MAX(READ_ONCE(p->nr_threads), 1u), cpu_count()), PERIOD_MIN_NS);
    /* Set the mark before looking: a thread switched to after the look then finds it. */
    __atomic_store_n(&c->is_parked, 1, __ATOMIC_SEQ_CST);
    if (has_runnable(p))
        cpu_timer_resume(p);
}

static void fires(struct timer *timer)
{
    struct process *p = container_of(timer, struct process, cpu_timer.timer);
    unsigned long irq = spin_lock_irqsave(&process_lock);

    evaluate(p);
    spin_unlock_irqrestore(&process_lock, irq);
}

void cpu_timer_restart_locked(struct process *p)
{
    if (!p->cpu_timer.timer.fn)
        timer_init(&p->cpu_timer.timer, fires);
    evaluate(p);
}

void cpu_timer_stop(struct process *p)
{
    unsigned long irq;

    if (!p->cpu_timer.timer.fn)
        return;
    irq = spin_lock_irqsave(&process_lock);
    p->cpu_timer.virtual.deadline_ns = p->cpu_timer.profile.deadline_ns = 0;
    p->limits[RLIMIT_CPU].cur = p->limits[RLIMIT_CPU].max = RLIM_INFINITY;
    __atomic_store_n(&p->cpu_timer.is_parked, 0, __ATOMIC_SEQ_CST);
    spin_unlock_irqrestore(&process_lock, irq);
    timer_cancel_sync(&p->cpu_timer.timer);
}

void cpu_timer_set(struct process *p, bool is_virtual, uint64_t value_ns, uint64_t interval_ns,
                   struct cpu_alarm *old)
{
    struct cpu_alarm *alarm = is_virtual ? &p->cpu_timer.virtual : &p->cpu_timer.profile;
    unsigned long irq;

    cpu_timer_get(p, is_virtual, old);
    irq = spin_lock_irqsave(&process_lock);
    alarm->interval_ns = interval_ns;
    alarm->deadline_ns = 0;
    if (value_ns) {
        uint64_t utime, stime;

        process_times_locked(p, &utime, &stime);
        alarm->deadline_ns = (is_virtual ? utime : utime + stime) + value_ns;
    }
    cpu_timer_restart_locked(p);
    spin_unlock_irqrestore(&process_lock, irq);
}

void cpu_timer_get(struct process *p, bool is_virtual, struct cpu_alarm *out)
{
    unsigned long irq = spin_lock_irqsave(&process_lock);
    uint64_t utime, stime, now;

    process_times_locked(p, &utime, &stime);
    now = is_virtual ? utime : utime + stime;
    *out = is_virtual ? p->cpu_timer.virtual : p->cpu_timer.profile;
    if (out->deadline_ns)
        out->deadline_ns = out->deadline_ns > now ? out->deadline_ns - now : 1000;
    spin_unlock_irqrestore(&process_lock, irq);
}
