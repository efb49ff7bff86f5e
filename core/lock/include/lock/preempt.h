/*
 * Preemption. A thread in the kernel can be preempted at any interrupt unless its preempt_count is
 * nonzero: a spinlock is held, an interrupt handler runs, or the code must stay on this CPU.
 */
#ifndef LOCK_PREEMPT_H
#define LOCK_PREEMPT_H

#include <arch/context.h>
#include <arch/cpu.h>
#include <lock/upcalls.h>

static inline void preempt_disable(void)
{
    struct arch_thread *t = arch_current();

    t->preempt_count++;
    compiler_barrier();
}

/* End the section without rescheduling: for the scheduler itself. */
static inline void preempt_enable_no_resched(void)
{
    compiler_barrier();
    arch_current()->preempt_count--;
}

static inline void preempt_enable(void)
{
    struct arch_thread *t = arch_current();

    compiler_barrier();
    if (--t->preempt_count == 0 && unlikely(READ_ONCE(t->need_resched)))
        preempt_schedule();
}

static inline bool preempt_is_disabled(void)
{
    return arch_current()->preempt_count != 0;
}

#endif
