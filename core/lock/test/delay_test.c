/*
 * core/lock: delays follow from the seed, are as long as they may be and no longer, and none is
 * without a seed. Compiled in here with a clock that runs.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arch/timer.h>
#include <string.h>

static uint64_t now;

#define arch_time()          (now++)
#define lock_delays_set      real_delays_set
#define lock_delay           real_delay
#define lock_delay_wake      real_delay_wake
#define lock_delay_and_yield real_delay_and_yield
#include "../delay.c"

#define NR_POINTS 100000

static uint64_t taken(void (*point)(void))
{
    uint64_t begin = now;

    point();
    return now - begin;
}

static void anew(uint64_t new_seed)
{
    real_delays_set(new_seed);
    memset(states, 0, sizeof(states));
}

static void test_none_without_a_seed(void **state)
{
    (void)state;
    anew(0);
    for (int i = 0; i < NR_POINTS; i++) {
        assert_int_equal(taken(real_delay), 0);
        assert_int_equal(taken(real_delay_wake), 0);
        assert_int_equal(taken(real_delay_and_yield), 0);
    }
}

static void longest_is(void (*point)(void), uint64_t least, uint64_t most)
{
    uint64_t longest = 0;
    int nr = 0;

    anew(7);
    for (int i = 0; i < NR_POINTS; i++) {
        uint64_t ticks = taken(point);

        longest = ticks > longest ? ticks : longest;
        nr += ticks != 0;
    }
    assert_in_range(nr, NR_POINTS / 64, NR_POINTS / 8);
    assert_in_range(longest, least, most);
}

static void test_wake_ups_are_later_than_locks(void **state)
{
    (void)state;
    longest_is(real_delay, 1000, 3010);
    longest_is(real_delay_wake, 10000, 30010);
}

static void test_repeats_with_the_seed(void **state)
{
    static uint64_t first[1000];
    int nr_differ = 0;

    (void)state;
    for (int round = 0; round < 3; round++) {
        anew(round < 2 ? 7 : 8);
        for (int i = 0; i < 1000; i++) {
            uint64_t ticks = taken(real_delay_wake);

            if (round == 0)
                first[i] = ticks;
            else if (round == 1)
                assert_int_equal(ticks, first[i]);
            nr_differ += ticks != first[i];
        }
    }
    assert_true(nr_differ > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_none_without_a_seed),
        cmocka_unit_test(test_wake_ups_are_later_than_locks),
        cmocka_unit_test(test_repeats_with_the_seed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
