/*
 * Power off and reboot, for all kernels.
 *
 * A failure is reported by the machine's register for that, if the device tree names one, whatever
 * drivers there are. Otherwise drivers register what the device tree offers (drivers/syscon); the
 * firmware (SBI SRST, by <arch/power.h>) is the fallback if there is none, or if it failed and
 * returned.
 */
#ifndef POWER_POWER_H
#define POWER_POWER_H

#include <base/types.h>

/* Static, registered once; the one registered last is asked first. */
struct power_provider {
    const char *name;
    /*
     * NULL if not supported; both return only on failure. Any context, no locks. is_failure: report
     * that the machine stops because of an error (a panic, a failed test), if possible.
     */
    void (*off)(struct power_provider *provider, bool is_failure);
    void (*reboot)(struct power_provider *provider);
    struct power_provider *next; /* core/power's */
};

void power_register(struct power_provider *provider);

/* Power off or reboot. Any context, no locks or sleep: write data back before. */
NORETURN void power_off(void);
NORETURN void power_reboot(void);
/* Power off because of an error, and report it if possible (QEMU then exits with 1). */
NORETURN void power_off_failure(void);

#endif
