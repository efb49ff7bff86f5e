/* core/sched-rr: the conformance suite, the quantum, and the order. */
#include "../../sched/test/policy_suite.h"

#define QUANTUM (SCHED_RR_QUANTUM_MS * TICKS_PER_MS)

static void test_each_runs_a_quantum_in_turn(void **state)
{
    struct subject s[4];
    struct simulation sim;

    (void)state;
    simulation_init(&sim);
    for (int i = 0; i < 4; i++) {
        subject_init(&s[i], 0);
        simulation_wake(&sim, &s[i], SCHED_NEW);
    }
    for (int turn = 0; turn < 40; turn++) {
        assert_ptr_equal(sim.current, &s[turn % 4]);
        simulation_run(&sim, sim.now + QUANTUM);
    }
    for (int i = 0; i < 4; i++) {
        assert_int_equal(s[i].run_ticks, 10 * QUANTUM);
        assert_true(s[i].longest_wait <= 3 * QUANTUM);
    }
}

static void test_an_interruption_does_not_cost_the_turn(void **state)
{
    struct subject a, b;
    struct simulation sim;

    (void)state;
    simulation_init(&sim);
    subject_init(&a, 0);
    subject_init(&b, 0);
    simulation_wake(&sim, &a, SCHED_NEW);
    simulation_wake(&sim, &b, SCHED_NEW);
    for (int i = 0; i < 9; i++) {
        simulation_run(&sim, sim.now + QUANTUM / 10);
        simulation_switch(&sim, SCHED_PREEMPT);
        assert_ptr_equal(sim.current, &a);
    }
    simulation_run(&sim, sim.now + QUANTUM / 10);
    assert_ptr_equal(sim.current, &b);
}

static void test_a_yield_gives_up_the_rest(void **state)
{
    struct subject a, b;
    struct simulation sim;

    (void)state;
    simulation_init(&sim);
    subject_init(&a, 0);
    subject_init(&b, 0);
    simulation_wake(&sim, &a, SCHED_NEW);
    simulation_wake(&sim, &b, SCHED_NEW);
    simulation_run(&sim, QUANTUM / 2);
    simulation_switch(&sim, SCHED_YIELD);
    simulation_switch(&sim, SCHED_YIELD);
    assert_ptr_equal(sim.current, &a);
    assert_int_equal(sched_slice_ticks(&sim.queue, &a.se), QUANTUM);
}

/* However many are busy: a sleeper waits for the rest of one quantum, and for who woke later. */
static void test_a_sleeper_waits_for_one_quantum(void **state)
{
    struct subject busy[8], sleepers[2];
    struct simulation sim;

    (void)state;
    simulation_init(&sim);
    for (int i = 0; i < 8; i++) {
        subject_init(&busy[i], 0);
        simulation_wake(&sim, &busy[i], SCHED_NEW);
    }
    subject_init(&sleepers[0], 0);
    subject_init(&sleepers[1], 0);
    for (int i = 0; i < 20; i++) {
        simulation_run(&sim, sim.now + 3 * QUANTUM / 2);
        simulation_wake(&sim, &sleepers[1], SCHED_WAKE);
        simulation_wake(&sim, &sleepers[0], SCHED_WAKE);
        while (sim.current != &sleepers[0])
            simulation_run(&sim, sim.now + 1);
        simulation_run(&sim, sim.now + 10);
        simulation_block(&sim);
        assert_ptr_equal(sim.current, &sleepers[1]);
        simulation_run(&sim, sim.now + 10);
        simulation_block(&sim);
    }
    assert_true(sleepers[0].longest_wait <= QUANTUM);
    assert_true(sleepers[1].longest_wait <= QUANTUM + 10);
}

/* Sleeping does not renew a quantum: two that wake each other do not shut the third out. */
static void test_waking_each_other_earns_no_monopoly(void **state)
{
    struct subject a, b, busy;
    struct simulation sim;

    (void)state;
    simulation_init(&sim);
    subject_init(&a, 0);
    subject_init(&b, 0);
    subject_init(&busy, 0);
    simulation_wake(&sim, &a, SCHED_NEW);
    simulation_wake(&sim, &busy, SCHED_NEW);
    for (int i = 0; i < 1000; i++) {
        struct subject *asleep = a.place == OUTSIDE ? &a : &b;

        simulation_run(&sim, sim.now + QUANTUM / 10);
        if (sim.current != &busy) {
            simulation_wake(&sim, asleep, SCHED_WAKE);
            simulation_block(&sim);
        }
    }
    assert_true(busy.longest_wait <= 3 * QUANTUM);
    assert_true(busy.run_ticks >= 1000 * QUANTUM / 10 / 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        POLICY_SUITE,
        cmocka_unit_test(test_each_runs_a_quantum_in_turn),
        cmocka_unit_test(test_an_interruption_does_not_cost_the_turn),
        cmocka_unit_test(test_a_yield_gives_up_the_rest),
        cmocka_unit_test(test_a_sleeper_waits_for_one_quantum),
        cmocka_unit_test(test_waking_each_other_earns_no_monopoly),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
