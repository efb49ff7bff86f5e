/*
 * The contract `sched-policy`: which ready thread of a CPU runs next, and for how long.
 *
 * Mechanism (run queues per CPU and their locks, blocking, stealing, idling) is core/thread's; a
 * policy is pure bookkeeping over one queue, called with that queue's lock held, and knows neither
 * locks nor clocks nor CPUs. Providers: core/sched-fifo, core/sched-rr, core/sched-cfs. The choice
 * costs nothing at run time: a provider brings <sched/policy.h>, which defines struct sched_entity
 * (a part of every thread, for which there is room of a fixed size there), struct sched_queue (one
 * per CPU) and the functions below, static inline where they are on the path of a switch.
 *
 * Invariants a provider keeps:
 *  - an entity is in exactly one of: outside, queued (ready), current (running); one at most is
 *    current.
 *  - sched_next returns NULL exactly when no entity is queued and prev is NULL.
 *  - no ready entity waits for ever while the others only run for finite slices or yield (fifo:
 *    only yield).
 *
 * SCHED_HAS_SLICES is 0 for a policy that never ends a slice.
 *
 * Time is in ticks of the monotonic clock; the providers learn its frequency by sched_policy_init.
 * q is a struct sched_queue *, e, prev, current and woken are struct sched_entity *.
 *
 * void sched_policy_init(uint64_t ticks_per_second)
 *     Once, before any queue.
 *
 * void sched_queue_init(q)
 * void sched_entity_init(e, int nice)
 *
 * void sched_entity_set_nice(e, int nice)
 *     e is outside, or current with its time accounted. -20 .. 19.
 *
 * void sched_enqueue(q, e, enum sched_enqueue_reason why)
 *     outside -> queued.
 *
 * void sched_dequeue(q, e)
 *     queued -> outside.
 *
 * struct sched_entity *sched_next(q, prev, enum sched_put_reason why)
 *     prev: current -> queued, or NULL when the last current one blocked, ended or was the idle
 *     thread (it is outside already, by sched_block). Result: queued -> current. It may be prev.
 *
 * struct sched_entity *sched_exchange(q, prev, uint64_t ticks)
 *     sched_account and sched_next(SCHED_YIELD) in one, inline and without calls, for the simple
 *     cases. NULL: nothing was done, use those.
 *
 * void sched_block(q, e)
 *     current -> outside; the entity sleeps, ends or migrates.
 *
 * void sched_account(q, e, uint64_t ticks)
 *     The current entity has run for that long since the last call.
 *
 * bool sched_slice_over(q, e)
 *     Should the (accounted) current entity give way to a queued one now?
 *
 * uint64_t sched_slice_ticks(q, e)
 *     How long the current entity may go on before sched_slice_over is worth asking; UINT64_MAX:
 *     for ever.
 *
 * bool sched_wake_preempts(q, current, woken)
 *     Should the freshly enqueued entity run at once instead of the (accounted) current one?
 *
 * struct sched_entity *sched_first(q), *sched_after(q, e)
 *     The queued entities, best first: for stealing and debuggers.
 */
#ifndef SCHED_SCHED_H
#define SCHED_SCHED_H

#include <base/types.h>

/* Why an entity becomes ready. */
enum sched_enqueue_reason {
    SCHED_NEW,     /* starts its life */
    SCHED_WAKE,    /* was asleep */
    SCHED_MIGRATE, /* comes from another queue, where it was ready */
};

/* Why the current entity goes back to the queue. */
enum sched_put_reason {
    SCHED_YIELD,   /* asks that another one runs */
    SCHED_PREEMPT, /* a better one may be there, or its slice is over */
};

#define SCHED_NICE_MIN (-20)
#define SCHED_NICE_MAX 19

/* The provider's types and functions. */
#include <sched/policy.h>

#endif
