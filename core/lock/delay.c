/*
 * DEBUG only: <lock/delay.h>.
 */
#include <lock/delay.h>

#ifdef DEBUG
#include <arch/context.h>
#include <arch/cpu.h>
#include <arch/smp.h>
#include <arch/timer.h>
#include <prng/prng.h>

/*
 * Delays in ticks (ten per microsecond at 10 MHz): one in one_in points is delayed, one in
 * long_one_in of those for long.
 */
struct lengths {
    uint32_t one_in, long_one_in;
    uint32_t ticks, long_ticks; /* at most */
};

/* Long enough for other CPUs to get much done. */
static const struct lengths at_lock = {32, 32, 100, 3000};
/* Delay a wake-up until waiters that did not need it are gone. */
static const struct lengths at_wake = {16, 16, 1000, 30000};

#define YIELD_IN 64

static uint64_t seed; /* [a] 0: no delays */
/* An interrupt between load and store only makes two delays equal. */
static uint64_t states[NR_CPUS_MAX]; /* [p] */

void lock_delays_set(uint64_t new_seed)
{
    __atomic_store_n(&seed, new_seed, __ATOMIC_RELAXED);
}

/* Start from the seed and the CPU's number. */
static uint64_t next(void)
{
    uint32_t cpu = arch_current()->cpu;
    uint64_t x = READ_ONCE(states[cpu]), random;

    if (x == 0)
        x = __atomic_load_n(&seed, __ATOMIC_RELAXED) + ((uint64_t)cpu << 32);
    random = prng_splitmix64(&x);
    WRITE_ONCE(states[cpu], x);
    return random;
}

static void wait_ticks(uint64_t ticks)
{
    uint64_t begin = arch_time();

    while (arch_time() - begin < ticks)
        arch_cpu_relax();
}

static void delay(const struct lengths *l, uint64_t random)
{
    if (random % l->one_in != 0)
        return;
    random /= l->one_in;
    wait_ticks((random >> 32) % (random % l->long_one_in == 0 ? l->long_ticks : l->ticks));
}

void lock_delay(void)
{
    if (__atomic_load_n(&seed, __ATOMIC_RELAXED) != 0)
        delay(&at_lock, next());
}

void lock_delay_wake(void)
{
    if (__atomic_load_n(&seed, __ATOMIC_RELAXED) != 0)
        delay(&at_wake, next());
}

void lock_delay_and_yield(void)
{
    uint64_t random;

    if (__atomic_load_n(&seed, __ATOMIC_RELAXED) == 0)
        return;
    random = next();
    delay(&at_lock, random);
    if ((random >> 20) % YIELD_IN == 0)
        WRITE_ONCE(arch_current()->need_resched, 1);
}

#endif
