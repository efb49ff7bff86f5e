/*
 * Called by interrupt dispatch, in components above it.
 */
#ifndef IRQ_UPCALLS_H
#define IRQ_UPCALLS_H

/* core/time: this CPU's deadline has passed. Interrupt context. */
void time_interrupt(void);

/*
 * core/thread: the interrupt is over and need_resched is set. Interrupts are masked on entry and
 * return; gives way to another thread in between if preempt_count allows it.
 */
void thread_irq_exit(void);

#endif
