/*
 * The cost of memory, in instructions: the random walk over the heap that was built in, hot pairs
 * of slab objects and frames, and the worst single TLSF operation over many, for several heap
 * sizes.
 *
 * The cost of the measuring loop (the same loop around nothing) is subtracted everywhere.
 */
#include <app/app.h>
#include <arch/cpu.h>
#include <console/console.h>
#include <frame/frame.h>
#include <heap/heap.h>
#include <percpu/percpu.h>
#include <printf/printf.h>
#include <slab/slab.h>

#include "bench.h"

#define NR_PAIRS 10000

static uint64_t random_state = 0x853c49e6748fea9bull;
static uint16_t sizes[2048];

uint64_t bench_random(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}

/* sizes[k] = 16 * 2^(k/256), in 24.40 fixed point; 2^(1/256) = 1 + 11644838 / 2^32. */
void sizes_init(void)
{
    uint64_t size = 16ull << 40;

    for (size_t k = 0; k < ARRAY_SIZE(sizes); k++) {
        sizes[k] = (uint16_t)(size >> 40);
        size += (size >> 16) * 11644838 >> 16;
    }
}

size_t size_of(uint64_t number)
{
    return sizes[number % ARRAY_SIZE(sizes)];
}

size_t size_random(void)
{
    return size_of(bench_random());
}

size_t size_random_up_to(size_t max)
{
    unsigned nr_octaves = 0;
    size_t size;

    while (16ul << (nr_octaves + 1) <= max)
        nr_octaves++;
    size = 16ul << bench_random() % nr_octaves;
    return size + bench_random() % size;
}

void bench_print_unit(const char *name, uint64_t hundredths, const char *unit)
{
    char line[100];
    int n = snprintf(line, sizeof(line), "BENCH %s %lu.%02lu %s\n", name,
                     (unsigned long)(hundredths / 100), (unsigned long)(hundredths % 100), unit);

    console_write(line, (size_t)n);
}

void bench_print(const char *name, uint64_t value, uint64_t hundredths)
{
    bench_print_unit(name, value * 100 + hundredths, "instructions");
}

void bench_print_mean(const char *name, uint64_t total, uint64_t nr)
{
    bench_print(name, total / nr, total % nr * 100 / nr);
}

static uint64_t pairs_of_nothing(void)
{
    uint64_t start = arch_instret();

    for (size_t i = 0; i < NR_PAIRS; i++)
        __asm__ volatile("" ::: "memory");
    return arch_instret() - start;
}

static void bench_frame(void)
{
    uint64_t overhead = pairs_of_nothing(), start;

    frame_free(frame_alloc(0, 0), 0);
    start = arch_instret();
    for (size_t i = 0; i < NR_PAIRS; i++) {
        struct frame *f = frame_alloc(0, 0);

        __asm__ volatile("" : "+r"(f)::"memory");
        frame_free(f, 0);
    }
    bench_print_mean("frame-pair", arch_instret() - start - overhead, NR_PAIRS);
}

static void bench_slab(void)
{
    struct slab_cache *cache = slab_cache_create("bench", 64, 0, NULL);
    uint64_t overhead = pairs_of_nothing(), start;

    slab_free(cache, slab_alloc(cache));
    start = arch_instret();
    for (size_t i = 0; i < NR_PAIRS; i++) {
        void *p = slab_alloc(cache);

        __asm__ volatile("" : "+r"(p)::"memory");
        slab_free(cache, p);
    }
    bench_print_mean("slab-pair", arch_instret() - start - overhead, NR_PAIRS);
    slab_cache_destroy(cache);
}

static void bench_heap_pair(void)
{
    uint64_t overhead = pairs_of_nothing(), start;

    heap_free(heap_alloc(64));
    start = arch_instret();
    for (size_t i = 0; i < NR_PAIRS; i++)
        heap_free(heap_alloc(64));
    bench_print_mean("heap-pair", arch_instret() - start - overhead, NR_PAIRS);
}

/* A string that grows to 1 MiB, byte by byte, by 64 bytes whenever it is full; the loop that stores
 * them included. */
static void bench_builder(void)
{
    struct heap_stats stats;
    uint64_t start = arch_instret(), total;
    size_t size = 0;
    char *p = NULL;
    char name[40];

    while (size < MIB(1)) {
        char *bigger = heap_realloc(p, size + 64);

        if (!bigger)
            return;
        p = bigger;
        for (unsigned i = 0; i < 64; i++) {
            p[size++] = 'x';
            __asm__ volatile("" ::: "memory");
        }
    }
    total = arch_instret() - start;
    heap_free(p);
    heap_stats(&stats);
    snprintf(name, sizeof(name), "string-builder-%s", stats.provider);
    bench_print_mean(name, total, size);
}

/* On several harts by wall clock, on one by instructions. */
int app_main(void)
{
    sizes_init();
    if (cpu_count() > 1) {
        bench_harts();
        return 0;
    }
    bench_frame();
    bench_slab();
    bench_heap_pair();
    bench_builder();
    bench_walk();
    bench_tail();
    bench_worst();
    return 0;
}
