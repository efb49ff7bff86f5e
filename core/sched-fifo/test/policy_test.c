/* core/sched-fifo: the conformance suite, and the order that gives it its name. */
#include "../../sched/test/policy_suite.h"

static void test_runs_in_order_of_arrival_to_the_end(void **state)
{
    struct subject s[5];
    struct simulation sim;

    (void)state;
    simulation_init(&sim);
    for (int i = 0; i < 5; i++) {
        subject_init(&s[i], i);
        simulation_wake(&sim, &s[i], SCHED_NEW);
    }
    for (int i = 0; i < 5; i++) {
        assert_ptr_equal(sim.current, &s[i]);
        simulation_run(&sim, sim.now + TICKS_PER_SECOND);
        simulation_switch(&sim, SCHED_PREEMPT); /* even when asked to */
        assert_ptr_equal(sim.current, &s[i]);
        simulation_block(&sim);
    }
    assert_null(sim.current);
    assert_int_equal(sched_slice_ticks(&sim.queue, &s[0].se), UINT64_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        POLICY_SUITE,
        cmocka_unit_test(test_runs_in_order_of_arrival_to_the_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
