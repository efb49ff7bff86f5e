/*
 * Provided by the scheduler (core/thread) to locks and preemption.
 */
#ifndef LOCK_UPCALLS_H
#define LOCK_UPCALLS_H

/*
 * The current thread's preempt_count has just become 0 and need_resched is set. Gives way if
 * interrupts are enabled (with interrupts masked it returns: the interrupt exit or the next enable
 * does it).
 */
void preempt_schedule(void);

#endif
