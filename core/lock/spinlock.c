/*
 * The waiting side of ticket locks. DEBUG checks: order.c.
 */
#include <lock/spinlock.h>

void spin_lock_wait(struct spinlock *lock, uint32_t ticket)
{
    const uint16_t *serving = (const uint16_t *)&lock->tickets;

    while (__atomic_load_n(serving, __ATOMIC_ACQUIRE) != (uint16_t)ticket)
        arch_cpu_relax();
}
