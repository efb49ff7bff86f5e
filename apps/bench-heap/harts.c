/*
 * Throughput by wall clock: as many threads as harts, one on each, that walk at random over slots
 * of their own for a fixed time; on one hart, on two, and so on up to all. A figure is the
 * nanoseconds that an operation takes all harts together. It holds for this machine under this load
 * and no other, and says nothing where the emulator counts instructions.
 */
#include <frame/frame.h>
#include <heap/heap.h>
#include <percpu/percpu.h>
#include <printf/printf.h>
#include <thread/thread.h>
#include <time/time.h>

#include "bench.h"

#define NR_SLOTS    256
#define DURATION_NS (NS_PER_SEC / 2)
#define MAX_HARTS   8

struct walker {
    void *slots[NR_SLOTS];
    uint64_t random;
    uint64_t nr_steps;
    void (*step)(struct walker *w, void **slot, uint64_t random);
    struct thread *thread;
};

static struct walker walkers[MAX_HARTS];

static void heap_step(struct walker *w, void **slot, uint64_t random)
{
    (void)w;
    if (!*slot) {
        *slot = heap_alloc(size_of(random >> 32));
    } else {
        heap_free(*slot);
        *slot = NULL;
    }
}

static void frame_step(struct walker *w, void **slot, uint64_t random)
{
    (void)random;
    if (!*slot) {
        *slot = frame_alloc((unsigned)(slot - w->slots) % 3 + 1, 0);
    } else {
        frame_free(*slot, (unsigned)(slot - w->slots) % 3 + 1);
        *slot = NULL;
    }
}

static void walk(void *arg)
{
    struct walker *w = arg;
    uint64_t end = time_now_ns() + DURATION_NS;

    while (time_now_ns() < end) {
        for (unsigned i = 0; i < 100; i++) {
            w->random ^= w->random << 13;
            w->random ^= w->random >> 7;
            w->random ^= w->random << 17;
            w->step(w, &w->slots[w->random % NR_SLOTS], w->random);
        }
        w->nr_steps += 100;
    }
}

/* Takes back what the walk left in the slots. */
static void tidy(struct walker *w)
{
    for (void **slot = w->slots; slot < w->slots + NR_SLOTS; slot++)
        if (*slot)
            w->step(w, slot, 0);
}

static void bench_on(unsigned nr_harts, const char *what,
                     void (*step)(struct walker *w, void **slot, uint64_t random))
{
    uint64_t nr_steps = 0;
    char name[40];

    for (unsigned i = 0; i < nr_harts; i++) {
        struct thread_attr attr = {.affinity = BIT(i)};

        walkers[i] = (struct walker){.random = i + 1, .step = step};
        walkers[i].thread = thread_create(walk, &walkers[i], "walker", &attr);
    }
    for (unsigned i = 0; i < nr_harts; i++) {
        if (walkers[i].thread)
            thread_join(walkers[i].thread);
        nr_steps += walkers[i].nr_steps;
        tidy(&walkers[i]);
    }
    snprintf(name, sizeof(name), "%s.wall.%u-harts", what, nr_harts);
    bench_print_unit(name, DURATION_NS * 100 / MAX(nr_steps, 1ul), "ns");
}

void bench_harts(void)
{
    struct heap_stats stats;
    char name[40];

    heap_stats(&stats);
    snprintf(name, sizeof(name), "heap-walk-%s", stats.provider);
    for (unsigned nr = 1; nr <= MIN(cpu_count(), MAX_HARTS + 0u); nr *= 2) {
        bench_on(nr, name, heap_step);
        bench_on(nr, "frame-walk", frame_step);
    }
}
