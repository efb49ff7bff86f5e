/*
 * Which CPU a thread runs on: the choice at wake-up and birth, work stealing by CPUs that fall idle
 * (Blumofe and Leiserson 1999: the thief pays), a push for imbalance among busy ones, and affinity.
 *
 * The race between a CPU that falls idle and one that gets a second thread: the idle one publishes
 * its bit and then looks at the others' counts, the other one counts and then looks at the bits.
 * One of them sees the other.
 */
#include "runq.h"

#include <base/errno.h>
#include <bits/bits.h>
#include <irq/irq.h>
#include <log/log.h>

cpumask_t idle_cpus;

/* Never empty: affinities without an online CPU are refused, and CPUs stay. */
static cpumask_t allowed_cpus(const struct thread *t)
{
    return READ_ONCE(t->affinity) & __atomic_load_n(&cpus_online, __ATOMIC_RELAXED);
}

bool thread_is_running(const struct thread *t)
{
    for_each_online_cpu(cpu) {
        const struct run_queue *rq = &per_cpu(run_queue, cpu);

        if (UNLOCKED(READ_ONCE(rq->current), "only compared") == t)
            return true;
    }
    return false;
}

static uint32_t least_loaded(cpumask_t cpus)
{
    uint32_t best = bit_ctz64(cpus);

    for (cpumask_t rest = cpus & (cpus - 1); rest; rest &= rest - 1) {
        uint32_t cpu = bit_ctz64(rest);

        if (rq_peek(&per_cpu(run_queue, cpu)) < rq_peek(&per_cpu(run_queue, best)))
            best = cpu;
    }
    return best;
}

/* Claim an idle CPU, preferably the thread's last one. False: none. */
static bool take_idle(const struct thread *t, cpumask_t allowed, uint32_t *cpu)
{
    for (;;) {
        cpumask_t idle = __atomic_load_n(&idle_cpus, __ATOMIC_RELAXED) & allowed;

        if (!idle)
            return false;
        *cpu = idle >> t->cpu & 1 ? (uint32_t)t->cpu : bit_ctz64(idle);
        if (__atomic_fetch_and(&idle_cpus, ~BIT(*cpu), __ATOMIC_SEQ_CST) >> *cpu & 1)
            return true;
    }
}

static uint32_t choose_cpu(const struct thread *t, enum sched_enqueue_reason why)
{
    cpumask_t allowed = allowed_cpus(t);
    uint32_t cpu;

    if (!(allowed & (allowed - 1)))
        return bit_ctz64(allowed);
    if (take_idle(t, allowed, &cpu))
        return cpu;
    if (why == SCHED_WAKE && allowed >> t->cpu & 1)
        return (uint32_t)t->cpu;
    return least_loaded(allowed);
}

/* A thread waits although a CPU may have just become idle: make that one look for work. */
static void rouse_idle(const struct run_queue *rq, const struct thread *t) REQUIRES(&rq->lock)
{
    cpumask_t idle;

    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    idle = __atomic_load_n(&idle_cpus, __ATOMIC_RELAXED) & t->affinity & ~BIT(rq->cpu);
    if (idle && rq->nr_runnable > 1)
        ipi_send(BIT(bit_ctz64(idle)), IPI_RESCHED);
}

void rq_place(struct thread *t, enum sched_enqueue_reason why)
{
    struct run_queue *rq;

    for (;;) {
        rq = &per_cpu(run_queue, choose_cpu(t, why));
        spin_lock_no_preempt(&rq->lock);
        if (allowed_cpus(t) >> rq->cpu & 1)
            break;
        spin_unlock_no_preempt(&rq->lock); /* its affinity has changed meanwhile */
    }
    rq_enqueue(rq, t, why);
    rouse_idle(rq, t);
    spin_unlock_no_preempt(&rq->lock);
}

/* Dequeue the first ready thread of `from` that may run on the CPU. NULL: none. Locked. */
static COLD struct thread *take_one(struct run_queue *from, uint32_t cpu) REQUIRES(&from->lock)
{
    for (struct sched_entity *e = sched_first(&from->queue); e; e = sched_after(&from->queue, e)) {
        struct thread *t = thread_of(e);

        if (t->affinity >> cpu & 1) {
            rq_dequeue(from, t);
            return t;
        }
    }
    return NULL;
}

