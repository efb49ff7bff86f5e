/*
 * The conformance suite of the contract `sched-policy`: what every provider keeps, whatever its
 * idea of order. Included by each provider's policy_test.c. And a simulated CPU, on which the
 * providers' own tests measure shares and latencies.
 */
#ifndef SCHED_TEST_POLICY_SUITE_H
#define SCHED_TEST_POLICY_SUITE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <prng/prng.h>
#include <sched/sched.h>

#define TICKS_PER_SECOND 10000000ull /* as QEMU's */
#define TICKS_PER_MS     (TICKS_PER_SECOND / 1000)

#define NR_ENTITIES 24

enum place {
    OUTSIDE,
    QUEUED,
    CURRENT,
};

struct subject {
    struct sched_entity se;
    enum place place;
    uint64_t run_ticks;
    uint64_t waited_since;
    uint64_t longest_wait;
    uint32_t nr_chosen;
};

/* One CPU that runs subjects as core/thread would. */
struct simulation {
    struct sched_queue queue;
    struct subject *current;
    uint64_t now;
    bool need_resched;
};

static inline struct subject *subject_of(struct sched_entity *e)
{
    return e ? container_of(e, struct subject, se) : NULL;
}

static inline void simulation_init(struct simulation *sim)
{
    sched_policy_init(TICKS_PER_SECOND);
    sched_queue_init(&sim->queue);
    sim->current = NULL;
    sim->now = 0;
    sim->need_resched = false;
}

static inline void subject_init(struct subject *s, int nice)
{
    *s = (struct subject){.place = OUTSIDE};
    sched_entity_init(&s->se, nice);
}

/* The current one leaves in the way given, or is gone (NULL) already; the next is chosen. */
static inline void simulation_switch(struct simulation *sim, enum sched_put_reason why)
{
    struct subject *prev = sim->current;
    struct subject *next = subject_of(sched_next(&sim->queue, prev ? &prev->se : NULL, why));

    sim->need_resched = false;
    if (prev && prev != next) {
        prev->place = QUEUED;
        prev->waited_since = sim->now;
    }
    if (next && next != prev) {
        uint64_t waited = sim->now - next->waited_since;

        assert_int_equal(next->place, QUEUED);
        next->place = CURRENT;
        next->nr_chosen++;
        next->longest_wait = waited > next->longest_wait ? waited : next->longest_wait;
    }
    sim->current = next;
}

static inline void simulation_wake(struct simulation *sim, struct subject *s,
                                   enum sched_enqueue_reason why)
{
    assert_int_equal(s->place, OUTSIDE);
    sched_enqueue(&sim->queue, &s->se, why);
    s->place = QUEUED;
    s->waited_since = sim->now;
    if (!sim->current)
        simulation_switch(sim, SCHED_PREEMPT);
    else if (sched_wake_preempts(&sim->queue, &sim->current->se, &s->se))
        simulation_switch(sim, SCHED_PREEMPT);
}

static inline void simulation_block(struct simulation *sim)
{
    sched_block(&sim->queue, &sim->current->se);
    sim->current->place = OUTSIDE;
    sim->current = NULL;
    simulation_switch(sim, SCHED_PREEMPT);
}

/* Lets time pass until `end`, with slices as core/thread arms them. */
static inline void simulation_run(struct simulation *sim, uint64_t end)
{
    while (sim->now < end && sim->current) {
        uint64_t slice = sched_slice_ticks(&sim->queue, &sim->current->se);
        uint64_t ticks = slice < end - sim->now ? slice : end - sim->now;

        sim->now += ticks;
        sim->current->run_ticks += ticks;
        sched_account(&sim->queue, &sim->current->se, ticks);
        if (sched_slice_over(&sim->queue, &sim->current->se))
            simulation_switch(sim, SCHED_PREEMPT);
        if (ticks == 0 && sim->now < end) /* a policy that hands out empty slices for ever */
            sim->now++;
    }
    sim->now = end;
}

static inline size_t count_queued(struct sched_queue *q, struct subject *subjects)
{
    size_t n = 0;

    for (struct sched_entity *e = sched_first(q); e; e = sched_after(q, e)) {
        assert_int_equal(subject_of(e)->place, QUEUED);
        assert_true(subject_of(e) >= subjects && subject_of(e) < subjects + NR_ENTITIES);
        n++;
        assert_true(n <= NR_ENTITIES);
    }
    return n;
}

