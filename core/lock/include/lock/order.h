/*
 * The lock-order check of debug builds: a graph of lock classes with an edge from each class to
 * those that were ever taken while it was held. An edge that closes a cycle is reported with both
 * orders, once, and panics: two CPUs that take them the two ways round at the same time would stand
 * still for ever, even if they have not yet.
 *
 * Locks with the same class name are one class. To take a second lock of a class while one is
 * held, say at which depth, and class and depth together are judged as a class is: without a depth
 * it is a violation. That the depth follows from the objects (a parent before its child) is for the
 * caller to see to. The total order is written down in docs/locking.md.
 */
#ifndef LOCK_ORDER_H
#define LOCK_ORDER_H

#include <base/types.h>

#if defined(DEBUG) || defined(LOCKSTAT)
#define LOCK_CLASS_HERE(lock) __FILE__ ": " #lock
#else
#define LOCK_CLASS_HERE(lock) NULL
#endif

#ifdef DEBUG
#define LOCK_HELD_MAX 24

/*
 * The locks that one CPU (spinlocks) or one thread (sleeping locks) holds now, oldest first.
 * Accessed by its owner only.
 */
struct lock_held {
    uint32_t nr;
    struct {
        const void *lock;
        uint32_t lock_class;
    } locks[LOCK_HELD_MAX];
};

/*
 * Record and check the order before waiting for a lock. lock_class: a string that is never freed.
 */
void lock_order_acquire(struct lock_held *held, const void *lock, const char *lock_class,
                        uint32_t depth);
/* The lock was acquired. A trylock calls only this one. */
void lock_order_acquired(struct lock_held *held, const void *lock, const char *lock_class,
                         uint32_t depth);
void lock_order_release(struct lock_held *held, const void *lock);
/*
 * An interrupt handler begins and ends on this CPU. A class that handlers take must not be held
 * while waiting for one that is elsewhere taken with interrupts on: an interrupt could come there
 * and wait for the first.
 */
void lock_order_irq_enter(void);
void lock_order_irq_exit(void);
/* Return the class of the lock taken last; "": none, or unknown. */
const char *lock_order_last(const struct lock_held *held);
#else
struct lock_held {
};

static inline void lock_order_irq_enter(void)
{
}

static inline void lock_order_irq_exit(void)
{
}

static inline const char *lock_order_last(const struct lock_held *held)
{
    (void)held;
    return "";
}
#endif

#endif
