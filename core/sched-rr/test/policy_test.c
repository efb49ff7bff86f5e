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

int main(void)
{
    const struct CMUnitTest tests[] = {
        POLICY_SUITE,
        cmocka_unit_test(test_each_runs_a_quantum_in_turn),
        cmocka_unit_test(test_an_interruption_does_not_cost_the_turn),
        cmocka_unit_test(test_a_yield_gives_up_the_rest),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
