/*
 * Locks on the host, where one thread runs: no waiting, but taking a lock twice or giving back one
 * that is not held is still a bug.
 */
#include <lock/order.h>
#include <lock/spinlock.h>
#include <log/log.h>

void preempt_schedule(void)
{
}

void spin_lock_wait(struct spinlock *lock, uint32_t seen)
{
    panic("spinlock: deadlock on a single CPU");
}

#ifdef DEBUG

void spin_debug_acquire(struct spinlock *lock, uint32_t depth)
{
    if (lock->holder != 0)
        panic("spinlock %s: taken twice", lock->name ? lock->name : "?");
}

void spin_debug_acquired(struct spinlock *lock, uint32_t depth)
{
    lock->holder = 1;
}

void spin_debug_release(struct spinlock *lock)
{
    if (lock->holder == 0)
        panic("spinlock %s: released while free", lock->name ? lock->name : "?");
    lock->holder = 0;
}

/* The order of locks is checked in kernels. */
void lock_order_acquire(struct lock_held *held, const void *lock, const char *lock_class,
                        uint32_t depth)
{
}

void lock_order_acquired(struct lock_held *held, const void *lock, const char *lock_class,
                         uint32_t depth)
{
}

void lock_order_release(struct lock_held *held, const void *lock)
{
}

void lock_order_irq_enter(void)
{
}

void lock_order_irq_exit(void)
{
}

const char *lock_order_last(const struct lock_held *held)
{
    return "";
}

#endif
