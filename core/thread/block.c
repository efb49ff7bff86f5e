/*
 * Sleeping and waking. The protocol is described in <thread/thread.h>.
 */
#include "runq.h"

#include <irq/irq.h>
#include <lock/delay.h>
#include <log/log.h>

void thread_block(void)
{
    struct thread *t = thread_current();
    unsigned long flags = arch_irq_save();
    struct run_queue *rq = this_rq();

    assert(t->arch.preempt_count == 0 &&
           !t->is_idle); /* no sleeping with a spinlock or in an interrupt */
    spin_lock_no_preempt(&rq->lock);
    if (t->state != THREAD_RUNNABLE)
        rq_leave(rq, t, LEAVE_BLOCK);
    else
        spin_unlock_no_preempt(&rq->lock); /* woken before it slept */
    arch_irq_restore(flags);
}

bool thread_wake(struct thread *t)
{
    unsigned long flags;
    struct run_queue *rq;
    uint32_t state;
    bool is_ready;

    lock_delay_wake();
    /*
     * Order the caller's change of the condition before our load of the state: see
     * thread_block_prepare().
     */
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    state = READ_ONCE(t->state);
    if (state != THREAD_BLOCKED && state != THREAD_INTERRUPTIBLE)
        return false;
    flags = arch_irq_save();
    RQ_LOCK_OF(rq, t);
    state = READ_ONCE(t->state); /* t announces and cancels without the lock */
    if (state != THREAD_BLOCKED && state != THREAD_INTERRUPTIBLE) {
        spin_unlock_no_preempt(&rq->lock);
        arch_irq_restore(flags);
        return false;
    }
    WRITE_ONCE(t->state, THREAD_RUNNABLE);
    /* The sleep was announced but not begun, or t is migrating: it is runnable anyway. */
    is_ready = __atomic_load_n(&t->is_leaving, __ATOMIC_ACQUIRE) || t->on_rq;
    spin_unlock_no_preempt(&rq->lock);
    if (!is_ready) {
        lock_delay_wake();
        rq_place(t, SCHED_WAKE);
    }
    arch_irq_restore(flags);
    preempt_check();
    return true;
}

struct sleeper {
    struct timer timer;
    struct thread *thread;
    bool is_over;
};

static void sleeper_wake(struct timer *timer)
{
    struct sleeper *sleeper = container_of(timer, struct sleeper, timer);
    struct thread *thread = sleeper->thread;

    WRITE_ONCE(sleeper->is_over, true);
    thread_wake(thread);
}

bool thread_block_until(uint64_t deadline_ns)
{
    struct sleeper sleeper = {.thread = thread_current()};

    if (deadline_ns == TIME_NEVER) {
        thread_block();
        return true;
    }
    timer_init(&sleeper.timer, sleeper_wake);
    timer_arm(&sleeper.timer, deadline_ns);
    thread_block();
    timer_cancel_sync(&sleeper.timer);
    return !sleeper.is_over;
}

void thread_sleep_until(uint64_t deadline_ns)
{
    do {
        thread_block_prepare(THREAD_BLOCKED);
    } while (thread_block_until(deadline_ns));
}

void thread_sleep_ns(uint64_t duration_ns)
{
    thread_sleep_until(time_deadline_ns(duration_ns));
}

/* On another CPU it may be in U or VS mode, where only an interrupt makes it check its flags. */
static void nudge(struct thread *t)
{
    unsigned long flags = arch_irq_save();
    struct run_queue *rq;

    RQ_LOCK_OF(rq, t);
    if (rq->current == t && rq->cpu != cpu_index())
        ipi_send(BIT(rq->cpu), IPI_WAKE);
    spin_unlock_no_preempt(&rq->lock);
    arch_irq_restore(flags);
}

void thread_notify(struct thread *t, uint32_t work_bits)
{
    __atomic_fetch_or(&t->arch.user_work, work_bits, __ATOMIC_SEQ_CST);
    if (t != thread_current())
        nudge(t);
}

void thread_interrupt(struct thread *t)
{
    thread_notify(t, THREAD_WORK_SIGNAL);
    if (READ_ONCE(t->state) == THREAD_INTERRUPTIBLE)
        thread_wake(t);
}
