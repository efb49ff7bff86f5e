/*
 * Upcalls of locks and preemption, provided by core/thread.
 */
#ifndef LOCK_UPCALLS_H
#define LOCK_UPCALLS_H

/*
 * Called when the current thread's preempt_count becomes 0 with need_resched set. Reschedules if
 * interrupts are enabled (else the interrupt exit or the next enable does).
 */
void preempt_schedule(void);

#endif
