/*
 * DEBUG only: who holds a lock. A CPU that takes a lock it holds already, or releases one that it does
 * not hold, is a bug that would otherwise show as a hang.
 */
#include <lock/spinlock.h>
#include <log/log.h>

#ifdef DEBUG
void spin_debug_acquire(struct spinlock *lock)
{
    if (READ_ONCE(lock->holder) == arch_current()->cpu + 1)
        panic("spinlock %s taken twice by CPU %u", lock->name, arch_current()->cpu);
}

void spin_debug_acquired(struct spinlock *lock)
{
    lock->holder = arch_current()->cpu + 1;
}

void spin_debug_release(struct spinlock *lock)
{
    if (lock->holder != arch_current()->cpu + 1)
        panic("spinlock %s released by CPU %u, which does not hold it", lock->name, arch_current()->cpu);
    lock->holder = 0;
}
#else
extern int nothing_here; /* an empty translation unit is not C */
#endif
