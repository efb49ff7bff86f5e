/*
 * The waiting side of spinlocks. DEBUG checks: order.c.
 */
#include <lock/spinlock.h>

#define HELD        1u
#define CLAIM_SHIFT 8

/* Attempts before claiming the lock: some ten milliseconds. */
#define PATIENCE 200000

/* seen: the word before the first attempt, which set the held bit. */
void spin_lock_wait(struct spinlock *lock, uint32_t seen)
{
    uint32_t self = arch_current()->cpu + 1;
    uint8_t *claim = (uint8_t *)&lock->word + 1;

    for (uint32_t looks = 0;; looks++) {
        if (!(seen & HELD)) {
            /* The lock was free and is ours, unless another CPU has claimed it: then release it. */
            uint32_t claimer = seen >> CLAIM_SHIFT;

            if (claimer == self)
                __atomic_store_n(claim, 0, __ATOMIC_RELAXED);
            if (claimer == 0 || claimer == self)
                return;
            __atomic_store_n((uint8_t *)&lock->word, 0, __ATOMIC_RELEASE);
        }
        for (;; looks++) {
            uint32_t word = __atomic_load_n(&lock->word, __ATOMIC_RELAXED);
            uint32_t claimer = word >> CLAIM_SHIFT;

            if (word == 0 || word == self << CLAIM_SHIFT)
                break;
            if (looks >= PATIENCE && claimer == 0)
                __atomic_compare_exchange_n(&lock->word, &word, word | self << CLAIM_SHIFT, false,
                                            __ATOMIC_RELAXED, __ATOMIC_RELAXED);
            arch_cpu_relax();
        }
        seen = __atomic_fetch_or(&lock->word, HELD, __ATOMIC_ACQUIRE);
    }
}

unsigned long spin_lock_irqsave_shared(struct spinlock *lock)
{
    return spin_lock_irqsave(lock);
}

void spin_unlock_irqrestore_shared(struct spinlock *lock, unsigned long flags)
{
    spin_unlock_irqrestore(lock, flags);
}
