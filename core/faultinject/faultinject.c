/*
 * The counters behind <faultinject/faultinject.h>. Empty unless DEBUG.
 */
#include <faultinject/faultinject.h>

#ifdef DEBUG

static uint64_t seen;  /* [a] */
static uint64_t hits;  /* [a] */
static uint64_t nth;   /* [a] `seen` value that fails; 0: none */
static uint64_t every; /* [a] 0: none */

void alloc_fail_set(uint64_t n)
{
    __atomic_store_n(&nth, n == 0 ? 0 : alloc_fail_seen() + n, __ATOMIC_RELAXED);
}

void alloc_fail_every(uint64_t n)
{
    __atomic_store_n(&every, n, __ATOMIC_RELAXED);
}

uint64_t alloc_fail_seen(void)
{
    return __atomic_load_n(&seen, __ATOMIC_RELAXED);
}

uint64_t alloc_fail_hits(void)
{
    return __atomic_load_n(&hits, __ATOMIC_RELAXED);
}

bool alloc_should_fail(void)
{
    uint64_t number = __atomic_add_fetch(&seen, 1, __ATOMIC_RELAXED);
    uint64_t period = __atomic_load_n(&every, __ATOMIC_RELAXED);
    bool fails = number == __atomic_load_n(&nth, __ATOMIC_RELAXED) ||
                 (period != 0 && number % period == 0);

    if (fails)
        __atomic_add_fetch(&hits, 1, __ATOMIC_RELAXED);
    return fails;
}

#endif
