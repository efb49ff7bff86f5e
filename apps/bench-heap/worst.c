/*
 * The worst single TLSF operation: allocations and frees of sizes up to a 256th of the pool, and of
 * 4 KiB at least (below 1 KiB a class is one shift: a pool that is asked for nothing larger would
 * look cheaper than the others), the pool mostly full so that every path is taken (splits, merges
 * on both sides, searches that fail), each operation measured alone. On core/tlsf with one pool of
 * the given size: what is bounded is the algorithm; a heap that fetches a pool from the frame
 * allocator pays for that besides.
 */
#include <arch/cpu.h>
#include <frame/frame.h>
#include <heap/heap.h>
#include <printf/printf.h>
#include <string/string.h>
#include <tlsf/tlsf.h>
#include <tlsf/inline.h>

#include "bench.h"

#define NR_SLOTS 4096
#define NR_STEPS 10000000 /* for each pool size */

static struct tlsf heap;
static void *slots[NR_SLOTS];

/* Instructions that reading the counter twice costs. */
static uint64_t counter_cost(void)
{
    uint64_t start = arch_instret();

    return arch_instret() - start;
}

static void worst_of(size_t pool_size)
{
    struct frame *f = frame_alloc_contig(pool_size >> PAGE_SHIFT, 1, 0);
    uint64_t overhead = counter_cost(), worst = 0, total = 0;
    char name[40];

    if (!f)
        return;
    tlsf_init(&heap);
    tlsf_pool_add(&heap, frame_to_virt(f), pool_size);
    for (size_t i = 0; i < NR_SLOTS; i++)
        slots[i] = NULL;
    for (size_t i = 0; i < NR_STEPS; i++) {
        void **slot = &slots[bench_random() % NR_SLOTS];
        void *p = *slot;
        uint64_t start, cost;

        if (!p) {
            size_t size = size_random_up_to(MAX(pool_size / 256, KIB(4)));

            start = arch_instret();
            p = tlsf_alloc(&heap, size);
            cost = arch_instret() - start;
            *slot = p;
        } else {
            start = arch_instret();
            tlsf_free(&heap, p);
            cost = arch_instret() - start;
            *slot = NULL;
        }
        total += cost - overhead;
        if (cost - overhead > worst)
            worst = cost - overhead;
    }
    snprintf(name, sizeof(name), "tlsf-worst-%luk", (unsigned long)(pool_size >> 10));
    bench_print(name, worst, 0);
    snprintf(name, sizeof(name), "tlsf-mean-%luk", (unsigned long)(pool_size >> 10));
    bench_print_mean(name, total, NR_STEPS);
    frame_free_contig(f, pool_size >> PAGE_SHIFT);
}

/* Once, in the image whose heap is TLSF: the other heaps have no part in it. */
void bench_worst(void)
{
    struct heap_stats stats;

    heap_stats(&stats);
    if (strcmp(stats.provider, "tlsf") != 0)
        return;
    worst_of(KIB(64));
    worst_of(MIB(1));
    worst_of(MIB(16));
    worst_of(MIB(128));
    worst_of(GIB(1));
}