/* Try the lock of a second queue while one is held: no waiting, so no order needed. */
static bool try_second(struct run_queue *rq) TRY_ACQUIRES(true, &rq->lock)
{
    if (!spin_trylock(&rq->lock))
        return false;
    preempt_enable_no_resched(); /* interrupts are masked: the count is not needed */
    return true;
}

COLD bool rq_steal(struct run_queue *rq, bool *is_unsure)
{
    cpumask_t victims = __atomic_load_n(&cpus_online, __ATOMIC_RELAXED) & ~BIT(rq->cpu);

    *is_unsure = false;
    while (victims) { /* the most crowded first */
        struct run_queue *victim = NULL;
        struct thread *t = NULL;

        for (cpumask_t rest = victims; rest; rest &= rest - 1) {
            struct run_queue *other = &per_cpu(run_queue, bit_ctz64(rest));

            if (!victim || rq_peek(other) > rq_peek(victim))
                victim = other;
        }
        if (rq_peek(victim) < 2)
            return false;
        victims &= ~BIT(victim->cpu);
        if (try_second(victim)) {
            t = take_one(victim, rq->cpu);
            if (t) {
                rq_attach(rq, t, SCHED_MIGRATE);
                rq->nr_migrations_in++;
            }
            spin_unlock_no_preempt(&victim->lock);
        } else {
            *is_unsure = true;
        }
        if (t)
            return true;
    }
    return false;
}

COLD void rq_push(struct run_queue *rq)
{
    cpumask_t others = __atomic_load_n(&cpus_online, __ATOMIC_RELAXED) & ~BIT(rq->cpu);
    struct run_queue *to;

    if (!others)
        return;
    to = &per_cpu(run_queue, least_loaded(others));
    spin_lock_no_preempt(&rq->lock);
    if (rq_peek(to) + 2 <= rq->nr_runnable && try_second(to)) {
        struct thread *t = take_one(rq, to->cpu);

        if (t) {
            rq_enqueue(to, t, SCHED_MIGRATE);
            to->nr_migrations_in++;
        }
        spin_unlock_no_preempt(&to->lock);
    }
    spin_unlock_no_preempt(&rq->lock);
}

COLD int thread_set_affinity(struct thread *t, cpumask_t mask)
{
    unsigned long flags;
    struct run_queue *rq;
    bool is_misplaced;

    if (!(mask & __atomic_load_n(&cpus_online, __ATOMIC_RELAXED)))
        return -EINVAL;
    flags = arch_irq_save();
    RQ_LOCK_OF(rq, t);
    t->affinity = mask;
    is_misplaced = t->on_rq && !(mask >> rq->cpu & 1);
    t->care &= (uint8_t)~THREAD_CARE_MISPLACED;
    if (is_misplaced && rq->current == t) {
        t->care |= THREAD_CARE_MISPLACED;
        rq_resched(rq);
    } else if (is_misplaced) {
        rq_dequeue(rq, t);
        spin_unlock_no_preempt(&rq->lock);
        rq_place(t, SCHED_MIGRATE);
        arch_irq_restore(flags);
        return 0;
    }
    if (t->on_rq)
        rouse_idle(rq, t); /* it may be waiting here only because it had to */
    spin_unlock_no_preempt(&rq->lock);
    arch_irq_restore(flags);
    preempt_check();
    return 0;
}

cpumask_t thread_affinity(const struct thread *t)
{
    return READ_ONCE(t->affinity);
}

COLD int thread_set_nice(struct thread *t, int nice)
{
    unsigned long flags;
    struct run_queue *rq;

    if (nice < SCHED_NICE_MIN || nice > SCHED_NICE_MAX)
        return -EINVAL;
    flags = arch_irq_save();
    RQ_LOCK_OF(rq, t);
    t->nice = (int8_t)nice;
    if (t->on_rq && rq->current != t) {
        sched_dequeue(&rq->queue, entity_of(t));
        sched_entity_set_nice(entity_of(t), nice);
        sched_enqueue(&rq->queue, entity_of(t), SCHED_MIGRATE);
    } else {
        if (t->on_rq)
            rq_account(rq);
        sched_entity_set_nice(entity_of(t), nice);
    }
    spin_unlock_no_preempt(&rq->lock);
    arch_irq_restore(flags);
    return 0;
}
