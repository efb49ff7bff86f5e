/*
 * Turning the machine off and restarting it: the one way, for all kernels.
 *
 * A failure goes to the register of the machine that can tell one, if the device tree names it,
 * whatever drivers there are. Otherwise drivers register what the device tree offers
 * (drivers/syscon); the firmware (SBI SRST, by <arch/power.h>) is the fallback when there is none
 * or when it returns, which means that it did not work.
 */
#ifndef POWER_POWER_H
#define POWER_POWER_H

#include <base/types.h>

/* Static, registered once; the one registered last is asked first. */
struct power_provider {
    const char *name;
    /*
     * NULL where the provider cannot; both return only when they failed. Any context, no locks.
     * is_failure: the machine stops because of an error (a panic, a failed test), where it can be
     * told.
     */
    void (*off)(struct power_provider *provider, bool is_failure);
    void (*reboot)(struct power_provider *provider);
    struct power_provider *next; /* core/power's */
};

void power_register(struct power_provider *provider);

/* Any context, no locks or sleep: write data back before. */
NORETURN void power_off(void);
NORETURN void power_reboot(void);
/* The same for what ends because of an error: one that can be told (QEMU then exits with 1). */
NORETURN void power_off_failure(void);

#endif
