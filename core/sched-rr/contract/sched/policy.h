/*
 * Round robin: first in, first out, and after its quantum of 10 ms a thread goes to the end of the
 * queue. One that is interrupted earlier goes on with the rest of it. The contract:
 * <sched/sched.h>.
 *
 * A thread that wakes with some of its quantum left goes to the front: it waits for the rest of the
 * running thread's quantum, 10 ms at most, and for those that woke later, however many are busy;
 * nobody is interrupted for it. Sleeping does not renew a quantum, and when it is used up its owner
 * goes to the end as all do: so those who wait are passed by every other thread for one quantum in
 * all, and then have their turn. Nice values are accepted and mean nothing here.
 */
#ifndef SCHED_POLICY_H
#define SCHED_POLICY_H

#include <list/list.h>

#define SCHED_POLICY_NAME "rr"
#define SCHED_HAS_SLICES  1

#define SCHED_RR_QUANTUM_MS 10

extern uint64_t sched_rr_quantum; /* [I] in ticks */

struct sched_entity {
    struct list node;
    uint64_t used; /* ticks of the quantum, reset when it goes to the end of the queue */
};

struct sched_queue {
    struct list ready; /* head: next to run */
};

static inline void sched_policy_init(uint64_t ticks_per_second)
{
    sched_rr_quantum = ticks_per_second / 1000 * SCHED_RR_QUANTUM_MS;
}

static inline void sched_queue_init(struct sched_queue *q)
{
    list_init(&q->ready);
}

static inline void sched_entity_init(struct sched_entity *e, int nice)
{
    (void)nice;
    list_init(&e->node);
    e->used = 0;
}

static inline void sched_entity_set_nice(struct sched_entity *e, int nice)
{
    (void)e;
    (void)nice;
}

static inline void sched_enqueue(struct sched_queue *q, struct sched_entity *e,
                                 enum sched_enqueue_reason why)
{
    struct list *before = &q->ready;

    if (why != SCHED_WAKE || unlikely(e->used >= sched_rr_quantum)) {
        if (why != SCHED_MIGRATE)
            e->used = 0;
        before = q->ready.prev;
    }
    list_add(before, &e->node);
}

static inline void sched_dequeue(struct sched_queue *q, struct sched_entity *e)
{
    (void)q;
    list_del_init(&e->node);
}

static inline bool sched_slice_over(struct sched_queue *q, struct sched_entity *e)
{
    (void)q;
    return e->used >= sched_rr_quantum;
}

static inline struct sched_entity *sched_next(struct sched_queue *q, struct sched_entity *prev,
                                              enum sched_put_reason why)
{
    struct list *first = q->ready.next;

    if (first == &q->ready || (prev && why == SCHED_PREEMPT && !sched_slice_over(q, prev)))
        return prev;
    list_unlink(first);
    if (prev) {
        prev->used = 0;
        list_add_tail(&q->ready, &prev->node);
    }
    return list_entry(first, struct sched_entity, node);
}

static inline struct sched_entity *sched_exchange(struct sched_queue *q, struct sched_entity *prev,
                                                  uint64_t ticks)
{
    struct list *first = q->ready.next;

    (void)ticks; /* yielding gives up the rest of the quantum */
    if (first == &q->ready)
        return NULL;
    list_unlink(first);
    prev->used = 0;
    list_add_tail(&q->ready, &prev->node);
    return list_entry(first, struct sched_entity, node);
}

static inline void sched_block(struct sched_queue *q, struct sched_entity *e)
{
    (void)q;
    (void)e;
}

static inline void sched_account(struct sched_queue *q, struct sched_entity *e, uint64_t ticks)
{
    (void)q;
    e->used += ticks;
}

static inline uint64_t sched_slice_ticks(struct sched_queue *q, struct sched_entity *e)
{
    (void)q;
    return e->used < sched_rr_quantum ? sched_rr_quantum - e->used : 0;
}

static inline bool sched_wake_preempts(struct sched_queue *q, struct sched_entity *current,
                                       struct sched_entity *woken)
{
    (void)q;
    (void)current;
    (void)woken;
    return false;
}

static inline struct sched_entity *sched_first(struct sched_queue *q)
{
    return list_first_entry_or_null(&q->ready, struct sched_entity, node);
}

static inline struct sched_entity *sched_after(struct sched_queue *q, struct sched_entity *e)
{
    return e->node.next == &q->ready ? NULL : list_next_entry(e, node);
}

#endif
