/*
 * Spinlocks: test and test-and-set with a bound on waiting. Preemption is off while one is held.
 *
 * A free lock goes to any CPU that is running. A ticket or queue lock (Mellor-Crummey and Scott
 * 1991) would hand it to the next in line, and where harts are a hypervisor's threads that one is
 * often not running: every hand-over then costs a time slice of the host (Friebel and Biemueller,
 * "How to Deal with Lock Holder Preemption", 2008). Starvation is bounded all the same: a CPU that
 * has waited long claims the lock, and then nobody else takes it before that CPU has had it.
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
#include <lock/stat.h>

#if defined(DEBUG) || defined(LOCKSTAT)
#define LOCK_NAMES     1 /* locks know their names */
#define LOCK_HAS_NAMES true
#else
#define LOCK_HAS_NAMES false /* a zeroed lock is valid */
#endif

struct CAPABILITY("spinlock") spinlock {
    uint32_t word; /* [a] byte 0: 1 = held; byte 1: CPU + 1 that has claimed it, or 0 */
#ifdef DEBUG
    uint32_t holder; /* CPU + 1, or 0 */
#endif
#ifdef LOCK_NAMES
    const char *name;
#endif
    LOCK_MARK
};

#ifdef LOCK_NAMES
#define SPINLOCK_INIT(lock_name)                                                                   \
    {                                                                                              \
        .name = (lock_name)                                                                        \
    }
#else
#define SPINLOCK_INIT(lock_name)                                                                   \
    {                                                                                              \
        0                                                                                          \
    }
#endif

static inline void spin_init(struct spinlock *lock, const char *name) MAKES_LOCK(lock)
{
    *lock = (struct spinlock)SPINLOCK_INIT(name);
}

/* Slow paths and checks; not for direct use. */
void spin_lock_wait(struct spinlock *lock, uint32_t seen);
#ifdef DEBUG
/* Before waiting: order and recursion. */
void spin_debug_acquire(struct spinlock *lock, uint32_t depth);
void spin_debug_acquired(struct spinlock *lock, uint32_t depth);
void spin_debug_release(struct spinlock *lock);
#else
static inline void spin_debug_acquire(struct spinlock *lock, uint32_t depth)
{
}
static inline void spin_debug_acquired(struct spinlock *lock, uint32_t depth)
{
}
static inline void spin_debug_release(struct spinlock *lock)
{
}
#endif

/* The lock was acquired; waited_since: when we began to wait, 0: at once. */
static inline void spin_note_acquired(struct spinlock *lock, uint32_t depth, uint64_t waited_since)
{
    spin_debug_acquired(lock, depth);
    lock_stat_acquired(&lock->mark, lock->name, waited_since);
}

/*
 * The halves of spin_lock_no_preempt(), for hot paths that want no call in the uncontended case: if
 * spin_lock_enter() returns false the lock is not held before spin_lock_contended(lock, *seen)
 * returns.
 */
static inline bool spin_lock_enter(struct spinlock *lock, uint32_t *seen) TRY_ACQUIRES(true, lock)
    NO_LOCK_CHECK("it is the lock")
{
    spin_debug_acquire(lock, 0);
    *seen = __atomic_fetch_or(&lock->word, 1, __ATOMIC_ACQUIRE);
    if (unlikely(*seen != 0))
        return false;
    spin_note_acquired(lock, 0, 0);
    return true;
}

static inline void spin_lock_contended(struct spinlock *lock, uint32_t seen) ACQUIRES(lock)
    NO_LOCK_CHECK("it is the lock")
{
    uint64_t since = lock_stat_now();

    spin_lock_wait(lock, seen);
    spin_note_acquired(lock, 0, since);
}

/*
 * depth: number of locks of this class that the caller holds already (lock/order.h). The first of
 * them has disabled preemption: release this one by spin_unlock_no_preempt().
 */
static inline void spin_lock_nested(struct spinlock *lock, uint32_t depth) ACQUIRES(lock)
    NO_LOCK_CHECK("it is the lock")
{
    spin_debug_acquire(lock, depth);
    uint32_t seen = __atomic_fetch_or(&lock->word, 1, __ATOMIC_ACQUIRE);
    uint64_t since = 0;

    if (unlikely(seen != 0)) {
        since = lock_stat_now();
        spin_lock_wait(lock, seen);
    }
    spin_note_acquired(lock, depth, since);
}

static inline void spin_lock_no_preempt(struct spinlock *lock) ACQUIRES(lock)
    NO_LOCK_CHECK("it is the lock")
{
    spin_lock_nested(lock, 0);
}

static inline void spin_unlock_no_preempt(struct spinlock *lock) RELEASES(lock)
    NO_LOCK_CHECK("it is the lock")
{
    spin_debug_release(lock);
    lock_stat_release(&lock->mark);
    /* Only the holder clears byte 0; a byte store cannot overwrite a claim in byte 1. */
    __atomic_store_n((uint8_t *)&lock->word, 0, __ATOMIC_RELEASE);
}

static inline void spin_lock(struct spinlock *lock) ACQUIRES(lock) NO_LOCK_CHECK("it is the lock")
{
    preempt_disable();
    spin_lock_no_preempt(lock);
}

static inline void spin_unlock(struct spinlock *lock) RELEASES(lock) NO_LOCK_CHECK("it is the lock")
{
    spin_unlock_no_preempt(lock);
    preempt_enable();
}

/* For preemption already disabled, e.g. under another spinlock. */
static inline bool spin_trylock_no_preempt(struct spinlock *lock) TRY_ACQUIRES(true, lock)
    NO_LOCK_CHECK("it is the lock")
{
    uint32_t free = 0;

    if (!__atomic_compare_exchange_n(&lock->word, &free, 1, false, __ATOMIC_ACQUIRE,
                                     __ATOMIC_RELAXED))
        return false;
    spin_note_acquired(lock, 0, 0);
    return true;
}

static inline bool spin_trylock(struct spinlock *lock) TRY_ACQUIRES(true, lock)
    NO_LOCK_CHECK("it is the lock")
{
    preempt_disable();
    if (spin_trylock_no_preempt(lock))
        return true;
    preempt_enable();
    return false;
}

/* Out-of-line versions of the two below, for code compiled for size. */
unsigned long spin_lock_irqsave_shared(struct spinlock *lock) ACQUIRES(lock);
void spin_unlock_irqrestore_shared(struct spinlock *lock, unsigned long flags) RELEASES(lock);

/* Also mask interrupts; returns the flags for spin_unlock_irqrestore(). */
static inline unsigned long spin_lock_irqsave(struct spinlock *lock) ACQUIRES(lock)
    NO_LOCK_CHECK("it is the lock")
{
#ifdef __OPTIMIZE_SIZE__
    return spin_lock_irqsave_shared(lock);
#else
    unsigned long flags = arch_irq_save();

    preempt_disable();
    spin_lock_no_preempt(lock);
    return flags;
#endif
}

static inline void spin_unlock_irqrestore(struct spinlock *lock, unsigned long flags) RELEASES(lock)
    NO_LOCK_CHECK("it is the lock")
{
#ifdef __OPTIMIZE_SIZE__
    spin_unlock_irqrestore_shared(lock, flags);
#else
    spin_unlock_no_preempt(lock);
    arch_irq_restore(flags);
    preempt_enable();
#endif
}

static inline bool spin_is_locked(const struct spinlock *lock)
{
    return __atomic_load_n(&lock->word, __ATOMIC_RELAXED) & 1;
}

#endif
