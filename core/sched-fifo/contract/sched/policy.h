/*
 * First in, first out: a thread runs until it blocks, yields or ends. The least a policy can be;
 * latency is whatever the threads make of it. The contract: <sched/sched.h>.
 */
#ifndef SCHED_POLICY_H
#define SCHED_POLICY_H

#include <list/list.h>

#define SCHED_POLICY_NAME "fifo"
#define SCHED_HAS_SLICES  0

struct sched_entity {
    struct list node;
};

struct sched_queue {
    struct list ready; /* head: next to run */
};

static inline void sched_policy_init(uint64_t ticks_per_second)
{
    (void)ticks_per_second;
}

static inline void sched_queue_init(struct sched_queue *q)
{
    list_init(&q->ready);
}

static inline void sched_entity_init(struct sched_entity *e, int nice)
{
    (void)nice;
    list_init(&e->node);
}

static inline void sched_entity_set_nice(struct sched_entity *e, int nice)
{
    (void)e;
    (void)nice;
}

static inline void sched_enqueue(struct sched_queue *q, struct sched_entity *e,
                                 enum sched_enqueue_reason why)
{
    (void)why;
    list_add_tail(&q->ready, &e->node);
}

static inline void sched_dequeue(struct sched_queue *q, struct sched_entity *e)
{
    (void)q;
    list_del_init(&e->node);
}

static inline struct sched_entity *sched_next(struct sched_queue *q, struct sched_entity *prev,
                                              enum sched_put_reason why)
{
    struct list *first = q->ready.next;

    if (first == &q->ready || (prev && why == SCHED_PREEMPT))
        return prev;
    list_unlink(first);
    if (prev)
        list_add_tail(&q->ready, &prev->node);
    return list_entry(first, struct sched_entity, node);
}

static inline struct sched_entity *sched_exchange(struct sched_queue *q, struct sched_entity *prev,
                                                  uint64_t ticks)
{
    struct list *first = q->ready.next;

    (void)ticks;
    if (first == &q->ready)
        return NULL;
    list_unlink(first);
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
    (void)e;
    (void)ticks;
}

static inline bool sched_slice_over(struct sched_queue *q, struct sched_entity *e)
{
    (void)q;
    (void)e;
    return false;
}

static inline uint64_t sched_slice_ticks(struct sched_queue *q, struct sched_entity *e)
{
    (void)q;
    (void)e;
    return UINT64_MAX;
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
