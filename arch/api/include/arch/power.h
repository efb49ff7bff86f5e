/*
 * The arch contract, 9: turning the machine off by the firmware (SBI SRST, else legacy shutdown).
 * A device (syscon) may know better: core/power asks it first.
 */
#ifndef ARCH_POWER_H
#define ARCH_POWER_H

#include <base/types.h>

/*
 * failed: say that it is no orderly shutdown (QEMU's exit status), by arch_power_fail_by()'s
 * register if there is one, otherwise to the firmware, which may keep it to itself (OpenSBI 1.1
 * does).
 */
NORETURN void arch_poweroff(bool failed);
/*
 * A register of the machine, by physical address, that turns it off with a failure when value is
 * stored there. Once, at boot, as soon as the device tree can be read: works without any mapping or
 * driver from then on.
 */
void arch_power_fail_by(paddr_t reg, uint32_t value);
NORETURN void arch_reboot(void);
/* Masks interrupts and sleeps for good. */
NORETURN void arch_halt(void);

/* One character by the firmware, before any driver and in the last resort of a panic. Slow. */
void arch_early_putchar(char c);

#endif
