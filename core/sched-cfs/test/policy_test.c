/* core/sched-cfs: the conformance suite, fairness by weight, latency, and sleepers. */
#include "../../sched/test/policy_suite.h"

#define LATENCY (SCHED_CFS_LATENCY_US * TICKS_PER_MS / 1000)

/*
 * 1024 / 1.25^nice: what the shares are measured against. The table differs from it by up to 4 %.
 */
static double ideal_weight(int nice)
{
    double w = 1024;

    for (; nice > 0; nice--)
        w /= 1.25;
    for (; nice < 0; nice++)
        w *= 1.25;
    return w;
}

static void expect_shares(const int *nices, size_t nr)
{
    struct subject s[NR_ENTITIES];
    struct simulation sim;
    double sum = 0;
    uint64_t duration = 100 * TICKS_PER_SECOND;

    simulation_init(&sim);
    for (size_t i = 0; i < nr; i++) {
        subject_init(&s[i], nices[i]);
        simulation_wake(&sim, &s[i], SCHED_NEW);
        sum += ideal_weight(nices[i]);
    }
    simulation_run(&sim, duration);
    for (size_t i = 0; i < nr; i++) {
        double share = (double)s[i].run_ticks / (double)duration;
        double ideal = ideal_weight(nices[i]) / sum;

        assert_true(share > ideal * 0.94 && share < ideal * 1.06);
    }
}

