/*
 * Switching: accounting, choosing the next thread through the policy, the switch, preemption, and
 * the slice timer. There is no tick: the timer runs only while a thread waits for the CPU, and only
 * if the policy gives slices.
 */
#include "runq.h"

#include <irq/irq.h>
#include <irq/upcalls.h>
#include <lock/upcalls.h>
#include <log/log.h>

DEFINE_PER_CPU(struct run_queue, run_queue);

static COLD void slice_end(struct timer *timer);

COLD void rq_init(struct run_queue *rq, uint32_t cpu)
{
    spin_init(&rq->lock, "run queue");
    rq->cpu = cpu;
    sched_queue_init(&rq->queue);
    timer_init(&rq->slice_timer, slice_end);
}

struct run_queue *rq_lock_of(struct thread *thread)
{
    for (;;) {
        int32_t cpu = READ_ONCE(thread->cpu);
        struct run_queue *rq = &per_cpu(run_queue, cpu);

        spin_lock_no_preempt(&rq->lock);
        if (likely(thread->cpu == cpu)) {
            LOCK_GIVEN(&rq->lock, "to the caller: RQ_LOCK_OF()");
            return rq;
        }
        spin_unlock_no_preempt(&rq->lock);
    }
}

static inline void account(struct run_queue *rq, struct thread *t, uint64_t now) REQUIRES(&rq->lock)
{
    uint64_t ticks = now - rq->clock_ticks;

    rq->clock_ticks = now;
    t->run_ticks += ticks;
    if (likely(!t->is_idle))
        sched_account(&rq->queue, entity_of(t), ticks);
}

void rq_account(struct run_queue *rq)
{
    account(rq, rq->current, time_now_ticks());
}

/* On the queue's own CPU. */
static void arm_slice(struct run_queue *rq) REQUIRES(&rq->lock)
{
    uint64_t ticks = sched_slice_ticks(&rq->queue, entity_of(rq->current));

    if (ticks != UINT64_MAX) {
        rq->is_slice_armed = true;
        timer_arm_ticks(&rq->slice_timer, time_now_ticks() + ticks);
    }
}

static inline bool wants_slice(const struct run_queue *rq) REQUIRES(&rq->lock)
{
    return rq->nr_runnable > 1 && !rq->is_slice_armed && !rq->current->is_idle;
}

void rq_resched(struct run_queue *rq)
{
    WRITE_ONCE(rq->current->arch.need_resched, 1);
    if (rq->cpu != cpu_index())
        ipi_send(BIT(rq->cpu), IPI_RESCHED);
}

static ALWAYS_INLINE void attach(struct run_queue *rq, struct thread *t,
                                 enum sched_enqueue_reason why) REQUIRES(&rq->lock)
{
    WRITE_ONCE(t->cpu, (int32_t)rq->cpu);
    t->rq = rq;
    t->care &= (uint8_t)~THREAD_CARE_MISPLACED;
    t->on_rq = true;
    __atomic_store_n(&t->is_leaving, false, __ATOMIC_RELEASE); /* thread_wake reads it first */
    WRITE_ONCE(rq->nr_runnable, rq->nr_runnable + 1);
    sched_enqueue(&rq->queue, entity_of(t), why);
}

COLD void rq_attach(struct run_queue *rq, struct thread *t, enum sched_enqueue_reason why)
{
    attach(rq, t, why);
}

void rq_enqueue(struct run_queue *rq, struct thread *t, enum sched_enqueue_reason why)
{
    struct thread *current = rq->current;

    rq_account(rq);
    attach(rq, t, why);
    if (current->is_idle || sched_wake_preempts(&rq->queue, entity_of(current), entity_of(t))) {
        rq_resched(rq);
    } else if (wants_slice(rq)) {
        if (rq->cpu == cpu_index())
            arm_slice(rq);
        else if (sched_slice_ticks(&rq->queue, entity_of(current)) != UINT64_MAX)
            ipi_send(BIT(rq->cpu), IPI_RESCHED); /* resched_ipi arms it there */
    }
}

void rq_dequeue(struct run_queue *rq, struct thread *t)
{
    sched_dequeue(&rq->queue, entity_of(t));
    t->on_rq = false;
    WRITE_ONCE(rq->nr_runnable, rq->nr_runnable - 1);
}

/* The current thread is not ready any more. */
static void take_out_current(struct run_queue *rq, struct thread *prev) REQUIRES(&rq->lock)
{
    sched_block(&rq->queue, entity_of(prev));
    prev->on_rq = false;
    WRITE_ONCE(rq->nr_runnable, rq->nr_runnable - 1);
}

