/*
 * Runs one function on several threads, pinned to the CPUs in turn, and waits for all of them.
 */
#ifndef MEMTEST_STORM_H
#define MEMTEST_STORM_H

#include <ktest/ktest.h>
#include <percpu/percpu.h>
#include <prng/prng.h>
#include <thread/thread.h>

#define STORM_THREADS 8

struct storm {
    void (*fn)(struct storm *s, struct prng *prng);
    uint32_t next_seed; /* [a] */
    uint32_t nr_errors; /* [a] */
};

static inline void storm_error(struct storm *s)
{
    __atomic_fetch_add(&s->nr_errors, 1, __ATOMIC_RELAXED);
}

static inline void storm_thread(void *arg)
{
    struct storm *s = arg;
    struct prng prng;

    prng_init(&prng, __atomic_add_fetch(&s->next_seed, 1, __ATOMIC_RELAXED));
    s->fn(s, &prng);
}

static inline void storm_run(struct storm *s)
{
    struct thread *threads[STORM_THREADS];
    unsigned nr = 0;

    for (; nr < STORM_THREADS; nr++) {
        struct thread_attr attr = {.affinity = nr % 2 ? 0 : 1ull << nr / 2 % cpu_count()};

        if (attr.affinity != 0 && !cpu_is_online(nr / 2 % cpu_count()))
            attr.affinity = 0;
        threads[nr] = thread_create(storm_thread, s, "storm", &attr);
        if (!KTEST_EXPECT(threads[nr] != NULL))
            break;
    }
    while (nr > 0)
        thread_join(threads[--nr]);
    KTEST_EXPECT_EQ(s->nr_errors, 0);
}

#endif
