/*
 * Wait queues: threads that wait for a condition which others make true.
 *
 *     waiter:  ret = wait_event_interruptible(&pipe->readers, pipe->nr_bytes > 0);
 *     waker:   pipe->nr_bytes = n;  wait_wake_all(&pipe->readers);
 *
 * The condition is tested again after every wake-up, without a lock unless the caller's expression
 * takes one; use the _locked variants when the condition belongs to a spinlock. The order
 * "announce, then test" against "change, then wake" is what makes a lost wake-up impossible (see
 * <thread/thread.h>).
 *
 * Wakers may run in any context, also in interrupts and with spinlocks held. Waiters are in thread
 * context with no spinlock held.
 */
#ifndef SYNC_WAITQUEUE_H
#define SYNC_WAITQUEUE_H

#include <base/errno.h>
#include <base/types.h>
#include <list/list.h>
#include <lock/spinlock.h>
#include <thread/thread.h>
#include <time/time.h>

/* [l] lock */
struct wait_queue {
    struct spinlock lock;
    struct list waiters GUARDED_BY(&lock); /* [l] struct wait_entry.node; exclusive ones last, each
                                              group first come first served */
};

struct wait_entry;

/*
 * Called by a waker, queue lock held and interrupts off, instead of waking entry->thread. True:
 * this entry consumed the wake-up (counts for wait_wake_one). For poll and epoll.
 */
typedef bool (*wait_fn)(struct wait_entry *entry, uint32_t key);

/*
 * On the waiter's stack, or embedded where a callback is wanted.
 * [l] the wait queue's lock (unchecked: another object's, which it does not point to)
 */
struct wait_entry {
    struct list node;      /* [l] linked to itself when not queued */
    struct thread *thread; /* [I] */
    wait_fn fn;            /* [I] NULL: wake the thread */
    bool is_exclusive;     /* [I] wait_wake_one wakes one of these */
};

#define WAIT_QUEUE_INIT(name)                                                                      \
    {                                                                                              \
        .lock = SPINLOCK_INIT("wait queue"), .waiters = { &(name).waiters, &(name).waiters }       \
    }

void wait_queue_init(struct wait_queue *wq);

/*
 * Wake every waiter. wait_wake_one: every non-exclusive waiter and one exclusive. Return the number
 * woken.
 */
int wait_wake_all(struct wait_queue *wq);
int wait_wake_one(struct wait_queue *wq);
/*
 * Wake all non-exclusive and up to nr exclusive waiters; key is passed to the callbacks (poll
 * events).
 */
int wait_wake(struct wait_queue *wq, int nr, uint32_t key);

/*
 * True if there are waiters. A hint without the lock; orders the caller's earlier writes before the
 * check.
 */
static inline bool wait_queue_is_active(struct wait_queue *wq)
{
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    return !UNLOCKED(list_is_empty(&wq->waiters),
                     "a hint: the waiter looks at its condition again");
}

/*
 * --- the pieces, for waits that are not one expression
 * ------------------------------------------------
 */

void wait_entry_init(struct wait_entry *entry, bool is_exclusive);
void wait_entry_init_fn(struct wait_entry *entry, wait_fn fn);

/* Queue an entry without changing the thread's state: for callbacks. Removing is idempotent. */
void wait_add(struct wait_queue *wq, struct wait_entry *entry);
void wait_remove(struct wait_queue *wq, struct wait_entry *entry);
/* wait_remove() that returns whether the entry was still queued; false: a waker had taken it. */
bool wait_leave(struct wait_queue *wq, struct wait_entry *entry);

/*
 * Queue the entry (if it is not) and announce the sleep. state: THREAD_BLOCKED or
 * THREAD_INTERRUPTIBLE.
 */
void wait_prepare(struct wait_queue *wq, struct wait_entry *entry, enum thread_state state);
/* Cancel the announced sleep and leave the queue. */
void wait_finish(struct wait_queue *wq, struct wait_entry *entry);

