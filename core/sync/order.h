/*
 * The lock-order check of sleeping locks, in debug builds: each thread carries the set of those it
 * holds. Private to core/sync.
 */
#ifndef SYNC_ORDER_H
#define SYNC_ORDER_H

#ifdef DEBUG
#include <lock/order.h>
#include <log/log.h>
#include <thread/thread.h>

static inline void order_acquire(const void *lock, const char *lock_class, uint32_t depth)
{
    /* Sleeping locks never inside spinlocks or interrupts. */
    assert(thread_current()->arch.preempt_count == 0);
    lock_order_acquire(&thread_current()->held, lock, lock_class, depth);
}

static inline void order_acquired(const void *lock, const char *lock_class, uint32_t depth)
{
    lock_order_acquired(&thread_current()->held, lock, lock_class, depth);
}

static inline void order_release(const void *lock)
{
    lock_order_release(&thread_current()->held, lock);
}
#else
#define order_acquire(lock, lock_class, depth)  ((void)0)
#define order_acquired(lock, lock_class, depth) ((void)0)
#define order_release(lock)                     ((void)0)
#endif

#endif
