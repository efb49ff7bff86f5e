/*
 * Sleeping: which sleeps are refused, how long they last, how a signal ends one and how it goes on.
 */
#include "world.h"

#include <host_user/host_user.h>
#include <string/string.h>

#define FIRST_TID 20
#define ASLEEP    1 /* a result that no call has */

/* What thread FIRST_TID + i does. */
static struct sleeper {
    int clock, flags; /* clock -1: nanosleep */
    struct linux_timespec time, rest;
    vaddr_t rest_addr;
    bool restarts; /* by restart_syscall, as the way out of the kernel has it do */
    int64_t result;
    unsigned order;
} sleepers[4];
static unsigned nr_sleepers, nr_awake;

static void program(struct trap_frame *frame)
{
    struct user_thread *ut = user_current();
    struct sleeper *s = &sleepers[ut->tid - FIRST_TID];
    int64_t ret;

    if (s->clock < 0)
        ret = sys_nanosleep(USER(&s->time), s->rest_addr);
    else
        ret = sys_clock_nanosleep(s->clock, s->flags, USER(&s->time), s->rest_addr);
    while (s->restarts && ret == -ERESTART_RESTARTBLOCK) {
        thread_work_clear(THREAD_WORK_SIGNAL);
        ret = sys_restart_syscall();
    }
    s->result = ret;
    s->order = ++nr_awake;
    user_thread_unpublish(ut);
    thread_exit();
}

static int begin_sleeping(void **state)
{
    memset(sleepers, 0, sizeof(sleepers));
    nr_sleepers = nr_awake = 0;
    return begin(state);
}

/* From here on the thread sleeps; the next is made in the same way. */
static struct user_thread *start(int clock, int flags, int64_t seconds, int64_t ns)
{
    struct sleeper *s = &sleepers[nr_sleepers];
    struct user_thread *ut = make_thread(me, FIRST_TID + (pid_t)nr_sleepers++);

    s->clock = clock;
    s->flags = flags;
    s->time = (struct linux_timespec){seconds, ns};
    s->rest = (struct linux_timespec){-1, -1};
    s->rest_addr = s->rest_addr ? s->rest_addr : USER(&s->rest);
    s->result = ASLEEP;
    thread_start(&ut->thread);
    thread_detach(&ut->thread);
    thread_yield();
    return ut;
}

static void interrupt(struct user_thread *ut)
{
    thread_interrupt(&ut->thread);
    thread_yield();
}

/* Until everybody who sleeps for less is awake. */
static void sleep_for(int64_t seconds)
{
    struct linux_timespec t = {seconds, 0};

    assert_int_equal(sys_nanosleep(USER(&t), 0), 0);
}

static void assert_rest(const struct sleeper *s, int64_t seconds, int64_t ns)
{
    assert_int_equal(s->rest.tv_sec, seconds);
    assert_int_equal(s->rest.tv_nsec, ns);
}

/* ---- what is refused ---- */

static void times_that_are_none(void **state)
{
    const struct linux_timespec bad[] = {{-1, 0}, {0, -1}, {0, SEC}, {INT64_MIN, 0}};

    for (unsigned i = 0; i < ARRAY_SIZE(bad); i++) {
        assert_int_equal(sys_nanosleep(USER(&bad[i]), 0), -EINVAL);
        assert_int_equal(sys_clock_nanosleep(CLOCK_MONOTONIC, 0, USER(&bad[i]), 0), -EINVAL);
    }
    assert_int_equal(sys_nanosleep(BAD_ADDRESS, 0), -EFAULT);
    assert_int_equal(sys_clock_nanosleep(CLOCK_MONOTONIC, 0, BAD_ADDRESS, 0), -EFAULT);
}

/* The clock is looked at first. */
static void clocks_that_nobody_sleeps_by(void **state)
{
    const int only_shown[] = {CLOCK_MONOTONIC_RAW, CLOCK_REALTIME_COARSE, CLOCK_MONOTONIC_COARSE,
                              CLOCK_THREAD_CPUTIME_ID};

    for (unsigned i = 0; i < ARRAY_SIZE(only_shown); i++)
        assert_int_equal(sys_clock_nanosleep(only_shown[i], 0, BAD_ADDRESS, 0), -EOPNOTSUPP);
    assert_int_equal(sys_clock_nanosleep(10, 0, BAD_ADDRESS, 0), -EINVAL);
    assert_int_equal(sys_clock_nanosleep(-1, TIMER_ABSTIME, BAD_ADDRESS, 0), -EINVAL);
}

static void there_is_no_sleep_to_go_on_with(void **state)
{
    assert_int_equal(sys_restart_syscall(), -EINTR);
}

/* ---- how long ---- */

static void the_shorter_ends_first(void **state)
{
    (void)start(-1, 0, 3, 0);
    (void)start(-1, 0, 2, 999999999);
    (void)start(CLOCK_REALTIME, 0, 2, 999999998);
    (void)start(CLOCK_BOOTTIME, 0, 5, 0);
    sleep_for(4);
    assert_int_equal(sleepers[2].order, 1);
    assert_int_equal(sleepers[1].order, 2);
    assert_int_equal(sleepers[0].order, 3);
    assert_int_equal(sleepers[3].result, ASLEEP);
    sleep_for(6);
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(sleepers[i].result, 0);
    assert_rest(&sleepers[0], -1, -1); /* only an interrupted one tells */
}

/* At 100 s after boot and 1000 s of the wall clock. */
static void until_a_moment(void **state)
{
    (void)start(CLOCK_MONOTONIC, TIMER_ABSTIME, 103, 0);
    (void)start(CLOCK_REALTIME, TIMER_ABSTIME, 1002, 0);
    (void)start(CLOCK_TAI, TIMER_ABSTIME, 1004, 0);
    sleep_for(5);
    assert_int_equal(sleepers[1].order, 1);
    assert_int_equal(sleepers[0].order, 2);
    assert_int_equal(sleepers[2].order, 3);
}

