/*
 * Command-line words: failalloc=N fails the N-th allocation from here on, failevery=N every N-th.
 */
#include <base/errno.h>
#include <base/linkerset.h>
#include <bootargs/bootargs.h>
#include <faultinject/faultinject.h>
#include <string/string.h>

#ifdef DEBUG

static int parse(const char *value, void (*set)(uint64_t nth))
{
    const char *end;
    uint64_t nth;

    if (value == NULL || str_to_u64(value, &end, 10, &nth) != 0 || *end != '\0')
        return -EINVAL;
    set(nth);
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

#endif
