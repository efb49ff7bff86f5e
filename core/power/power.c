#include <power/power.h>

#include <arch/power.h>

/* Both are only pushed to, at boot, and read without a lock: a panic may interrupt anything. */
static struct power_provider *providers; /* [a] */
static struct power_hook *hooks;         /* [a] */

void power_register(struct power_provider *provider)
{
    provider->next = __atomic_load_n(&providers, __ATOMIC_RELAXED);
    while (!__atomic_compare_exchange_n(&providers, &provider->next, provider, false,
                                        __ATOMIC_RELEASE, __ATOMIC_RELAXED)) {
    }
}

void power_register_hook(struct power_hook *hook)
{
    hook->next = __atomic_load_n(&hooks, __ATOMIC_RELAXED);
    while (!__atomic_compare_exchange_n(&hooks, &hook->next, hook, false, __ATOMIC_RELEASE,
                                        __ATOMIC_RELAXED)) {
    }
}

/* Each hook runs once, also if one of them ends in power_off itself. */
static void run_hooks(void)
{
    struct power_hook *hook = __atomic_exchange_n(&hooks, NULL, __ATOMIC_ACQUIRE);

    while (hook != NULL) {
        struct power_hook *next = hook->next;
        hook->before(hook);
        hook = next;
    }
}

NORETURN static void off(bool is_failure)
{
    struct power_provider *provider = __atomic_load_n(&providers, __ATOMIC_ACQUIRE);

    for (; provider != NULL; provider = provider->next) {
        if (provider->off != NULL)
            provider->off(provider, is_failure);
    }
    arch_poweroff(is_failure);
}

void power_off(void)
{
    run_hooks();
    off(false);
}

void power_off_unsuccessful(void)
{
    run_hooks();
    off(true);
}

void power_off_failure(void)
{
    off(true);
}

void power_reboot(void)
{
    run_hooks();
    struct power_provider *provider = __atomic_load_n(&providers, __ATOMIC_ACQUIRE);

    for (; provider != NULL; provider = provider->next) {
        if (provider->reboot != NULL)
            provider->reboot(provider);
    }
    arch_reboot();
}
