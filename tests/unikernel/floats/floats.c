/*
 * Floats of threads: each computes a sequence of its own in variables that the compiler keeps in
 * registers, while the others preempt it, and while it yields, sleeps and moves between CPUs.
 */
#include <app/app.h>
#include <arch/cpu.h>
#include <console/console.h>
#include <percpu/percpu.h>
#include <printf/printf.h>
#include <string/string.h>
#include <thread/thread.h>
#include <time/time.h>

#define NR_THREADS 12
#define NR_ROUNDS  60
#define NR_STEPS   2000

static uint32_t nr_wrong;  /* [a] */
static uint32_t nr_moved;  /* [a] threads that saw more than one CPU */
static uint32_t nr_timers; /* [a] */

static NOINLINE double sequence(double a, double b, unsigned nr_steps)
{
    double c = a - b, d = a * b;

    for (unsigned i = 0; i < nr_steps; i++) {
        a = a * 0.5 + b;
        b = b * 0.25 + c;
        c = c * 0.125 + d;
        d = d * 0.0625 + a;
    }
    return a + b + c + d;
}

/* What a copy of the code in an empty machine gives: integers, computed before any other thread
 * is. */
static uint64_t expected[NR_THREADS];

static uint64_t bits_of(double x)
{
    uint64_t bits;

    memcpy(&bits, &x, sizeof(bits));
    return bits;
}

static uint64_t round_of(unsigned id)
{
    return bits_of(sequence(1.0 + id, 2.0 / (3.0 + id), NR_STEPS));
}

static void computes(void *arg)
{
    unsigned id = (unsigned)(uintptr_t)arg;
    volatile double kept = 1.0 / (1.0 + id);
    double live = kept;
    cpumask_t seen = 0;

    for (unsigned round = 0; round < NR_ROUNDS; round++) {
        if (round_of(id) != expected[id])
            __atomic_fetch_add(&nr_wrong, 1, __ATOMIC_RELAXED);
        if (round % 3 == 0)
            thread_yield();
        else if (round % 3 == 1)
            thread_sleep_ns(20 * NS_PER_USEC);
        else if (thread_set_affinity(thread_current(), 1ull << ((id + round) % cpu_count())) != 0)
            __atomic_fetch_add(&nr_wrong, 1, __ATOMIC_RELAXED);
        seen |= 1ull << cpu_index();
        if (live != kept)
            __atomic_fetch_add(&nr_wrong, 1, __ATOMIC_RELAXED);
        live = kept + 0.0;
    }
    if ((seen & (seen - 1)) != 0)
        __atomic_fetch_add(&nr_moved, 1, __ATOMIC_RELAXED);
}

/* No floats, and so no room for them either. */
static void counts(void *arg)
{
    volatile uint32_t *n = arg;

    for (unsigned i = 0; i < 100000; i++)
        *n = i;
    if (thread_current()->arch.fpu.state != NULL)
        __atomic_fetch_add(&nr_wrong, 1, __ATOMIC_RELAXED);
}

static void ticks(struct timer *timer)
{
    __atomic_fetch_add(&nr_timers, 1, __ATOMIC_RELAXED);
    timer_arm_after(timer, 50 * NS_PER_USEC);
}

int app_main(void)
{
    static uint32_t counters[2];
    struct thread *threads[NR_THREADS + 2];
    struct timer timer;
    char line[120];

    for (unsigned id = 0; id < NR_THREADS; id++)
        expected[id] = round_of(id);
    timer_init(&timer, ticks);
    timer_arm_after(&timer, 0);
    for (uintptr_t id = 0; id < NR_THREADS + 2; id++) {
        threads[id] = id < NR_THREADS ? thread_create(computes, (void *)id, "computes", NULL)
                                      : thread_create(counts, &counters[id % 2], "counts", NULL);
        if (threads[id] == NULL)
            return 1;
    }
    for (unsigned round = 0; round < NR_ROUNDS; round++) {
        if (round_of(round % NR_THREADS) != expected[round % NR_THREADS])
            __atomic_fetch_add(&nr_wrong, 1, __ATOMIC_RELAXED);
        thread_yield();
    }
    for (unsigned id = 0; id < NR_THREADS + 2; id++)
        thread_join(threads[id]);
    while (__atomic_load_n(&nr_timers, __ATOMIC_RELAXED) == 0) /* a busy host may be late */
        thread_sleep_ns(NS_PER_MSEC);
    timer_cancel_sync(&timer);

    if (cpu_count() > 1 && nr_moved == 0)
        nr_wrong++;
    snprintf(line, sizeof(line), "floats: %u wrong, %u moved, %u interrupts\n", nr_wrong, nr_moved,
             nr_timers);
    console_write(line, strlen(line));
    return nr_wrong != 0 || nr_timers == 0;
}
