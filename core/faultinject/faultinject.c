/*
 * The counters behind <faultinject/faultinject.h>. Empty unless DEBUG.
 */
#include <faultinject/faultinject.h>

#include <arch/cpu.h>
#include <log/log.h>

#ifdef DEBUG

static uint64_t seen;  /* [a] */
static uint64_t hits;  /* [a] */
static uint64_t nth;   /* [a] `seen` value that fails; 0: none */
static uint64_t every; /* [a] 0: none */

/* The thread of alloc_fail_task_set(), compared and never dereferenced, and its countdown. */
static const struct arch_thread *task; /* [a] NULL: none */
static uint64_t task_left;             /* [a] changed by the task alone */

void alloc_fail_set(uint64_t n)
{
    __atomic_store_n(&nth, n == 0 ? 0 : alloc_fail_seen() + n, __ATOMIC_RELAXED);
}

void alloc_fail_every(uint64_t n)
{
    __atomic_store_n(&every, n, __ATOMIC_RELAXED);
}

void alloc_fail_task_set(uint64_t n)
{
    __atomic_store_n(&task_left, n, __ATOMIC_RELAXED);
    __atomic_store_n(&task, n == 0 ? NULL : arch_current(), __ATOMIC_RELEASE);
}

uint64_t alloc_fail_task_left(void)
{
    return __atomic_load_n(&task_left, __ATOMIC_RELAXED);
}

static bool task_should_fail(void)
{
    const struct arch_thread *chosen = __atomic_load_n(&task, __ATOMIC_ACQUIRE);

    if (!chosen || chosen != arch_current() ||
        __atomic_sub_fetch(&task_left, 1, __ATOMIC_RELAXED) != 0)
        return false;
    __atomic_store_n(&task, NULL, __ATOMIC_RELAXED);
    return true;
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
    bool is_nth = number == __atomic_load_n(&nth, __ATOMIC_RELAXED);
    bool fails = is_nth || (period != 0 && number % period == 0);

    fails |= task_should_fail();
    if (fails)
        __atomic_add_fetch(&hits, 1, __ATOMIC_RELAXED);
    if (is_nth)
        log_info("allocation %lu is made to fail", (unsigned long)number);
    return fails;
}

#endif
