/*
 * The arch contract, 8: the time counter and one deadline per hart. Ticks are the device tree's
 * timebase-frequency; core/time converts. Deadlines go to stimecmp where Sstc exists, else to SBI
 * TIME.
 */
#ifndef ARCH_TIMER_H
#define ARCH_TIMER_H

#include <base/types.h>

/* Now, in ticks; the same on all harts, never goes back. */
static inline uint64_t arch_time(void);

/* arch_time() at the kernel's first instruction, to measure the boot. */
extern uint64_t arch_boot_ticks;

/* Unmask the timer interrupt on this hart, with no deadline set. Once per hart. */
void arch_timer_init(void);

/*
 * Set the next TRAP_IRQ_TIMER of this hart to `ticks`, or at once if that has passed; replaces the
 * previous deadline and clears a pending interrupt.
 */
void arch_timer_set(uint64_t ticks);

#include <arch_impl/timer.h>

#endif
