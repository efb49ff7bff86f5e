/*
 * The arch contract, 9: turning the machine off by the firmware (SBI SRST, else legacy shutdown).
 * A device (syscon) may know better: core/power asks it first.
 */
#ifndef ARCH_POWER_H
#define ARCH_POWER_H

#include <base/types.h>

/*
 * failed: tell the firmware that it is no orderly shutdown. It may keep that to itself (OpenSBI 1.1
 * does), so that who can uses arch_power_fail.
 */
NORETURN void arch_poweroff(bool failed);
/*
 * Stores value at reg, a register by physical address that ends the machine with a failure (QEMU's
 * exit status), and asks the firmware if that did not do it. Needs no mapping and no driver.
 */
NORETURN void arch_power_fail(paddr_t reg, uint32_t value);
NORETURN void arch_reboot(void);
/* Masks interrupts and sleeps for good. */
NORETURN void arch_halt(void);

/* One character by the firmware, before any driver and in the last resort of a panic. Slow. */
void arch_early_putchar(char c);

#endif
