/*
 * DEBUG only: <lock/delay.h>.
 */
#include <lock/delay.h>

#ifdef DEBUG
#include <arch/context.h>
#include <arch/cpu.h>
#include <arch/smp.h>
#include <arch/timer.h>

/* One point in so many is a delay; of those, one in so many is a long one. */
#define ONE_IN      32
#define LONG_ONE_IN 32
#define YIELD_IN    64

#define TICKS_MAX      100  /* ten microseconds of a machine whose clock has 10 MHz */
#define LONG_TICKS_MAX 3000 /* a time in which others do much */

static uint64_t seed; /* [a] 0: no delays */
/* An interrupt may come between the look and the step: then two delays are alike. */
static uint64_t states[NR_CPUS_MAX]; /* [p] */

void lock_delays_set(uint64_t new_seed)
{
    __atomic_store_n(&seed, new_seed, __ATOMIC_RELAXED);
}

/* splitmix64 (Steele, Lea, Flood 2014), begun at the seed and the CPU's number. */
static uint64_t next(void)
{
    uint32_t cpu = arch_current()->cpu;
    uint64_t x = READ_ONCE(states[cpu]);

    if (x == 0)
        x = __atomic_load_n(&seed, __ATOMIC_RELAXED) + ((uint64_t)cpu << 32);
    x += 0x9e3779b97f4a7c15ull;
    WRITE_ONCE(states[cpu], x);
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ull;
    x = (x ^ x >> 27) * 0x94d049bb133111ebull;
    return x ^ x >> 31;
}

static void wait_ticks(uint64_t ticks)
{
    uint64_t begin = arch_time();

    while (arch_time() - begin < ticks)
        arch_cpu_relax();
}

static void delay(uint64_t random)
{
    if (random % ONE_IN != 0)
        return;
    random /= ONE_IN;
    wait_ticks(random % LONG_ONE_IN == 0 ? (random >> 32) % LONG_TICKS_MAX
                                         : (random >> 32) % TICKS_MAX);
}

void lock_delay(void)
{
    if (__atomic_load_n(&seed, __ATOMIC_RELAXED) != 0)
        delay(next());
}

void lock_delay_and_yield(void)
{
    uint64_t random;

    if (__atomic_load_n(&seed, __ATOMIC_RELAXED) == 0)
        return;
    random = next();
    delay(random);
    if ((random >> 20) % YIELD_IN == 0)
        WRITE_ONCE(arch_current()->need_resched, 1);
}

#endif