/* Nobody is ready here. */
static NOINLINE struct thread *choose_other(struct run_queue *rq) REQUIRES(&rq->lock)
{
    bool is_unsure;

    if (rq_steal(rq, &is_unsure))
        return thread_of(sched_next(&rq->queue, NULL, SCHED_PREEMPT));
    return rq->idle;
}

static NOINLINE struct sched_entity *choose_special(struct run_queue *rq, struct thread *prev)
    REQUIRES(&rq->lock)
{
    if (!prev->is_idle) { /* on a CPU where it may not run: thread_left places it */
        take_out_current(rq, prev);
        prev->is_leaving = true;
    } else {
        __atomic_fetch_and(&idle_cpus, ~BIT(rq->cpu), __ATOMIC_RELAXED);
    }
    return sched_next(&rq->queue, NULL, SCHED_PREEMPT);
}

/*
 * Switch threads. Returns, on next's stack and perhaps another CPU, the thread that was left there,
 * with the lock of that CPU's queue held: the caller calls finish_switch().
 */
static ALWAYS_INLINE struct thread *switch_to(struct run_queue *rq, struct thread *prev,
                                              struct thread *next) REQUIRES(&rq->lock)
{
    rq->left = prev;
    rq->nr_switches++;
    if (unlikely(prev->hooks))
        thread_hooks_out(prev);
    if (unlikely(prev->ops) && prev->ops->switch_out)
        prev->ops->switch_out(prev, next);
    if (unlikely(next->ops) && next->ops->switch_in)
        next->ops->switch_in(prev, next);
    if (unlikely(next->hooks))
        thread_hooks_in(next);
    return (struct thread *)arch_switch(&prev->arch, &next->arch);
}

/* Choose the next thread and switch. Returns like switch_to(); prev itself if it continues. */
static ALWAYS_INLINE struct thread *leave(struct run_queue *rq, struct thread *prev, enum leave why)
    REQUIRES(&rq->lock)
{
    struct sched_entity *e;
    struct thread *next;

    account(rq, prev, time_now_ticks());
    prev->arch.need_resched = 0;
    if (why == LEAVE_BLOCK) {
        take_out_current(rq, prev);
        e = sched_next(&rq->queue, NULL, SCHED_PREEMPT);
    } else if (unlikely(prev->is_idle || !(prev->affinity >> rq->cpu & 1))) {
        e = choose_special(rq, prev);
    } else {
        e = sched_next(&rq->queue, entity_of(prev),
                       why == LEAVE_YIELD ? SCHED_YIELD : SCHED_PREEMPT);
    }
    next = likely(e) ? thread_of(e) : choose_other(rq);
    WRITE_ONCE(rq->current, next); /* thread_is_running() */
    if (unlikely(wants_slice(rq)))
        arm_slice(rq);
    if (next == prev)
        return prev;
    if (why == LEAVE_PREEMPT)
        prev->nr_preempted++;
    else if (why == LEAVE_BLOCK)
        prev->nr_slept++;
    return switch_to(rq, prev, next);
}

/*
 * Complete a switch from rq, on the new thread's stack: release the lock of the present CPU's
 * queue. For clang, which does not know of switches, that is rq's.
 */
static ALWAYS_INLINE void finish_switch(struct run_queue *rq, struct thread *left)
    RELEASES(&rq->lock) NO_LOCK_CHECK("the lock was taken on the other stack, of this CPU's queue")
{
    bool is_leaving = left->is_leaving; /* once the lock is released, others may free it */

    spin_unlock_no_preempt(&thread_current()->rq->lock);
    if (unlikely(is_leaving))
        thread_left(left);
}

void rq_leave(struct run_queue *rq, struct thread *prev, enum leave why)
{
    finish_switch(rq, leave(rq, prev, why));
}

void rq_finish_first_switch(void)
{
    struct thread *t = thread_current();

    t->care &= (uint8_t)~THREAD_CARE_NEW;
    LOCK_TAKEN(&t->rq->lock, "by the thread that was left");
    finish_switch(t->rq, t->rq->left);
}

/*
 * The slow path of yielding and its entries from the fast one: out of line and called last, so that
 * the fast path calls nothing before the switch and saves next to no registers.
 */
static NOINLINE void yield_locked(unsigned long flags, struct run_queue *rq) RELEASES(&rq->lock)
{
    finish_switch(rq, leave(rq, thread_current(), LEAVE_YIELD));
    arch_irq_restore(flags);
}

static NOINLINE void yield_contended(unsigned long flags, struct run_queue *rq, uint32_t seen)
{
    spin_lock_contended(&rq->lock, seen);
    yield_locked(flags, rq);
}

static NOINLINE void yield_to_careful(unsigned long flags, struct run_queue *rq,
                                      struct thread *prev, struct thread *next) RELEASES(&rq->lock)
{
    finish_switch(rq, switch_to(rq, prev, next));
    arch_irq_restore(flags);
}