static void test_shares_follow_weights(void **state)
{
    (void)state;
    expect_shares((const int[]){0, 0}, 2);
    expect_shares((const int[]){0, 1}, 2);
    expect_shares((const int[]){-5, 0, 5}, 3);
    expect_shares((const int[]){-20, -20, -10, 0}, 4);
    expect_shares((const int[]){0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, 16);
    expect_shares((const int[]){3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, -3}, 16);
    expect_shares((const int[]){10, 12, 14, 16, 18, 19}, 6);
}

static void test_latency_is_bounded(void **state)
{
    struct subject s[8];
    struct simulation sim;

    (void)state;
    simulation_init(&sim);
    for (int i = 0; i < 8; i++) {
        subject_init(&s[i], 0);
        simulation_wake(&sim, &s[i], SCHED_NEW);
    }
    simulation_run(&sim, TICKS_PER_SECOND); /* until the newcomers' debits are evened out */
    for (int i = 0; i < 8; i++)
        s[i].longest_wait = 0;
    simulation_run(&sim, 10 * TICKS_PER_SECOND);
    for (int i = 0; i < 8; i++)
        assert_true(s[i].longest_wait <= 2 * LATENCY);
}

/*
 * One that sleeps mostly gets the CPU soon after it wakes up, from threads that compute all the
 * time.
 */
static void test_a_sleeper_runs_soon(void **state)
{
    struct subject busy[3];
    struct subject sleeper;
    struct simulation sim;

    (void)state;
    simulation_init(&sim);
    for (int i = 0; i < 3; i++) {
        subject_init(&busy[i], 0);
        simulation_wake(&sim, &busy[i], SCHED_NEW);
    }
    subject_init(&sleeper, 0);
    simulation_run(&sim, TICKS_PER_SECOND);
    for (int i = 0; i < 100; i++) {
        uint64_t woken;

        simulation_run(&sim, sim.now + 37 * TICKS_PER_MS);
        simulation_wake(&sim, &sleeper, i ? SCHED_WAKE : SCHED_NEW);
        woken = sim.now;
        while (sim.current != &sleeper)
            simulation_run(&sim, sim.now + TICKS_PER_MS / 100);
        if (i)
            assert_true(sim.now - woken <= 2 * TICKS_PER_MS);
        simulation_run(&sim, sim.now + TICKS_PER_MS / 10);
        while (sim.current != &sleeper)
            simulation_run(&sim, sim.now + TICKS_PER_MS / 100);
        simulation_block(&sim);
    }
}

/* But a long sleep saves up no more than the bonus: the other one is not shut out afterwards. */
static void test_a_long_sleep_earns_no_monopoly(void **state)
{
    struct subject a, b;
    struct simulation sim;
    uint64_t before;

    (void)state;
    simulation_init(&sim);
    subject_init(&a, 0);
    subject_init(&b, 0);
    simulation_wake(&sim, &a, SCHED_NEW);
    simulation_block(&sim);
    simulation_wake(&sim, &b, SCHED_NEW);
    simulation_run(&sim, 1000 * TICKS_PER_SECOND);
    before = b.run_ticks;
    simulation_wake(&sim, &a, SCHED_WAKE);
    simulation_run(&sim, sim.now + 20 * LATENCY);
    assert_true(b.run_ticks - before >= 8 * LATENCY);
    assert_true(b.longest_wait <= 2 * LATENCY);
}

/* An entity that runs alone does not pile up a debt towards later ones. */
static void test_running_alone_is_not_punished(void **state)
{
    struct subject a, b;
    struct simulation sim;
    uint64_t before;

    (void)state;
    simulation_init(&sim);
    subject_init(&a, 0);
    subject_init(&b, 0);
    simulation_wake(&sim, &a, SCHED_NEW);
    simulation_run(&sim, 1000 * TICKS_PER_SECOND);
    simulation_block(&sim); /* nobody is left: the queue's time must not stand where a started */
    simulation_wake(&sim, &b, SCHED_NEW);
    simulation_wake(&sim, &a, SCHED_WAKE);
    before = a.run_ticks;
    simulation_run(&sim, sim.now + 20 * LATENCY);
    assert_true(a.run_ticks - before >= 8 * LATENCY);
    assert_true(b.run_ticks >= 8 * LATENCY);
}

/* Yielding all the time saves up nothing either. */
static void test_yields_earn_no_monopoly(void **state)
{
    struct subject a, b;
    struct simulation sim;
    uint64_t before;

    (void)state;
    simulation_init(&sim);
    subject_init(&a, 0);
    subject_init(&b, 0);
    simulation_wake(&sim, &a, SCHED_NEW);
    simulation_wake(&sim, &b, SCHED_NEW);
    for (int i = 0; i < 1000; i++) {
        simulation_run(&sim, sim.now + LATENCY / 2);
        while (sim.current != &b)
            simulation_switch(&sim, SCHED_YIELD);
        sched_account(&sim.queue, &b.se, 1);
        simulation_switch(&sim, SCHED_YIELD);
    }
    before = a.run_ticks;
    simulation_run(&sim, sim.now + 20 * LATENCY);
    assert_true(a.run_ticks - before >= 8 * LATENCY);
}

/* Threads that move to a queue whose virtual time is elsewhere compete there as equals. */
static void test_migration_keeps_the_lag(void **state)
{
    struct subject old, mover, native;
    struct simulation here, there;

    (void)state;
    simulation_init(&here);
    simulation_init(&there);
    there.queue.min_vruntime = 0ull - 12345; /* about to wrap */
    subject_init(&old, 0);
    subject_init(&mover, 0);
    subject_init(&native, 0);
    simulation_wake(&here, &old, SCHED_NEW);
    simulation_wake(&here, &mover, SCHED_NEW);
    simulation_wake(&there, &native, SCHED_NEW);
    simulation_run(&here, TICKS_PER_SECOND);
    simulation_run(&there, 3 * TICKS_PER_SECOND);
    while (here.current != &old)
        simulation_switch(&here, SCHED_YIELD);
    sched_dequeue(&here.queue, &mover.se);
    mover.place = OUTSIDE;
    mover.run_ticks = 0;
    native.run_ticks = 0;
    simulation_wake(&there, &mover, SCHED_MIGRATE);
    simulation_run(&there, there.now + 100 * LATENCY);
    assert_in_range(mover.run_ticks, 45 * LATENCY, 55 * LATENCY);
    assert_in_range(native.run_ticks, 45 * LATENCY, 55 * LATENCY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        POLICY_SUITE,
        cmocka_unit_test(test_shares_follow_weights),
        cmocka_unit_test(test_latency_is_bounded),
        cmocka_unit_test(test_a_sleeper_runs_soon),
        cmocka_unit_test(test_a_long_sleep_earns_no_monopoly),
        cmocka_unit_test(test_running_alone_is_not_punished),
        cmocka_unit_test(test_yields_earn_no_monopoly),
        cmocka_unit_test(test_migration_keeps_the_lag),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
