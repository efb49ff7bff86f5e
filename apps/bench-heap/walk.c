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

    if (*slot == NULL) {
        *slot = heap_alloc(size_random());
    } else {
        heap_free(*slot);
        *slot = NULL;
    }
}

/* What the loop itself costs: the same decisions, without an allocator. */
static void step_of_nothing(void)
{
    void **slot = &slots[bench_random() % NR_SLOTS];

    if (*slot == NULL) {
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
