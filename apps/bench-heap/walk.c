/*
 * The random walk: 4096 slots; each operation picks a slot at random and fills it if it is empty,
 * with a size log-uniform in 16..4095, or frees it. Through <heap/heap.h>, so calls, locks and the
 * masking of interrupts are part of the figure; one hart, nothing else running.
 */
#include <arch/cpu.h>
#include <heap/heap.h>
#include <printf/printf.h>

#include "bench.h"

#define NR_SLOTS  4096
#define NR_WARMUP 100000
#define NR_STEPS  1000000

static void *slots[NR_SLOTS];

static void step(void)
{
    void **slot = &slots[bench_random() % NR_SLOTS];

    if (!*slot) {
        *slot = heap_alloc(size_random());
    } else {
        heap_free(*slot);
        *slot = NULL;
    }
}

/* The loop's own cost: the same decisions, without an allocator. */
static void step_of_nothing(void)
{
    void **slot = &slots[bench_random() % NR_SLOTS];

    if (!*slot) {
        size_t size = size_random();

        __asm__ volatile("" : "+r"(size));
        *slot = slots;
    } else {
        *slot = NULL;
    }
}

static uint64_t measure(void (*fn)(void), size_t nr)
{
    uint64_t start = arch_instret();

    for (size_t i = 0; i < nr; i++)
        fn();
    return arch_instret() - start;
}

void bench_walk(void)
{
    struct heap_stats stats;
    uint64_t overhead, total;
    char name[40];

    measure(step_of_nothing, NR_WARMUP);
    overhead = measure(step_of_nothing, NR_STEPS);
    for (size_t i = 0; i < NR_SLOTS; i++)
        slots[i] = NULL;
    measure(step, NR_WARMUP);
    total = measure(step, NR_STEPS) - overhead;
    heap_stats(&stats);
    snprintf(name, sizeof(name), "heap-walk-%s", stats.provider);
    bench_print_mean(name, total, NR_STEPS);
    for (size_t i = 0; i < NR_SLOTS; i++) {
        heap_free(slots[i]);
        slots[i] = NULL;
    }
}

#define NR_COSTS 4096 /* instructions; what is above counts as the last */

static uint32_t costs[2][NR_COSTS]; /* how often an allocation, and a release, cost that much */

static void count(unsigned which, uint64_t cost)
{
    costs[which][MIN(cost, NR_COSTS - 1ul)]++;
}

static void timed_step(void)
{
    void **slot = &slots[bench_random() % NR_SLOTS];
    uint64_t start;

    if (!*slot) {
        size_t size = size_random();

        start = arch_instret();
        *slot = heap_alloc(size);
        count(0, arch_instret() - start);
    } else {
        start = arch_instret();
        heap_free(*slot);
        count(1, arch_instret() - start);
        *slot = NULL;
    }
}

/* The cost that one operation in a thousand exceeds. */
static uint64_t percentile_999(const uint32_t *of)
{
    uint64_t total = 0, above = 0;
    size_t cost = NR_COSTS;

    for (size_t i = 0; i < NR_COSTS; i++)
        total += of[i];
    while (cost > 0 && above + of[cost - 1] <= total / 1000)
        above += of[--cost];
    return cost;
}

/* The tail of the same walk, each operation measured alone. */
void bench_tail(void)
{
    struct heap_stats stats;
    char name[40];

    for (size_t i = 0; i < NR_STEPS; i++)
        timed_step();
    heap_stats(&stats);
    snprintf(name, sizeof(name), "heap-alloc-p99.9-%s", stats.provider);
    bench_print(name, percentile_999(costs[0]), 0);
    snprintf(name, sizeof(name), "heap-free-p99.9-%s", stats.provider);
    bench_print(name, percentile_999(costs[1]), 0);
    for (size_t i = 0; i < NR_SLOTS; i++) {
        heap_free(slots[i]);
        slots[i] = NULL;
    }
}