/*
 * The loop. Evaluates to 0 when the condition became true, -EINTR when the state is
 * THREAD_INTERRUPTIBLE and the thread was interrupted, -ETIMEDOUT after deadline_ns. The condition
 * wins over both.
 */
#define WAIT_EVENT(wq, condition, state_, deadline_ns_, exclusive_)                                \
    ({                                                                                             \
        int wait_ret_ = 0;                                                                         \
        if (!(condition)) {                                                                        \
            struct wait_queue *wait_q_ = (wq);                                                     \
            uint64_t wait_deadline_ = (deadline_ns_);                                              \
            struct wait_entry wait_entry_;                                                         \
            bool wait_timely_ = true;                                                              \
            wait_entry_init(&wait_entry_, (exclusive_));                                           \
            for (;;) {                                                                             \
                wait_prepare(wait_q_, &wait_entry_, (state_));                                     \
                if (condition)                                                                     \
                    break;                                                                         \
                if ((state_) == THREAD_INTERRUPTIBLE && thread_is_interrupted()) {                 \
                    wait_ret_ = -EINTR;                                                            \
                    break;                                                                         \
                }                                                                                  \
                if (!wait_timely_) {                                                               \
                    wait_ret_ = -ETIMEDOUT;                                                        \
                    break;                                                                         \
                }                                                                                  \
                wait_timely_ = thread_block_until(wait_deadline_);                                 \
            }                                                                                      \
            wait_finish(wait_q_, &wait_entry_);                                                    \
        }                                                                                          \
        wait_ret_;                                                                                 \
    })

/* Sleep until the condition is true. */
#define wait_event(wq, condition)                                                                  \
    ((void)WAIT_EVENT(wq, condition, THREAD_BLOCKED, TIME_NEVER, false))
/* 0 or -EINTR. */
#define wait_event_interruptible(wq, condition)                                                    \
    WAIT_EVENT(wq, condition, THREAD_INTERRUPTIBLE, TIME_NEVER, false)
/* 0 or -ETIMEDOUT; deadline of the monotonic clock in ns, TIME_NEVER for none. */
#define wait_event_until(wq, condition, deadline_ns)                                               \
    WAIT_EVENT(wq, condition, THREAD_BLOCKED, deadline_ns, false)
#define wait_event_timeout(wq, condition, timeout_ns)                                              \
    wait_event_until(wq, condition, time_deadline_ns(timeout_ns))
/* 0, -EINTR or -ETIMEDOUT. */
#define wait_event_interruptible_until(wq, condition, deadline_ns)                                 \
    WAIT_EVENT(wq, condition, THREAD_INTERRUPTIBLE, deadline_ns, false)
/* One of several equal waiters is enough for each wake-up (wait_wake_one). */
#define wait_event_exclusive(wq, condition)                                                        \
    ((void)WAIT_EVENT(wq, condition, THREAD_BLOCKED, TIME_NEVER, true))

/*
 * The condition belongs to a spinlock that the caller holds (taken by spin_lock): it is released
 * around the sleep and held again afterwards. The waker changes the condition under the same lock.
 * With an irqsave lock use wait_sleep_locked_irqrestore in a loop.
 */
#define wait_event_locked(wq, condition, spinlock)                                                 \
    ({                                                                                             \
        while (!(condition))                                                                       \
            wait_sleep_locked(wq, spinlock, THREAD_BLOCKED, TIME_NEVER);                           \
    })

/*
 * One sleep on wq: queues, releases the lock, sleeps until woken, leaves the queue, takes the lock
 * again. 0, -EINTR or -ETIMEDOUT; may wake spuriously.
 */
int wait_sleep_locked(struct wait_queue *wq, struct spinlock *lock, enum thread_state state,
                      uint64_t deadline_ns) REQUIRES(lock);
/* The same with a lock taken by spin_lock_irqsave; *flags is written anew. */
int wait_sleep_locked_irqrestore(struct wait_queue *wq, struct spinlock *lock, uint64_t *flags,
                                 enum thread_state state, uint64_t deadline_ns) REQUIRES(lock);

#endif
