/*
 * POSIX timers: intervals and how many of them went by, setting at a moment, off and anew.
 */
#include "timers.h"

/* ---- intervals ---- */

static void each_interval_is_told(void **state)
{
    int id = create(RT);

    set(id, SEC, 250 * MSEC);
    pass(SEC);
    for (unsigned i = 0; i < 10; i++) {
        assert_expired(id, RT, 0);
        assert_left(id, 250 * MSEC, 250 * MSEC);
        assert_true(takes_none());
        pass(250 * MSEC);
    }
}

static void intervals_that_went_by_are_counted(void **state)
{
    int id = create(RT);

    set(id, SEC, SEC);
    pass(4 * SEC + 300 * MSEC); /* at 1, 2, 3, 4 */
    assert_left(id, 700 * MSEC, SEC);
    assert_expired(id, RT, 3);
    assert_true(takes_none());
    pass(700 * MSEC);
    assert_expired(id, RT, 0);
    set(id, SEC, 1);
    pass(11 * SEC);
    assert_expired(id, RT, INT32_MAX); /* as many as there is room for */
}

static void the_shortest_interval_waits_to_be_taken(void **state)
{
    uint64_t nr_before = time_nr_interrupts(0);
    int id = create(RT);

    set(id, 1, 1);
    pass(SEC);
    assert_true(time_nr_interrupts(0) - nr_before <= 20);
    assert_expired(id, RT, SEC - 1);
}

static void a_lost_signal_is_not_the_end(void **state)
{
    int id = create(RT);

    set(id, MSEC, MSEC);
    pass(2 * MSEC);
    pending_flush(&me->pending, SIGSET(RT));
    pass(200 * MSEC);
    assert_true(takes(RT));
}

/* It is told of from when it is heard again. */
static void ignored_meanwhile(void **state)
{
    int id = create(SIGUSR1);

    me->actions[SIGUSR1 - 1].handler = SIG_IGN;
    set(id, SEC, SEC);
    pass(5 * SEC);
    me->actions[SIGUSR1 - 1].handler = HANDLER;
    assert_true(takes_none());
    pass(SEC);
    assert_expired(id, SIGUSR1, 0);
}

/* More signals wait than the user may have: it goes on when there is room. */
static void no_room_for_the_signal(void **state)
{
    int id = create(RT);

    me->limits[RLIMIT_SIGPENDING].cur = 0;
    set(id, SEC, SEC);
    pass(3 * SEC);
    assert_true(takes_none());
    me->limits[RLIMIT_SIGPENDING].cur = 100;
    pass(SEC);
    assert_true(takes(RT));
}

/* ---- setting ---- */

static void at_a_moment(void **state)
{
    int id = create(RT), real = (int)create_event(CLOCK_REALTIME, SIGEV_SIGNAL, RT + 1, 0, 0);

    assert_int_equal(set_at(id, TIMER_ABSTIME, 103 * SEC, 0), 0); /* it is 100 now, and 1000 */
    assert_int_equal(set_at(real, TIMER_ABSTIME, 1002 * SEC, 0), 0);
    assert_left(id, 3 * SEC, 0);
    assert_left(real, 2 * SEC, 0);
    pass(2 * SEC);
    assert_expired(real, RT + 1, 0);
    pass(SEC);
    assert_expired(id, RT, 0);
    assert_int_equal(set_at(id, TIMER_ABSTIME, 50 * SEC, 0), 0); /* it has passed: at once */
    assert_int_equal(set_at(real, TIMER_ABSTIME, 50 * SEC, 0), 0);
    pass(0);
    assert_expired(id, RT, 0);
    assert_expired(real, RT + 1, 0);
}

/* From a moment that has passed the intervals count. */
static void intervals_from_the_past(void **state)
{
    int id = create(RT);

    assert_int_equal(set_at(id, TIMER_ABSTIME, 90 * SEC, 3 * SEC), 0);
    pass(0);
    assert_expired(id, RT, 3); /* 90, and 93, 96, 99 */
    assert_left(id, 2 * SEC, 3 * SEC);
}

static void it_tells_what_it_was_set_to(void **state)
{
    struct linux_itimerspec new = {{0, 0}, {0, 0}}, old;
    int id = create(RT);

    set(id, 5 * SEC, SEC);
    pass(2 * SEC);
    assert_int_equal(sys_timer_settime(id, 0, USER(&new), USER(&old)), 0);
    assert_int_equal(to_ns(old.it_value), 3 * SEC);
    assert_int_equal(to_ns(old.it_interval), SEC);
    assert_int_equal(sys_timer_settime(id, 0, USER(&new), BAD_ADDRESS), -EFAULT);
    assert_int_equal(sys_timer_settime(id, 0, USER(&new), USER(&old)), 0);
    assert_int_equal(to_ns(old.it_value), 0);
}

static void turned_off(void **state)
{
    int id = create(RT);

    set(id, SEC, SEC);
    pass(2 * SEC);
    set(id, 0, SEC);
    assert_left(id, 0, 0);  /* without a value the interval does not count */
    assert_true(takes(RT)); /* what was pending stays so, and starts nothing */
    pass(10 * SEC);
    assert_true(takes_none());
    assert_true(time_next_deadline() == TIME_NEVER);
}

static void set_anew_it_forgets_its_overruns(void **state)
{
    int id = create(RT);

    set(id, SEC, SEC);
    pass(4 * SEC);
    assert_expired(id, RT, 3);
    set(id, 10 * SEC, 0);
    assert_int_equal(sys_timer_getoverrun(id), 0);
}

static void for_ever(void **state)
{
    struct linux_itimerspec t = {{INT64_MAX, 0}, {INT64_MAX, 999999999}};
    int id = create(RT);

    assert_int_equal(sys_timer_settime(id, 0, USER(&t), 0), 0);
    pass(1000 * SEC);
    assert_true(takes_none());
    assert_int_equal(sys_timer_settime(id, TIMER_ABSTIME, USER(&t), USER(&t)), 0);
    assert_true(t.it_value.tv_sec > 9000000000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TIMER_TEST(each_interval_is_told),
        TIMER_TEST(intervals_that_went_by_are_counted),
        TIMER_TEST(the_shortest_interval_waits_to_be_taken),
        TIMER_TEST(a_lost_signal_is_not_the_end),
        TIMER_TEST(ignored_meanwhile),
        TIMER_TEST(no_room_for_the_signal),
        TIMER_TEST(at_a_moment),
        TIMER_TEST(intervals_from_the_past),
        TIMER_TEST(it_tells_what_it_was_set_to),
        TIMER_TEST(turned_off),
        TIMER_TEST(set_anew_it_forgets_its_overruns),
        TIMER_TEST(for_ever),
    };

    return cmocka_run_group_tests(tests, clock_world_init, NULL);
}
