/*
 * Command-line words: failalloc=N fails the N-th allocation from here on, failevery=N every N-th;
 * delays=SEED delays CPUs at locks (<lock/delay.h>).
 */
#include <base/errno.h>
#include <base/linkerset.h>
#include <bootargs/bootargs.h>
#include <faultinject/faultinject.h>
#include <lock/delay.h>
#include <string/string.h>

#ifdef DEBUG

static int parse(const char *value, void (*set)(uint64_t number))
{
    const char *end;
    uint64_t number;

    if (!value || str_to_u64(value, &end, 10, &number) != 0 || *end != '\0')
        return -EINVAL;
    set(number);
    return 0;
}

static int set_nth(const char *value)
{
    return parse(value, alloc_fail_set);
}
BOOTARG("failalloc", set_nth);

static int set_every(const char *value)
{
    return parse(value, alloc_fail_every);
}
BOOTARG("failevery", set_every);

static int set_delays(const char *value)
{
    return parse(value, lock_delays_set);
}
BOOTARG("delays", set_delays);

#endif