static void moments_that_have_passed(void **state)
{
    (void)start(CLOCK_MONOTONIC, TIMER_ABSTIME, 0, 0);
    (void)start(CLOCK_REALTIME, TIMER_ABSTIME, 999, 0);
    (void)start(-1, 0, 0, 0);
    (void)start(-1, 0, 0, 1);
    sleep_for(1);
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(sleepers[i].result, 0);
}

/* Longer than the clock counts is for ever, not a moment that has passed. */
static void for_ever(void **state)
{
    struct user_thread *ut[3];

    ut[0] = start(-1, 0, INT64_MAX, 999999999);
    ut[1] = start(CLOCK_MONOTONIC, TIMER_ABSTIME, INT64_MAX, 0);
    ut[2] = start(CLOCK_REALTIME, TIMER_ABSTIME, INT64_MAX, 0);
    sleep_for(INT32_MAX);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(sleepers[i].result, ASLEEP);
        interrupt(ut[i]);
    }
    assert_int_equal(sleepers[0].result, -ERESTART_RESTARTBLOCK);
    assert_true(sleepers[0].rest.tv_sec > 9000000000);
    assert_int_equal(sleepers[1].result, -ERESTARTNOHAND);
    assert_int_equal(sleepers[2].result, -ERESTARTNOHAND);
}

/* ---- interrupted ---- */

static void one_that_is_interrupted_tells_the_rest(void **state)
{
    struct user_thread *first = start(-1, 0, 10, 0);
    struct user_thread *second = start(CLOCK_REALTIME, 0, 20, 0);

    host_ticks += 3 * SEC + 1;
    interrupt(first);
    interrupt(second);
    assert_int_equal(sleepers[0].result, -ERESTART_RESTARTBLOCK);
    assert_int_equal(sleepers[1].result, -ERESTART_RESTARTBLOCK);
    assert_rest(&sleepers[0], 6, 999999999);
    assert_rest(&sleepers[1], 16, 999999999);
}

static void an_interrupted_moment_has_no_rest(void **state)
{
    struct user_thread *ut = start(CLOCK_MONOTONIC, TIMER_ABSTIME, 110, 0);

    interrupt(ut);
    assert_int_equal(sleepers[0].result, -ERESTARTNOHAND);
    assert_rest(&sleepers[0], -1, -1);
}

/* When the time is over it has slept, whatever else woke it. */
static void interrupted_too_late(void **state)
{
    struct user_thread *ut = start(-1, 0, 10, 0);

    host_ticks += 10 * SEC;
    interrupt(ut);
    assert_int_equal(sleepers[0].result, 0);
    assert_rest(&sleepers[0], -1, -1);
}

static void places_of_the_rest(void **state)
{
    struct linux_timespec t = {10, 0};

    sleepers[0].rest_addr = BAD_ADDRESS;
    interrupt(start(-1, 0, 10, 0));
    assert_int_equal(sleepers[0].result, -EFAULT);
    thread_notify(thread_current(), THREAD_WORK_SIGNAL);
    assert_int_equal(sys_nanosleep(USER(&t), 0), -ERESTART_RESTARTBLOCK); /* nobody asks for it */
}

/* However often it is stopped and continued, it ends when it would have: no time is added. */
static void a_sleep_goes_on_to_the_same_end(void **state)
{
    struct user_thread *ut;

    sleepers[0].restarts = true;
    ut = start(-1, 0, 10, 0);
    for (int rest = 7; rest >= 1; rest -= 3) {
        host_ticks += 3 * SEC;
        interrupt(ut);
        assert_int_equal(sleepers[0].result, ASLEEP);
        assert_rest(&sleepers[0], rest, 0);
    }
    (void)start(-1, 0, 1, 1);
    sleep_for(2);
    assert_int_equal(sleepers[0].result, 0);
    assert_int_equal(sleepers[0].order, 1);
    assert_rest(&sleepers[0], 1, 0);
}

/* A signal that waits already: there is no sleep. */
static void a_signal_before_the_sleep(void **state)
{
    struct linux_timespec t = {10, 0}, rest = {-1, -1};

    assert_int_equal(signal_send_thread(me->leader, SIGUSR1, NULL), 0);
    assert_int_equal(sys_nanosleep(USER(&t), USER(&rest)), -ERESTART_RESTARTBLOCK);
    assert_int_equal(rest.tv_sec, 10);
    assert_true(takes(SIGUSR1));
    assert_int_equal(sys_restart_syscall(), 0);
}

#define SLEEP_TEST(name) cmocka_unit_test_setup_teardown(name, begin_sleeping, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SLEEP_TEST(times_that_are_none),
        SLEEP_TEST(clocks_that_nobody_sleeps_by),
        SLEEP_TEST(there_is_no_sleep_to_go_on_with),
        SLEEP_TEST(the_shorter_ends_first),
        SLEEP_TEST(until_a_moment),
        SLEEP_TEST(moments_that_have_passed),
        SLEEP_TEST(for_ever),
        SLEEP_TEST(one_that_is_interrupted_tells_the_rest),
        SLEEP_TEST(an_interrupted_moment_has_no_rest),
        SLEEP_TEST(interrupted_too_late),
        SLEEP_TEST(places_of_the_rest),
        SLEEP_TEST(a_sleep_goes_on_to_the_same_end),
        SLEEP_TEST(a_signal_before_the_sleep),
    };

    host_program = program;
    return cmocka_run_group_tests(tests, clock_world_init, NULL);
}
