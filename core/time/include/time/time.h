/*
 * Clocks and timers.
 *
 * One monotonic clock: the hart's `time` counter (RISC-V privileged spec, "time" CSR), the same on
 * every hart, counted in ticks and converted to nanoseconds since boot by a multiply and a shift.
 * Wall-clock time is the monotonic clock plus an offset that an RTC driver or the user sets.
 *
 * Timers are one-shot and exact: each CPU keeps its own in a pairing heap ordered by deadline, and
 * the hardware comparator holds the earliest deadline of this CPU, or is off. There is no periodic
 * tick.
 *
 * Life cycle of a timer: timer_init; then any number of timer_arm / expiry / timer_cancel; memory
 * may be reused after timer_cancel_sync. A timer fires on the CPU that armed it, in interrupt
 * context: the function must not sleep, and may arm the timer again.
 */
#ifndef TIME_TIME_H
#define TIME_TIME_H

#include <base/types.h>
#include <arch/timer.h>
#include <time/timer_heap.h>

#define TIME_NEVER UINT64_MAX /* a deadline that never comes, in ns or in ticks */

/* frequency_hz: the device tree's timebase-frequency. Once, before any other function here. */
void time_init(uint64_t frequency_hz);

/* Initialise this CPU's timers and unmask its timer interrupt; time_init() does it for the boot
 * CPU. Interrupts masked. */
void time_cpu_init(void);

/* Raw monotonic counter. Any context. */
static inline uint64_t time_now_ticks(void)
{
    return arch_time();
}

/* Nanoseconds since the counter was zero (about power-on). Any context. */
uint64_t time_now_ns(void);

/* The monotonic time that is delay_ns from now, saturating: a deadline. */
static inline uint64_t time_deadline_ns(uint64_t delay_ns)
{
    uint64_t now = time_now_ns();

    return delay_ns < TIME_NEVER - now ? now + delay_ns : TIME_NEVER;
}

/*
 * Advance a periodic deadline by whole intervals (not 0) beyond now; returns how many. Any clock,
 * the same for both.
 */
static inline uint64_t time_catch_up(uint64_t *deadline_ns, uint64_t interval_ns, uint64_t now_ns)
{
    uint64_t nr = now_ns < *deadline_ns ? 0 : (now_ns - *deadline_ns) / interval_ns + 1;

    *deadline_ns += nr * interval_ns;
    return nr;
}

/*
 * Conversions; saturate at TIME_NEVER. Rounded down, respectively up (a deadline is never early).
 */
uint64_t time_ticks_to_ns(uint64_t ticks);
uint64_t time_ns_to_ticks(uint64_t ns);
uint64_t time_frequency_hz(void);

/*
 * A factor mult / 2^shift, and its use: (n * mult) >> shift with a 128-bit product, saturating at
 * TIME_NEVER. time_scale is that from ticks to nanoseconds, for a vDSO.
 */
struct time_scale {
    uint64_t mult;
    uint32_t shift; /* 0 .. 127 */
};
struct time_scale time_scale_make(uint64_t from_hz, uint64_t to_hz);
uint64_t time_scale_apply(struct time_scale scale, uint64_t n);
struct time_scale time_scale(void);

/* Return nanoseconds since 1970-01-01 UTC; counts from boot until it is set. */
uint64_t time_realtime_ns(void);
void time_set_realtime_ns(uint64_t ns);
/* Return the present offset of wall-clock time from the monotonic clock. */
uint64_t time_realtime_offset_ns(void);

struct timer;
typedef void (*timer_fn)(struct timer *timer);

/*
 * Lock legend: [b] the lock of the base (CPU) the timer was last armed on (unchecked: which one
 * that is changes with ->cpu)  [I] immutable after init
 */
struct timer {
    struct timer_node node; /* [b] */
    timer_fn fn;            /* [I] */
    uint32_t cpu;           /* [b] the base */
    bool is_armed;          /* [b] */
    bool has_fired;         /* [b] ever, since timer_init */
};

void timer_init(struct timer *timer, timer_fn fn);

/*
 * Arm the timer: fn runs at or after deadline_ns (monotonic), on this CPU. Arming an armed timer
 * changes its deadline. A deadline in the past fires as soon as interrupts are on; TIME_NEVER
 * leaves the timer unarmed. Any context.
 */
void timer_arm(struct timer *timer, uint64_t deadline_ns);
void timer_arm_ticks(struct timer *timer, uint64_t deadline_ticks);

/* timer_arm(now + delay), saturating. */
void timer_arm_after(struct timer *timer, uint64_t delay_ns);

/*
 * True: the timer was armed and will not fire. Its function may still be running on another CPU.
 * Any context.
 */
bool timer_cancel(struct timer *timer);

/*
 * As timer_cancel, and waits until the function is not running anywhere; the memory may then be
 * reused. Not from the timer's own function, nor with a lock held that the function takes. Spins.
 */
bool timer_cancel_sync(struct timer *timer);

bool timer_is_armed(const struct timer *timer);

/*
 * Deadline of this CPU's earliest timer in ticks, or TIME_NEVER: for tests and for the idle
 * statistics.
 */
uint64_t time_next_deadline(void);

/* Return the number of timer interrupts of a CPU. */
uint64_t time_nr_interrupts(uint32_t cpu);

/* Busy-waits: device quirks and early boot only. */
void time_delay_ns(uint64_t ns);

#endif
