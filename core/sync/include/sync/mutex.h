/*
 * Mutexes: mutual exclusion by sleeping, with an owner.
 *
 * Uncontended lock and unlock are one atomic operation each. A waiter sleeps first come first
 * served; the lock may be taken by a running thread before a woken waiter gets there, but only once
 * per waiter: after that it is handed over directly, so nobody starves.
 *
 * Thread context only. Not recursive: locking twice is an assertion failure.
 */
#ifndef SYNC_MUTEX_H
#define SYNC_MUTEX_H

#include <base/types.h>
#include <list/list.h>
#include <lock/annotations.h>
#include <lock/order.h>
#include <lock/spinlock.h>
#include <lock/stat.h>
#include <thread/thread.h>

/* [a] atomic  [l] lock */
struct CAPABILITY("mutex") mutex {
    uintptr_t owner;      /* [a] struct thread *, bit 0: somebody waits */
    struct spinlock lock; /* lock-order rank: below every mutex, above the run queues */
    struct list waiters GUARDED_BY(&lock); /* [l] */
    const char *lock_class;                /* [I] for the lock-order check */
    LOCK_MARK
};

#define MUTEX_INIT(m)                                                                              \
    {                                                                                              \
        .owner = 0, .lock = SPINLOCK_INIT("mutex"), .waiters = {&(m).waiters, &(m).waiters},       \
        .lock_class = LOCK_CLASS_HERE(m)                                                           \
    }

/* Locks initialised at the same place are one class for the lock-order check. */
#define mutex_init(m) mutex_init_class((m), LOCK_CLASS_HERE(m))
void mutex_init_class(struct mutex *m, const char *lock_class) MAKES_LOCK(m);

void mutex_lock(struct mutex *m) ACQUIRES(m);
/* depth: number of mutexes of m's class that the caller holds already (lock/order.h). */
#ifdef DEBUG
void mutex_lock_nested(struct mutex *m, uint32_t depth) ACQUIRES(m);
#else
static inline void mutex_lock_nested(struct mutex *m, uint32_t depth) ACQUIRES(m)
    NO_LOCK_CHECK("it is the lock")
{
    mutex_lock(m);
}
#endif
/* -EINTR when the sleep was interrupted; then the mutex is not held. */
MUST_CHECK int mutex_lock_interruptible(struct mutex *m) TRY_ACQUIRES(0, m);
MUST_CHECK bool mutex_trylock(struct mutex *m) TRY_ACQUIRES(true, m);
void mutex_unlock(struct mutex *m) RELEASES(m);

static inline bool mutex_is_held(const struct mutex *m)
{
    return (__atomic_load_n(&m->owner, __ATOMIC_RELAXED) & ~(uintptr_t)1) ==
           (uintptr_t)thread_current();
}
static inline bool mutex_is_locked(const struct mutex *m)
{
    return __atomic_load_n(&m->owner, __ATOMIC_RELAXED) != 0;
}

#endif
