/*
 * What interrupt dispatch calls in components above it.
 */
#ifndef IRQ_UPCALLS_H
#define IRQ_UPCALLS_H

/* core/time: this CPU's deadline has passed. Interrupt context. */
void timer_interrupt(void);

/*
 * core/thread: the interrupt is over, preempt_count is 0 and need_resched is set. Interrupts are masked
 * on entry and return; gives way to another thread in between.
 */
void preempt_schedule_irq(void);

#endif
