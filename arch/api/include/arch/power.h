/*
 * The arch contract, 9: turning the machine off by the firmware (SBI SRST, else legacy shutdown).
 * A device (syscon) may know better: core/power asks it first.
 */
#ifndef ARCH_POWER_H
#define ARCH_POWER_H

#include <base/types.h>

/* failed: tell the firmware that it is no orderly shutdown (QEMU's exit status). */
NORETURN void arch_poweroff(bool failed);
NORETURN void arch_reboot(void);
/* Masks interrupts and sleeps for good. */
NORETURN void arch_halt(void);

/* One character by the firmware, before any driver and in the last resort of a panic. Slow. */
void arch_early_putchar(char c);

#endif
