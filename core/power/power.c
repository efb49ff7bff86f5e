#include <power/power.h>

#include <arch/power.h>
#include <platform/boot_info.h>

#define TEST_FINISHER_FAIL 0x3333u
#define EXIT_STATUS        1u

/* Only pushed to, at boot, and read without a lock: a panic may interrupt anything. */
static struct power_provider *providers; /* [a] */

void power_register(struct power_provider *provider)
{
    provider->next = __atomic_load_n(&providers, __ATOMIC_RELAXED);
    while (!__atomic_compare_exchange_n(&providers, &provider->next, provider, false,
                                        __ATOMIC_RELEASE, __ATOMIC_RELAXED)) {
    }
}

NORETURN static void off(bool is_failure)
{
    struct power_provider *provider = __atomic_load_n(&providers, __ATOMIC_ACQUIRE);

    if (is_failure) {
        paddr_t finisher = platform_test_finisher();

        if (finisher.v != 0)
            arch_power_fail(finisher, TEST_FINISHER_FAIL | EXIT_STATUS << 16);
    }
    for (; provider; provider = provider->next)
        if (provider->off)
            provider->off(provider, is_failure);
    arch_poweroff(is_failure);
}

void power_off(void)
{
    off(false);
}

void power_off_failure(void)
{
    off(true);
}

void power_reboot(void)
{
    struct power_provider *provider = __atomic_load_n(&providers, __ATOMIC_ACQUIRE);

    for (; provider; provider = provider->next)
        if (provider->reboot)
            provider->reboot(provider);
    arch_reboot();
}