/*
 * Switch by the policy's fast path to the next thread. False: it does not apply, nothing has
 * changed.
 */
static ALWAYS_INLINE bool exchange(struct run_queue *rq, struct thread *prev, struct thread **next)
    REQUIRES(&rq->lock)
{
    uint64_t now = time_now_ticks();
    uint64_t ticks = now - rq->clock_ticks;
    struct sched_entity *e = SCHED_HAS_SLICES && !rq->is_slice_armed
                                 ? NULL
                                 : sched_exchange(&rq->queue, entity_of(prev), ticks);

    if (unlikely(!e))
        return false;
    rq->clock_ticks = now;
    prev->run_ticks += ticks;
    prev->arch.need_resched = 0;
    *next = thread_of(e);
    WRITE_ONCE(rq->current, *next);
    return true;
}

static NOINLINE void yield_with_care(unsigned long flags, struct run_queue *rq)
{
    struct thread *prev = thread_current();
    struct thread *next;

    spin_lock_no_preempt(&rq->lock);
    if (!(prev->care & ~(THREAD_CARE_OPS | THREAD_CARE_HOOKS)) && exchange(rq, prev, &next))
        yield_to_careful(flags, rq, prev, next);
    else
        yield_locked(flags, rq);
}

void thread_yield(void)
{
    unsigned long flags = arch_irq_save();
    struct thread *prev = thread_current();
    struct run_queue *rq = prev->rq;
    struct thread *next;
    uint32_t seen;

    assert(prev->arch.preempt_count == 0);
    if (unlikely(prev->care)) {
        yield_with_care(flags, rq);
        return;
    }
    if (!spin_lock_enter(&rq->lock, &seen)) {
        yield_contended(flags, rq, seen);
        return;
    }
    if (unlikely(!exchange(rq, prev, &next))) {
        yield_locked(flags, rq);
        return;
    }
    if (unlikely(next->care)) {
        yield_to_careful(flags, rq, prev, next);
        return;
    }
    rq->nr_switches++;
    finish_switch(rq, (struct thread *)arch_switch(&prev->arch, &next->arch));
    arch_irq_restore(flags);
}

/* Interrupts masked, preemption allowed. */
static void give_way(void)
{
    do {
        struct run_queue *rq = this_rq();

        spin_lock_no_preempt(&rq->lock);
        finish_switch(rq, leave(rq, thread_current(), LEAVE_PREEMPT));
    } while (READ_ONCE(arch_current()->need_resched));
}

void preempt_schedule(void)
{
    if (arch_irq_is_enabled()) {
        arch_irq_disable();
        give_way();
        arch_irq_enable();
    }
}

void thread_irq_exit(void)
{
    if (arch_current()->preempt_count == 0)
        give_way();
}

void thread_preempt_check(void)
{
    preempt_check();
}

/* The slice timer, in its interrupt. */
static void slice_end(struct timer *timer)
{
    struct run_queue *rq = container_of(timer, struct run_queue, slice_timer);
    bool is_crowded;

    spin_lock_no_preempt(&rq->lock);
    rq->is_slice_armed = false;
    if (wants_slice(rq)) {
        rq_account(rq);
        if (sched_slice_over(&rq->queue, entity_of(rq->current)))
            WRITE_ONCE(rq->current->arch.need_resched, 1); /* the switch arms the next slice */
        else
            arm_slice(rq);
    }
    is_crowded = rq->nr_runnable > 1;
    spin_unlock_no_preempt(&rq->lock);
    if (is_crowded && (READ_ONCE(idle_cpus) || ++rq->nr_slices >= 4)) {
        rq->nr_slices = 0;
        rq_push(rq);
    }
}

/* Another CPU enqueued a thread here. need_resched is set already if it should run at once. */
void rq_resched_ipi(void)
{
    struct run_queue *rq = this_rq();

    spin_lock_no_preempt(&rq->lock);
    if (wants_slice(rq))
        arm_slice(rq);
    spin_unlock_no_preempt(&rq->lock);
}

void thread_cpu_stats(int cpu, struct thread_cpu_stats *stats)
{
    struct run_queue *rq = &per_cpu(run_queue, cpu);
    unsigned long flags = spin_lock_irqsave(&rq->lock);

    rq_account(rq);
    stats->nr_switches = rq->nr_switches;
    stats->nr_migrations_in = rq->nr_migrations_in;
    stats->idle_ns = time_ticks_to_ns(rq->idle->run_ticks);
    stats->nr_runnable = rq->nr_runnable;
    spin_unlock_irqrestore(&rq->lock, flags);
}
