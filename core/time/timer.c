/*
 * Timers: one heap per CPU, one hardware deadline per hart.
 *
 * A timer belongs to the base (CPU) it was armed on last; timer->cpu changes only under the lock of
 * the base it leaves. The comparator is set when a timer becomes the first of its heap, and in the
 * interrupt; a cancelled first timer leaves it as it is, at the price of one interrupt that finds
 * nothing to do.
 *
 * Functions run without the base's lock, so they may arm and cancel timers. base->running makes
 * cancel_sync wait; it is the only state left when the function frees its timer.
 */
#include <time/time.h>

#include <irq/upcalls.h>
#include <lock/spinlock.h>
#include <log/log.h>
#include <percpu/percpu.h>

#include "clock.h"

/* [b] lock */
struct timer_base {
    struct spinlock lock;
    struct timer_node *root GUARDED_BY(&lock); /* [b] */
    uint64_t programmed GUARDED_BY(&lock);     /* [b] ticks in the comparator */
    struct timer *running;                     /* [a] whose function runs here now */
    uint64_t nr_interrupts;                    /* [a] */
    bool is_ready GUARDED_BY(&lock);           /* [b] the comparator may be written */
};

static DEFINE_PER_CPU(struct timer_base, timer_base);

void time_init(uint64_t frequency_hz)
{
    clock_init(frequency_hz);
    time_cpu_init();
}

/* On the base's own CPU. */
static void base_program(struct timer_base *base) REQUIRES(&base->lock)
{
    base->programmed = base->root ? base->root->key : TIME_NEVER;
    if (base->is_ready)
        arch_timer_set(base->programmed);
}

void time_cpu_init(void)
{
    struct timer_base *base = &this_cpu(timer_base);
    unsigned long flags = arch_irq_save();

    spin_init(&base->lock, "timer base");
    base->root = NULL;
    base->running = NULL;
    base->is_ready = true;
    arch_timer_init();
    base_program(base);
    arch_irq_restore(flags);
}

void timer_init(struct timer *timer, timer_fn fn)
{
    timer->fn = fn;
    timer->cpu = 0;
    timer->is_armed = false;
    timer->has_fired = false;
}

/* Lock the base of the timer; interrupts are off. Use TIMER_LOCK_BASE(). */
static struct timer_base *timer_lock_base(struct timer *timer)
{
    for (;;) {
        uint32_t cpu = READ_ONCE(timer->cpu);
        struct timer_base *base = &per_cpu(timer_base, cpu);

        spin_lock(&base->lock);
        if (timer->cpu == cpu) {
            LOCK_GIVEN(&base->lock, "to the caller: TIMER_LOCK_BASE()");
            return base;
        }
        spin_unlock(&base->lock);
    }
}
#define TIMER_LOCK_BASE(base, timer)                                                               \
    do {                                                                                           \
        (base) = timer_lock_base(timer);                                                           \
        LOCK_TAKEN(&(base)->lock, "by the call, which returns whose lock it is");                  \
    } while (0)

static void base_remove(struct timer_base *base, struct timer *timer) REQUIRES(&base->lock)
{
    timer_heap_remove(&base->root, &timer->node);
    timer->is_armed = false;
}

void timer_arm_ticks(struct timer *timer, uint64_t deadline_ticks)
{
    unsigned long flags = arch_irq_save();
    uint32_t cpu = cpu_index();
    struct timer_base *base;

    TIMER_LOCK_BASE(base, timer);
    if (timer->is_armed)
        base_remove(base, timer);
    while (timer->cpu != cpu) { /* again when another CPU arms it too between the two locks */
        timer->cpu = cpu;
        spin_unlock(&base->lock);
        TIMER_LOCK_BASE(base, timer);
        if (timer->is_armed)
            base_remove(base, timer);
    }
    if (deadline_ticks != TIME_NEVER) {
        timer->node.key = deadline_ticks;
        timer->is_armed = true;
        timer_heap_insert(&base->root, &timer->node);
        if (deadline_ticks < base->programmed)
            base_program(base);
    }
    spin_unlock_irqrestore(&base->lock, flags);
}

void timer_arm(struct timer *timer, uint64_t deadline_ns)
{
    timer_arm_ticks(timer, time_ns_to_ticks(deadline_ns));
}

void timer_arm_after(struct timer *timer, uint64_t delay_ns)
{
    timer_arm(timer, time_deadline_ns(delay_ns));
}

/* *is_running: its function runs on the CPU whose base the timer is on. */
static bool cancel_and_look(struct timer *timer, bool *is_running)
{
    unsigned long flags = arch_irq_save();
    struct timer_base *base;
    bool was_armed;

    TIMER_LOCK_BASE(base, timer);
    was_armed = timer->is_armed;
    if (was_armed)
        base_remove(base, timer);
    *is_running = __atomic_load_n(&base->running, __ATOMIC_ACQUIRE) == timer;
    spin_unlock_irqrestore(&base->lock, flags);
    return was_armed;
}

bool timer_cancel(struct timer *timer)
{
    bool is_running;

    return cancel_and_look(timer, &is_running);
}

/*
 * A running function may rearm its timer, on its own CPU's base. So wait until it runs nowhere,
 * then cancel; repeat if it has started again by then.
 */
bool timer_cancel_sync(struct timer *timer)
{
    bool is_running;
    bool was_armed = cancel_and_look(timer, &is_running);

    if (!READ_ONCE(timer->has_fired))
        return was_armed;
    do {
        for_each_cpu(cpu)
            while (__atomic_load_n(&per_cpu(timer_base, cpu).running, __ATOMIC_ACQUIRE) == timer)
                arch_cpu_relax();
        was_armed |= cancel_and_look(timer, &is_running);
    } while (is_running);
    return was_armed;
}

bool timer_is_armed(const struct timer *timer)
{
    return READ_ONCE(timer->is_armed);
}

uint64_t time_next_deadline(void)
{
    unsigned long flags = arch_irq_save();
    struct timer_base *base = &this_cpu(timer_base);
    uint64_t deadline;

    spin_lock(&base->lock);
    deadline = base->root ? base->root->key : TIME_NEVER;
    spin_unlock_irqrestore(&base->lock, flags);
    return deadline;
}

uint64_t time_nr_interrupts(uint32_t cpu)
{
    return READ_ONCE(per_cpu(timer_base, cpu).nr_interrupts);
}

void time_interrupt(void)
{
    struct timer_base *base = &this_cpu(timer_base);

    spin_lock(&base->lock);
    WRITE_ONCE(base->nr_interrupts, base->nr_interrupts + 1);
    while (base->root && base->root->key <= time_now_ticks()) {
        struct timer *timer = container_of(base->root, struct timer, node);
        timer_fn fn = timer->fn;

        base_remove(base, timer);
        timer->has_fired = true;
        __atomic_store_n(&base->running, timer, __ATOMIC_RELEASE);
        spin_unlock(&base->lock);
        fn(timer);
        __atomic_store_n(&base->running, NULL, __ATOMIC_RELEASE);
        spin_lock(&base->lock);
    }
    base_program(base);
    spin_unlock(&base->lock);
}