/* Random operations against a model that only knows where every entity is. */
static void test_no_entity_is_lost(void **state)
{
    static struct subject subjects[NR_ENTITIES];
    struct simulation sim;
    struct prng prng;

    (void)state;
    prng_init(&prng, 4711);
    simulation_init(&sim);
    for (int i = 0; i < NR_ENTITIES; i++)
        subject_init(&subjects[i], (int)prng_below(&prng, 40) - 20);
    for (int step = 0; step < 100000; step++) {
        struct subject *s = &subjects[prng_below(&prng, NR_ENTITIES)];
        size_t nr_queued = 0;

        switch (prng_below(&prng, 8)) {
        case 0:
        case 1:
            if (s->place == OUTSIDE)
                simulation_wake(&sim, s, s->nr_chosen ? SCHED_WAKE : SCHED_NEW);
            break;
        case 2:
            if (s->place == QUEUED) { /* leaves and comes back, as a migrating thread */
                sched_dequeue(&sim.queue, &s->se);
                s->place = OUTSIDE;
                simulation_wake(&sim, s, SCHED_MIGRATE);
            }
            break;
        case 3:
            if (sim.current)
                simulation_block(&sim);
            break;
        case 4:
            if (sim.current)
                simulation_switch(&sim, SCHED_YIELD);
            break;
        case 5:
            if (s->place != QUEUED)
                sched_entity_set_nice(&s->se, (int)prng_below(&prng, 40) - 20);
            break;
        default:
            simulation_run(&sim, sim.now + prng_below(&prng, 20 * TICKS_PER_MS));
        }
        for (int i = 0; i < NR_ENTITIES; i++)
            nr_queued += subjects[i].place == QUEUED;
        assert_int_equal(count_queued(&sim.queue, subjects), nr_queued);
        assert_true(sim.current || nr_queued == 0);
    }
}

/* Threads that only yield all make progress, and at the same pace when they start as equals. */
static void test_yielding_goes_round(void **state)
{
    static struct subject subjects[NR_ENTITIES];
    struct simulation sim;

    (void)state;
    simulation_init(&sim);
    for (int i = 0; i < NR_ENTITIES; i++) {
        subject_init(&subjects[i], 0);
        simulation_wake(&sim, &subjects[i], SCHED_MIGRATE);
    }
    for (int i = 0; i < 1000 * NR_ENTITIES; i++) {
        sched_account(&sim.queue, &sim.current->se, 3);
        simulation_switch(&sim, SCHED_YIELD);
    }
    for (int i = 0; i < NR_ENTITIES; i++)
        assert_in_range(subjects[i].nr_chosen, 990, 1010);
}

/* A yield hands over even when the other one has had more than its share. */
static void test_yield_gives_way(void **state)
{
    struct subject a, b;
    struct simulation sim;

    (void)state;
    simulation_init(&sim);
    subject_init(&a, 0);
    subject_init(&b, 0);
    simulation_wake(&sim, &a, SCHED_NEW);
    simulation_wake(&sim, &b, SCHED_NEW);
    for (int i = 0; i < 1000; i++) {
        struct subject *before = sim.current;

        sched_account(&sim.queue, &sim.current->se, before == &a ? 1000 : 1);
        simulation_switch(&sim, SCHED_YIELD);
        assert_ptr_not_equal(sim.current, before);
    }
}

static void test_alone_is_left_alone(void **state)
{
    struct subject a;
    struct simulation sim;

    (void)state;
    simulation_init(&sim);
    subject_init(&a, 0);
    simulation_wake(&sim, &a, SCHED_NEW);
    simulation_run(&sim, TICKS_PER_SECOND);
    simulation_switch(&sim, SCHED_PREEMPT);
    assert_ptr_equal(sim.current, &a);
    simulation_switch(&sim, SCHED_YIELD);
    assert_ptr_equal(sim.current, &a);
    simulation_block(&sim);
    assert_null(sim.current);
}

/* The short way of yielding chooses as the long one does. */
static void test_exchange_is_account_and_yield(void **state)
{
    static struct subject subjects[2][3];
    struct simulation sims[2];
    struct prng prng;
    int nr_short = 0;

    (void)state;
    prng_init(&prng, 99);
    for (int k = 0; k < 2; k++) {
        simulation_init(&sims[k]);
        for (int i = 0; i < 3; i++) {
            subject_init(&subjects[k][i], i * 3);
            if (i < 2)
                simulation_wake(&sims[k], &subjects[k][i], SCHED_NEW);
        }
    }
    for (int step = 0; step < 20000; step++) {
        uint64_t ticks = prng_below(&prng, 1000);
        struct subject *prev = sims[0].current;
        struct sched_entity *e = sched_exchange(&sims[0].queue, &prev->se, ticks);

        if (e) {
            nr_short++;
            prev->place = QUEUED;
            subject_of(e)->place = CURRENT;
            sims[0].current = subject_of(e);
        } else {
            sched_account(&sims[0].queue, &prev->se, ticks);
            simulation_switch(&sims[0], SCHED_YIELD);
        }
        sched_account(&sims[1].queue, &sims[1].current->se, ticks);
        simulation_switch(&sims[1], SCHED_YIELD);
        assert_int_equal(sims[0].current - subjects[0], sims[1].current - subjects[1]);
        for (int k = 0; k < 2 && step % 100 == 50; k++) { /* the third comes and goes */
            struct subject *third = &subjects[k][2];

            if (third->place == OUTSIDE) {
                simulation_wake(&sims[k], third, SCHED_WAKE);
            } else if (third->place == QUEUED) {
                sched_dequeue(&sims[k].queue, &third->se);
                third->place = OUTSIDE;
            }
        }
    }
    assert_true(nr_short > 5000);
}

#define POLICY_SUITE                                                                               \
    cmocka_unit_test(test_no_entity_is_lost), cmocka_unit_test(test_yielding_goes_round),          \
        cmocka_unit_test(test_exchange_is_account_and_yield),                                      \
        cmocka_unit_test(test_yield_gives_way), cmocka_unit_test(test_alone_is_left_alone)

#endif
