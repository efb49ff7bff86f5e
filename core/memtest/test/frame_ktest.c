/*
 * core/frame on the machine: all CPUs at once, exhaustion, and the books before and after.
 */
#include <faultinject/faultinject.h>
#include <frame/frame.h>
#include <string/string.h>

#include "storm.h"

#define NR_SLOTS 64
#define NR_STEPS 4000

/* Every frame carries its owner's mark at both ends; a frame handed out twice loses it. */
static void mark(struct frame *f, unsigned order, uint64_t value)
{
    uint64_t *words = frame_to_virt(f);

    words[0] = value;
    words[(PAGE_SIZE << order) / 8 - 1] = value;
}

static bool is_marked(struct frame *f, unsigned order, uint64_t value)
{
    const uint64_t *words = frame_to_virt(f);

    return words[0] == value && words[(PAGE_SIZE << order) / 8 - 1] == value;
}

static void frames_in_a_storm(struct storm *s, struct prng *prng)
{
    struct frame *frames[NR_SLOTS] = {0};
    uint64_t marks[NR_SLOTS];
    uint8_t orders[NR_SLOTS];

    for (unsigned step = 0; step < NR_STEPS; step++) {
        unsigned i = (unsigned)prng_below(prng, NR_SLOTS);

        if (frames[i] == NULL) {
            orders[i] = (uint8_t)(prng_below(prng, 4) ? 0 : prng_below(prng, 5));
            frames[i] = orders[i] ? frame_alloc(orders[i], 0) : frame_alloc(0, 0);
            marks[i] = prng_next(prng);
            if (frames[i] != NULL)
                mark(frames[i], orders[i], marks[i]);
        } else {
            if (!is_marked(frames[i], orders[i], marks[i]))
                storm_error(s);
            if (orders[i])
                frame_free(frames[i], orders[i]);
            else
                frame_free(frames[i], 0);
            frames[i] = NULL;
        }
    }
    for (unsigned i = 0; i < NR_SLOTS; i++) {
        if (frames[i] == NULL)
            continue;
        if (!is_marked(frames[i], orders[i], marks[i]))
            storm_error(s);
        frame_free(frames[i], orders[i]);
    }
}

static uint64_t nr_accounted(void)
{
    struct frame_stats stats;

    frame_stats(&stats);
    return stats.free + stats.meta;
}

KTEST(frame_storm)
{
    struct storm s = {.fn = frames_in_a_storm};
    uint64_t before;

    storm_run(&s); /* the first round may leave thread stacks and magazines behind */
    before = nr_accounted();
    storm_run(&s);
    frame_check();
    KTEST_EXPECT_EQ(nr_accounted(), before);
}

KTEST(frame_books_balance)
{
    struct frame_stats stats;
    uint64_t nr_listed = 0;

    frame_cache_drain();
    frame_stats(&stats);
    for (unsigned order = 0; order < FRAME_NR_ORDERS; order++)
        nr_listed += stats.nr_free[order] << order;
    KTEST_EXPECT_EQ(stats.free, nr_listed + stats.untouched + stats.cached);
    KTEST_EXPECT(stats.free + stats.reserved + stats.meta <= stats.total);
    frame_check();
}

KTEST(frame_largest_blocks)
{
    struct frame *f;

    KTEST_EXPECT(frame_alloc(FRAME_MAX_ORDER + 1, 0) == NULL);
    for (unsigned order = FRAME_MAX_ORDER; order > 9; order--) {
        f = frame_alloc(order, 0);
        if (f == NULL)
            continue;
        KTEST_EXPECT_EQ(frame_to_pfn(f) & ((1ul << order) - 1), 0);
        mark(f, order, order);
        KTEST_EXPECT(is_marked(f, order, order));
        frame_free(f, order);
        break;
    }
    frame_check();
}

KTEST(frame_zeroed)
{
    for (unsigned order = 0; order < 4; order++) {
        struct frame *f = frame_alloc(order, 0);
        const uint64_t *words;
        uint64_t sum = 0;

        KTEST_REQUIRE(f != NULL);
        memset(frame_to_virt(f), 0xff, PAGE_SIZE << order);
        frame_free(f, order);
        f = frame_alloc(order, FRAME_ZERO);
        KTEST_REQUIRE(f != NULL);
        words = frame_to_virt(f);
        for (size_t i = 0; i < (PAGE_SIZE << order) / 8; i++)
            sum |= words[i];
        KTEST_EXPECT_EQ(sum, 0);
        frame_free(f, order);
    }
}

KTEST(frame_failure_injected)
{
#ifdef DEBUG
    uint64_t hits = alloc_fail_hits();

    alloc_fail_set(1);
    KTEST_EXPECT(frame_alloc(0, 0) == NULL);
    KTEST_EXPECT_EQ(alloc_fail_hits(), hits + 1);
    alloc_fail_set(0);
#else
    KTEST_SKIP("only DEBUG builds inject failures");
#endif
}
