/*
 * Counting semaphores (Dijkstra 1965). sem_up may be called in any context, sem_down in thread
 * context.
 */
#ifndef SYNC_SEMAPHORE_H
#define SYNC_SEMAPHORE_H

#include <base/types.h>
#include <list/list.h>
#include <lock/spinlock.h>

/* [l] lock. Invariant: count > 0 implies no waiters. */
struct semaphore {
    struct spinlock lock;
    uint32_t count GUARDED_BY(&lock);      /* [l] */
    struct list waiters GUARDED_BY(&lock); /* [l] first come first served */
};

#define SEMAPHORE_INIT(name, n)                                                                    \
    {                                                                                              \
        .lock = SPINLOCK_INIT("semaphore"), .count = (n), .waiters = {                             \
            &(name).waiters,                                                                       \
            &(name).waiters                                                                        \
        }                                                                                          \
    }

void sem_init(struct semaphore *sem, uint32_t count);
void sem_down(struct semaphore *sem);
/* 0, or -EINTR with nothing taken. */
MUST_CHECK int sem_down_interruptible(struct semaphore *sem);
/* 0, or -ETIMEDOUT with nothing taken. Deadline of the monotonic clock. */
MUST_CHECK int sem_down_until(struct semaphore *sem, uint64_t deadline_ns);
MUST_CHECK bool sem_trydown(struct semaphore *sem);
/* Release a unit, handing it to the first waiter directly. */
void sem_up(struct semaphore *sem);

#endif
