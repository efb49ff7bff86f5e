/*
 * Turning the machine off and restarting it: the one way, for all kernels.
 *
 * Providers register what they can do (drivers/syscon from the device tree, the firmware's SBI SRST as
 * the fallback); the highest rank is tried first, and the next when a provider returns, which means
 * that it did not work. When nothing works, the hart says so and stops with interrupts off.
 */
#ifndef POWER_POWER_H
#define POWER_POWER_H

#include <base/types.h>
#include <list/list.h>

enum power_rank {
    POWER_RANK_FIRMWARE = 0, /* SBI SRST */
    POWER_RANK_DEVICE = 10,  /* a register of the machine */
};

/* Static, registered once. Either function may be NULL; both return only when they failed. */
struct power_provider {
    const char *name;
    int rank; /* enum power_rank */
    /* is_failure: the machine stops because of an error (a panic, a failed test), where it can be told. */
    void (*off)(struct power_provider *provider, bool is_failure);
    void (*reboot)(struct power_provider *provider);
    struct list node; /* core/power's */
};

void power_register(struct power_provider *provider);

/*
 * What runs before the machine stops: file systems and disks write back. Run in reverse order of
 * registration, in the caller's context, by power_off and power_reboot, not by power_off_failure.
 */
struct power_hook {
    const char *name;
    void (*before)(struct power_hook *hook);
    struct list node;
};
void power_register_hook(struct power_hook *hook);

/* Orderly: hooks, then off. Thread context. */
NORETURN void power_off(void);
NORETURN void power_reboot(void);

/* At once, no hooks, locks or sleep; for panics and failed tests (QEMU then exits with 1). Any context. */
NORETURN void power_off_failure(void);

#endif
