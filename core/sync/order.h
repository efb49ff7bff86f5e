/*
 * The sleeping locks that a thread holds: their number, and in debug builds the set of them, for
 * the lock-order check. Private to core/sync.
 */
#ifndef SYNC_ORDER_H
#define SYNC_ORDER_H

#include <thread/thread.h>

#ifdef DEBUG
#include <lock/order.h>
#include <log/log.h>

static inline void order_acquire(const void *lock, const char *lock_class, uint32_t depth)
{
    /* Sleeping locks never inside spinlocks or interrupts. */
    assert(thread_current()->arch.preempt_count == 0);
    lock_order_acquire(&thread_current()->held, lock, lock_class, depth);
}

static inline void order_acquired(const void *lock, const char *lock_class, uint32_t depth)
{
    thread_current()->nr_locks++;
    lock_order_acquired(&thread_current()->held, lock, lock_class, depth);
}

static inline void order_release(const void *lock)
{
    thread_current()->nr_locks--;
    lock_order_release(&thread_current()->held, lock);
}
#else
#define order_acquire(lock, lock_class, depth)  ((void)0)
#define order_acquired(lock, lock_class, depth) ((void)thread_current()->nr_locks++)
#define order_release(lock)                     ((void)thread_current()->nr_locks--)
#endif

#endif
