/*
 * Shared by the files of linux/clock only.
 */
#ifndef CLOCK_INTERNAL_H
#define CLOCK_INTERNAL_H

#include <abi/clock.h>
#include <abi/syscalls.h>
#include <arch/uaccess.h>
#include <base/errno.h>
#include <clock/timers.h>
#include <heap/heap.h>
#include <pending/pending.h>
#include <pending/upcalls.h>
#include <string/string.h>
#include <task/task.h>
#include <time/time.h>

/* -EINVAL for an unknown clock. */
int clock_read(int clock, uint64_t *ns) MUST_CHECK;

/* Seconds are saturated; -EFAULT; -EINVAL for a negative time or 10^9 nanoseconds and more. */
int timespec_read(uint64_t addr, uint64_t *ns) MUST_CHECK;
int timespec_to_ns(const struct linux_timespec *t, uint64_t *ns) MUST_CHECK;
struct linux_timespec ns_to_timespec(uint64_t ns);

/* Convert a time on a clock that can be waited for to a monotonic deadline. */
int clock_deadline(int clock, uint64_t ns, bool is_absolute, uint64_t *deadline) MUST_CHECK;

/*
 * Interval timers that send a signal are rearmed when the signal is taken, as in Linux: an interval
 * shorter than the interrupt's own run time would leave the CPU no time for anything else. A
 * pending signal can also be discarded, and an ignored one is never taken, so the timer keeps
 * firing at a slow rate in the meantime.
 */
#define INTERVAL_PENDING_NS (100 * NS_PER_MSEC)
#define INTERVAL_IGNORED_NS (4 * NS_PER_MSEC)

static inline uint64_t interval_next_fire(uint64_t deadline_ns, bool is_pending)
{
    uint64_t floor_ns = is_pending ? INTERVAL_PENDING_NS : INTERVAL_IGNORED_NS;

    return MAX(deadline_ns, time_deadline_ns(floor_ns));
}

/* Return the time left until the next expiry; never 0. */
static inline uint64_t interval_left(uint64_t deadline_ns, uint64_t interval_ns)
{
    uint64_t now = time_now_ns();

    if (interval_ns != 0)
        (void)time_catch_up(&deadline_ns, interval_ns, now);

    return deadline_ns > now ? deadline_ns - now : 1;
}

/* posix_timer.c's part of timers_signal_taken_locked(). */
void posix_timer_taken_locked(struct process *p, struct linux_siginfo *info)
    REQUIRES(&process_lock);

/*
 * Get or set ITIMER_VIRTUAL or ITIMER_PROF. The alarm's deadline_ns holds the CPU time left, 0 when
 * off; value_ns 0 turns it off.
 */
void cpu_timer_get(struct process *p, bool is_virtual, struct cpu_alarm *out);
void cpu_timer_set(struct process *p, bool is_virtual, uint64_t value_ns, uint64_t interval_ns,
                   struct cpu_alarm *old);
/* Stop the timer for good: the process exits. */
void cpu_timer_stop(struct process *p);

#endif
