/*
 * Work queues: run functions in thread context, e.g. for interrupt handlers.
 *
 * A work item is embedded by its owner and is pending at most once; submitted again while it runs,
 * it runs once more. A queue is one thread, so its items never run at the same time as each other,
 * in order of submission. There is one system queue for short items; what sleeps long brings its
 * own queue.
 */
#ifndef WORK_WORK_H
#define WORK_WORK_H

#include <base/types.h>
#include <list/list.h>
#include <lock/spinlock.h>
#include <sync/waitqueue.h>
#include <time/time.h>

struct work;
typedef void (*work_fn)(struct work *work);

struct work_queue {
    struct spinlock lock;
    struct list pending GUARDED_BY(&lock);   /* [lock] struct work.node */
    struct work *running GUARDED_BY(&lock);  /* [lock] */
    bool is_stopping GUARDED_BY(&lock);      /* [lock] */
    uint64_t nr_submitted GUARDED_BY(&lock); /* [lock] */
    uint64_t nr_done GUARDED_BY(&lock);      /* [lock] run or cancelled */
    struct wait_queue wakeup;                /* the worker: something is pending */
    struct wait_queue idle;                  /* flushers and cancellers: an item has finished */
    struct thread *thread;                   /* [I] */
};

struct work {
    struct list node GUARDED_BY(&OWN(queue)->lock); /* [queue->lock] */
    struct work_queue *queue; /* where it was last submitted, NULL before; then always the same */
    bool is_pending GUARDED_BY(&OWN(queue)->lock); /* [queue->lock] */
    work_fn fn; /* [I] may sleep; may free the memory of its work item */
};

struct delayed_work {
    struct work work;
    struct timer timer;
    struct work_queue *queue;
};

/* The system queue; after thread_system_init. */
MUST_CHECK int work_system_init(void);
extern struct work_queue work_system_queue;

MUST_CHECK int work_queue_init(struct work_queue *queue, const char *name);
/* Run pending items, then end the worker. Thread context. */
void work_queue_destroy(struct work_queue *queue);
/* Wait until everything submitted before has run. Not from an item of the same queue. */
void work_queue_flush(struct work_queue *queue);

void work_init(struct work *work, work_fn fn);
/* Submit an item; false: it was pending already. Any context. An item stays with one queue. */
bool work_submit_to(struct work_queue *queue, struct work *work);
static inline bool work_submit(struct work *work)
{
    return work_submit_to(&work_system_queue, work);
}
/*
 * Cancel an item; on return it is neither pending nor running. True: it was pending. Thread
 * context, not from the item itself.
 */
bool work_cancel_sync(struct work *work);

void delayed_work_init(struct delayed_work *dwork, work_fn fn);
/* Submit after delay_ns; submitting again changes the time. Any context. */
void delayed_work_submit_to(struct work_queue *queue, struct delayed_work *dwork,
                            uint64_t delay_ns);
static inline void delayed_work_submit(struct delayed_work *dwork, uint64_t delay_ns)
{
    delayed_work_submit_to(&work_system_queue, dwork, delay_ns);
}
bool delayed_work_cancel_sync(struct delayed_work *dwork);

#endif
