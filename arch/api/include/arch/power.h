/*
 * The arch contract, 9: power off and reboot by the firmware (SBI SRST, else legacy shutdown).
 * core/power prefers a device (syscon) if there is one.
 */
#ifndef ARCH_POWER_H
#define ARCH_POWER_H

#include <base/types.h>

/*
 * failed: tell the firmware that this is not an orderly shutdown. It may not report that (OpenSBI
 * 1.1 does not), so use arch_power_fail() if possible.
 */
NORETURN void arch_poweroff(bool failed);
/*
 * Store value to a register, by physical address, that ends the machine with a failure (QEMU's exit
 * status); fall back to the firmware. Needs no mapping and no driver.
 */
NORETURN void arch_power_fail(paddr_t reg, uint32_t value);
NORETURN void arch_reboot(void);
/* Mask interrupts and sleep for good. */
NORETURN void arch_halt(void);

/* Print a character by the firmware, before any driver and as last resort of a panic. Slow. */
void arch_early_putchar(char c);

#endif
