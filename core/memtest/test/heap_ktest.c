/*
 * The heap that was linked in, and core/slab, on the machine: all CPUs at once, blocks freed by
 * another thread than the one that allocated them, or resized, and timer interrupts that allocate
 * in between.
 */
#include <frame/frame.h>
#include <heap/heap.h>
#include <slab/slab.h>
#include <string/string.h>
#include <thread/thread.h>
#include <time/time.h>

#include "storm.h"

#define NR_SLOTS   256
#define NR_STEPS   1000
#define NR_SHELVES 64

struct block {
    uint64_t size;
    uint64_t mark;
};

/* Blocks handed from thread to thread. */
static struct block *shelves[NR_SHELVES]; /* [a] */

static void block_mark(struct block *b, uint64_t size)
{
    memset(b, (int)(uint8_t)size, size);
    b->size = size;
    b->mark = ~size;
}

static struct block *block_new(struct prng *prng)
{
    uint64_t size = sizeof(struct block) + prng_below(prng, 16ull << prng_below(prng, 10));
    struct block *b = heap_alloc(size);

    if (b == NULL)
        return NULL;
    block_mark(b, size);
    return b;
}

static bool block_is_whole(const struct block *b)
{
    const uint8_t *bytes = (const uint8_t *)b;

    if (b->mark != ~b->size)
        return false;
    for (uint64_t i = sizeof(*b); i < b->size; i++)
        if (bytes[i] != (uint8_t)b->size)
            return false;
    return true;
}

/* A little larger, any smaller size, or two and a half times as large, up to 150 KiB. */
static struct block *block_resize(struct storm *s, struct block *b, struct prng *prng)
{
    uint64_t old = b->size, size = old + prng_below(prng, 100);
    struct block *moved;

    if (prng_below(prng, 4) == 0)
        size = sizeof(*b) + prng_below(prng, old);
    else if (prng_below(prng, 4) == 0 && old < KIB(60))
        size = old * 5 / 2;
    moved = heap_realloc(b, size);
    if (moved == NULL)
        return b;
    moved->size = MIN(old, size);
    if (moved->mark != ~old || heap_usable_size(moved) < size)
        storm_error(s);
    for (uint64_t i = sizeof(*b); i < moved->size; i++)
        if (((uint8_t *)moved)[i] != (uint8_t)old)
            storm_error(s);
    block_mark(moved, size);
    return moved;
}

static void block_end(struct storm *s, struct block *b)
{
    if (b == NULL)
        return;
    if (!block_is_whole(b))
        storm_error(s);
    heap_free(b);
}

static void blocks_in_a_storm(struct storm *s, struct prng *prng)
{
    for (unsigned step = 0; step < NR_STEPS; step++) {
        struct block *b = prng_below(prng, 3) ? block_new(prng) : NULL;

        b = __atomic_exchange_n(&shelves[prng_below(prng, NR_SHELVES)], b, __ATOMIC_ACQ_REL);
        if (b != NULL && prng_below(prng, 2)) {
            b = block_resize(s, b, prng);
            b = __atomic_exchange_n(&shelves[prng_below(prng, NR_SHELVES)], b, __ATOMIC_ACQ_REL);
        }
        block_end(s, b);
    }
}

KTEST(heap_storm)
{
    struct storm s = {.fn = blocks_in_a_storm};

    storm_run(&s);
    for (unsigned i = 0; i < NR_SHELVES; i++) {
        block_end(&s, shelves[i]);
        shelves[i] = NULL;
    }
    KTEST_EXPECT_EQ(s.nr_errors, 0);
    heap_check();
    frame_check();
}

static struct timer alarm;
static struct storm *alarm_storm;
static uint32_t nr_alarms;   /* [a] */
static bool alarm_continues; /* [a] */

static void on_alarm(struct timer *timer)
{
    static struct prng prng = {{1, 2, 3, 4}};
    struct block *b = block_new(&prng);

    block_end(alarm_storm, b);
    __atomic_fetch_add(&nr_alarms, 1, __ATOMIC_RELAXED);
    if (__atomic_load_n(&alarm_continues, __ATOMIC_RELAXED))
        timer_arm(timer, time_deadline_ns(200 * NS_PER_USEC));
}

KTEST(heap_in_interrupts)
{
    struct storm s = {.fn = blocks_in_a_storm};

    alarm_storm = &s;
    timer_init(&alarm, on_alarm);
    __atomic_store_n(&alarm_continues, true, __ATOMIC_RELAXED);
    timer_arm(&alarm, time_deadline_ns(200 * NS_PER_USEC));
    storm_run(&s);
    for (int i = 0; i < 60000 && __atomic_load_n(&nr_alarms, __ATOMIC_RELAXED) == 0; i++)
        thread_sleep_ns(NS_PER_MSEC);
    __atomic_store_n(&alarm_continues, false, __ATOMIC_RELAXED);
    timer_cancel_sync(&alarm);
    KTEST_EXPECT(nr_alarms > 0);
    for (unsigned i = 0; i < NR_SHELVES; i++) {
        block_end(&s, shelves[i]);
        shelves[i] = NULL;
    }
    KTEST_EXPECT_EQ(s.nr_errors, 0);
    heap_check();
}

/* Takes all memory, in large pieces and then in small ones, and gives it back: the heap still
 * works. */
KTEST(heap_exhaustion)
{
    struct chain {
        struct chain *next;
    } *first = NULL;
    size_t nr = 0;

    for (size_t size = MIB(64); size >= 64; size /= 8) {
        struct chain *c;

        while ((c = heap_alloc(size)) != NULL) {
            c->next = first;
            first = c;
            nr++;
        }
    }
    KTEST_EXPECT(nr > 0);
    KTEST_EXPECT(heap_alloc(MIB(1)) == NULL);
    while (first != NULL) {
        struct chain *next = first->next;

        heap_free(first);
        first = next;
    }
    heap_shrink();
    first = heap_alloc(MIB(1));
    KTEST_EXPECT(first != NULL);
    heap_free(first);
    heap_check();
    frame_check();
}

static struct slab_cache *storm_cache;
static void *slab_shelves[NR_SHELVES]; /* [a] */

static void objects_in_a_storm(struct storm *s, struct prng *prng)
{
    for (unsigned step = 0; step < NR_STEPS; step++) {
        uint64_t *o = NULL;

        if (prng_below(prng, 3)) {
            o = slab_alloc(storm_cache);
            if (o != NULL)
                o[0] = o[11] = prng_next(prng);
        }
        o = __atomic_exchange_n(&slab_shelves[prng_below(prng, NR_SHELVES)], o, __ATOMIC_ACQ_REL);
        if (o == NULL)
            continue;
        if (o[0] != o[11])
            storm_error(s);
        slab_free(storm_cache, o);
        if (step % 512 == 0)
            slab_cache_shrink(storm_cache);
    }
}

KTEST(slab_storm)
{
    struct storm s = {.fn = objects_in_a_storm};
    struct slab_cache_stats stats;

    storm_cache = slab_cache_create("storm", 96, 0, NULL);
    KTEST_REQUIRE(storm_cache != NULL);
    storm_run(&s);
    for (unsigned i = 0; i < NR_SHELVES; i++) {
        if (slab_shelves[i] != NULL)
            slab_free(storm_cache, slab_shelves[i]);
        slab_shelves[i] = NULL;
    }
    slab_cache_check(storm_cache);
    slab_cache_stats(storm_cache, &stats);
    KTEST_EXPECT_EQ(stats.nr_objects, 0);
    slab_cache_destroy(storm_cache);
    frame_check();
}
