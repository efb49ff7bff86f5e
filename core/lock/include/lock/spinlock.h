/*
 * Spinlocks: ticket locks, so that waiters are served in order (Reed and Kanodia 1979; Mellor-Crummey
 * and Scott 1991, section 2.2). Preemption is off while one is held.
 *
 * A lock that is also taken in interrupt handlers is always taken with the _irqsave functions. With
 * DEBUG the order of acquisition is checked (core/lock/order.c) and the holder is remembered.
 */
#ifndef LOCK_SPINLOCK_H
#define LOCK_SPINLOCK_H

#include <arch/cpu.h>
#include <base/types.h>
#include <lock/annotations.h>
#include <lock/preempt.h>

struct CAPABILITY("spinlock") spinlock {
    uint32_t tickets; /* [a] high half: next ticket to draw; low half: ticket being served */
#ifdef DEBUG
    uint32_t holder; /* CPU + 1, or 0 */
    const char *name;
#endif
};

#ifdef DEBUG
#define SPINLOCK_INIT(lock_name) {.name = (lock_name)}
#else
#define SPINLOCK_INIT(lock_name) {0}
#endif

static inline void spin_init(struct spinlock *lock, const char *name)
{
    *lock = (struct spinlock)SPINLOCK_INIT(name);
}

/* Slow paths and checks; not for direct use. */
void spin_lock_wait(struct spinlock *lock, uint32_t ticket);
#ifdef DEBUG
void spin_debug_acquire(struct spinlock *lock); /* before waiting: order and recursion */
void spin_debug_acquired(struct spinlock *lock);
void spin_debug_release(struct spinlock *lock);
#else
static inline void spin_debug_acquire(struct spinlock *lock)
{
}
static inline void spin_debug_acquired(struct spinlock *lock)
{
}
static inline void spin_debug_release(struct spinlock *lock)
{
}
#endif

/*
 * The halves of spin_lock_no_preempt(), for hot paths that want no call in the uncontended case: if
 * spin_lock_enter() returns false the lock is not held before spin_lock_wait(lock, *ticket) returns.
 */
static inline bool spin_lock_enter(struct spinlock *lock, uint32_t *ticket) NO_LOCK_CHECK
{
    spin_debug_acquire(lock);
    uint32_t tickets = __atomic_fetch_add(&lock->tickets, 1u << 16, __ATOMIC_ACQUIRE);

    *ticket = tickets >> 16;
    if (unlikely((uint16_t)tickets != tickets >> 16))
        return false;
    spin_debug_acquired(lock);
    return true;
}

static inline void spin_lock_no_preempt(struct spinlock *lock) ACQUIRES(lock) NO_LOCK_CHECK
{
    spin_debug_acquire(lock);
    uint32_t tickets = __atomic_fetch_add(&lock->tickets, 1u << 16, __ATOMIC_ACQUIRE);

    if (unlikely((uint16_t)tickets != tickets >> 16))
        spin_lock_wait(lock, tickets >> 16);
    spin_debug_acquired(lock);
}

static inline void spin_unlock_no_preempt(struct spinlock *lock) RELEASES(lock) NO_LOCK_CHECK
{
    spin_debug_release(lock);
    /* Only the holder writes the low half; a halfword store cannot carry into the other. */
    uint16_t *serving = (uint16_t *)&lock->tickets;

    __atomic_store_n(serving, (uint16_t)(*serving + 1), __ATOMIC_RELEASE);
}

static inline void spin_lock(struct spinlock *lock) ACQUIRES(lock) NO_LOCK_CHECK
{
    preempt_disable();
    spin_lock_no_preempt(lock);
}

static inline void spin_unlock(struct spinlock *lock) RELEASES(lock) NO_LOCK_CHECK
{
    spin_unlock_no_preempt(lock);
    preempt_enable();
}

static inline bool spin_trylock(struct spinlock *lock) TRY_ACQUIRES(true, lock) NO_LOCK_CHECK
{
    uint32_t tickets = __atomic_load_n(&lock->tickets, __ATOMIC_RELAXED);

    preempt_disable();
    if ((uint16_t)tickets == tickets >> 16 &&
        __atomic_compare_exchange_n(&lock->tickets, &tickets, tickets + (1u << 16), false,
                                    __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) {
        spin_debug_acquired(lock);
        return true;
    }
    preempt_enable();
    return false;
}

/* Masks interrupts too; returns what spin_unlock_irqrestore() wants. */
static inline unsigned long spin_lock_irqsave(struct spinlock *lock) ACQUIRES(lock) NO_LOCK_CHECK
{
    unsigned long flags = arch_irq_save();

    preempt_disable();
    spin_lock_no_preempt(lock);
    return flags;
}

static inline void spin_unlock_irqrestore(struct spinlock *lock, unsigned long flags)
    RELEASES(lock) NO_LOCK_CHECK
{
    spin_unlock_no_preempt(lock);
    arch_irq_restore(flags);
    preempt_enable();
}

static inline bool spin_is_locked(const struct spinlock *lock)
{
    uint32_t tickets = __atomic_load_n(&lock->tickets, __ATOMIC_RELAXED);

    return (uint16_t)tickets != tickets >> 16;
}

#endif
