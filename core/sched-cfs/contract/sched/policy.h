/*
 * Completely fair scheduling (Molnar 2007; the idea of Waldspurger's stride scheduling, 1995):
 * every thread has a virtual run time that grows with its real run time divided by its weight, and
 * the one with the least runs next. The current entity is in no list.
 *
 * Ready entities are sorted in two ways. One that becomes ready behind all others, by yielding or
 * at the end of its slice, is appended to a *line*; one that comes before others goes into a
 * red-black tree. So a switch among many that take turns costs what it costs among two. From first
 * to last the line spans no more than the least slice, in virtual time.
 *
 * Weights follow Linux's scale: nice 0 is 1024, and each step is a factor of about 1.25, so that
 * one step moves a processor's share between two threads by about 10 % (Linux, kernel/sched/core.c,
 * sched_prio_to_weight).
 *
 * Sleeper fairness: a woken entity starts no further behind the queue's virtual time than half a
 * latency period. So it runs soon, but cannot save up claims while it sleeps. A new thread starts
 * one slice ahead of the queue, so that spawning threads gains nothing. Yielding gives up the
 * claim: the entity goes behind the one that runs instead, and behind the whole line.
 *
 * Virtual time is in units of 2^-16 tick at nice 0 and wraps; it is compared by the sign of
 * differences.
 */
#ifndef SCHED_POLICY_H
#define SCHED_POLICY_H

#include <list/list.h>
#include <rbtree/rbtree.h>

#define SCHED_POLICY_NAME "cfs"
#define SCHED_HAS_SLICES  1

#define SCHED_CFS_LATENCY_US     6000 /* period in which each of a few threads runs once */
#define SCHED_CFS_GRANULARITY_US 750  /* minimum slice */
#define SCHED_CFS_WAKEUP_US      1000 /* lag from which a woken thread preempts */

#define SCHED_CFS_NICE0_WEIGHT 1024
#define SCHED_CFS_UNIT_SHIFT   16

/* [I] after sched_policy_init; in ticks. */
extern struct sched_cfs_tunables {
    uint64_t latency;
    uint64_t granularity;
    uint64_t wakeup;
    uint64_t line_span; /* in units of virtual time */
} sched_cfs_tunables;

struct sched_queue;

struct sched_entity {
    union { /* while it is ready */
        struct rb_node node;
        struct list link;
    };
    uint64_t vruntime;
    uint64_t used;            /* ticks since it was chosen */
    struct sched_queue *home; /* whose virtual time vruntime is measured against */
    uint32_t weight;
    uint32_t inverse; /* 2^16 * 1024 / weight: virtual time per tick */
    bool is_early;    /* in the tree */
};

struct sched_queue {
    struct list line;     /* of entities, by virtual time */
    struct rb_root early; /* those that came before its last one */
    struct sched_entity *current;
    uint64_t min_vruntime; /* never goes back; the ready are at most a bonus behind */
    uint64_t total_weight; /* of the ready ones and the current one */
    uint32_t nr;           /* of those */
};

static inline struct sched_entity *sched_cfs_entity(struct rb_node *node)
{
    return container_of(node, struct sched_entity, node);
}

static inline bool sched_cfs_before(uint64_t a, uint64_t b)
{
    return (int64_t)(a - b) < 0;
}

void sched_policy_init(uint64_t ticks_per_second);
void sched_queue_init(struct sched_queue *q);
void sched_entity_init(struct sched_entity *e, int nice);
void sched_entity_set_nice(struct sched_entity *e, int nice);
void sched_enqueue(struct sched_queue *q, struct sched_entity *e, enum sched_enqueue_reason why);
void sched_dequeue(struct sched_queue *q, struct sched_entity *e);
void sched_block(struct sched_queue *q, struct sched_entity *e);
bool sched_slice_over(struct sched_queue *q, struct sched_entity *e);
uint64_t sched_slice_ticks(struct sched_queue *q, struct sched_entity *e);
bool sched_wake_preempts(struct sched_queue *q, struct sched_entity *current,
                         struct sched_entity *woken);

struct sched_entity *sched_next(struct sched_queue *q, struct sched_entity *prev,
                                enum sched_put_reason why);
struct sched_entity *sched_first(struct sched_queue *q);
struct sched_entity *sched_after(struct sched_queue *q, struct sched_entity *e);

static inline void sched_account(struct sched_queue *q, struct sched_entity *e, uint64_t ticks)
{
    (void)q;
    e->vruntime += ticks * e->inverse;
    e->used += ticks;
}

static inline struct sched_entity *sched_cfs_in_line(struct list *link)
{
    return container_of(link, struct sched_entity, link);
}

static inline void sched_cfs_choose(struct sched_queue *q, struct sched_entity *next)
{
    if (sched_cfs_before(q->min_vruntime, next->vruntime))
        q->min_vruntime = next->vruntime;
    q->current = next;
    next->used = 0;
}

/* Simple case: the tree is empty; take the first of the line and append prev. */
static inline struct sched_entity *sched_exchange(struct sched_queue *q, struct sched_entity *prev,
                                                  uint64_t ticks)
{
    struct list *first = q->line.next;
    struct sched_entity *next = sched_cfs_in_line(first);
    uint64_t vruntime = prev->vruntime + ticks * prev->inverse;

    if (unlikely(first == &q->line))
        return NULL;
    if (likely(q->nr == 2)) { /* that one alone */
        if (sched_cfs_before(vruntime, next->vruntime))
            vruntime = next->vruntime;
        q->line.next = q->line.prev = &prev->link;
        prev->link.next = prev->link.prev = &q->line;
    } else {
        struct sched_entity *last = sched_cfs_in_line(q->line.prev);

        if (sched_cfs_before(vruntime, last->vruntime))
            vruntime = last->vruntime;
        if (!rb_is_empty(&q->early) || vruntime - next->vruntime > sched_cfs_tunables.line_span)
            return NULL;
        list_unlink(first);
        list_add_tail(&q->line, &prev->link);
    }
    prev->vruntime = vruntime;
    sched_cfs_choose(q, next);
    return next;
}

#endif
