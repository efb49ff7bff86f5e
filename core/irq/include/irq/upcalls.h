/*
 * Upcalls of interrupt dispatch to components above it.
 */
#ifndef IRQ_UPCALLS_H
#define IRQ_UPCALLS_H

/* core/time: handles this CPU's timer interrupt. Interrupt context. */
void time_interrupt(void);

/*
 * core/thread: called at the end of an interrupt if need_resched is set. Interrupts are masked on
 * entry and return; switches threads if preempt_count permits.
 */
void thread_irq_exit(void);

#endif
