/*
 * POSIX timers: what is refused, how many there may be, whom they tell and what, their end.
 */
#include "timers.h"

/* ---- what is refused ---- */

static void events_that_are_none(void **state)
{
    const int clock = CLOCK_MONOTONIC;
    int32_t id;

    assert_int_equal(create_event(clock, 3, RT, 0, 0), -EINVAL);
    assert_int_equal(create_event(clock, -1, RT, 0, 0), -EINVAL);
    assert_int_equal(create_event(clock, SIGEV_SIGNAL, 0, 0, 0), -EINVAL);
    assert_int_equal(create_event(clock, SIGEV_SIGNAL, NR_SIGNALS + 1, 0, 0), -EINVAL);
    assert_int_equal(create_event(clock, SIGEV_SIGNAL, -1, 0, 0), -EINVAL);
    assert_int_equal(create_event(clock, SIGEV_THREAD_ID, RT, 77, 0), -EINVAL);
    assert_int_equal(create_event(clock, SIGEV_THREAD_ID, RT, 1, 0), -EINVAL); /* another's */
    assert_int_equal(create_event(clock, SIGEV_THREAD_ID, 0, 11, 0), -EINVAL);
    assert_int_equal(sys_timer_create(clock, BAD_ADDRESS, USER(&id)), -EFAULT);
    assert_true(list_is_empty(&me->posix_timers));
}

static void clocks_that_have_no_timers(void **state)
{
    int32_t id;

    assert_int_equal(create_event(10, SIGEV_SIGNAL, RT, 0, 0), -EINVAL);
    assert_int_equal(create_event(-1, SIGEV_SIGNAL, RT, 0, 0), -EINVAL);
    assert_int_equal(create_event(CLOCK_MONOTONIC_RAW, SIGEV_SIGNAL, RT, 0, 0), -EOPNOTSUPP);
    assert_int_equal(create_event(CLOCK_REALTIME_COARSE, SIGEV_SIGNAL, RT, 0, 0), -EOPNOTSUPP);
    assert_int_equal(sys_timer_create(10, BAD_ADDRESS, USER(&id)), -EFAULT); /* it is read first */
}

/* One whose number nobody knows would stay for ever. */
static void no_place_for_the_number(void **state)
{
    struct event e = {.notify = SIGEV_SIGNAL, .signo = RT};
    int32_t id[2] = {-1, -1};

    assert_int_equal(sys_timer_create(CLOCK_MONOTONIC, USER(&e), BAD_ADDRESS), -EFAULT);
    assert_int_equal(sys_timer_create(CLOCK_MONOTONIC, 0, 0), -EFAULT);
    assert_true(list_is_empty(&me->posix_timers));
    assert_int_equal(sys_timer_create(CLOCK_MONOTONIC, USER(&e), USER((char *)id + 2)), 0);
    assert_int_equal(list_count(&me->posix_timers), 1);
}

static void numbers_that_are_none(void **state)
{
    const int none[] = {-1, 1, INT32_MAX, INT32_MIN};
    struct linux_itimerspec t = {0};

    assert_int_equal(create(RT), 0);
    for (unsigned i = 0; i < ARRAY_SIZE(none); i++) {
        assert_int_equal(sys_timer_gettime(none[i], BAD_ADDRESS), -EINVAL);
        assert_int_equal(sys_timer_settime(none[i], 0, USER(&t), BAD_ADDRESS), -EINVAL);
        assert_int_equal(sys_timer_getoverrun(none[i]), -EINVAL);
        assert_int_equal(sys_timer_delete(none[i]), -EINVAL);
    }
    act_as(init->leader); /* another process's is none, either */
    assert_int_equal(sys_timer_gettime(0, USER(&t)), -EINVAL);
    assert_int_equal(sys_timer_delete(0), -EINVAL);
}

static void settings_that_are_refused(void **state)
{
    const struct linux_timespec bad[] = {{-1, 0}, {0, -1}, {0, SEC}};
    struct linux_itimerspec t;
    int id = create(RT);

    set(id, 5 * SEC, SEC);
    for (unsigned i = 0; i < ARRAY_SIZE(bad); i++) {
        t = (struct linux_itimerspec){{0, 0}, bad[i]};
        assert_int_equal(sys_timer_settime(id, 0, USER(&t), 0), -EINVAL);
        t = (struct linux_itimerspec){bad[i], {1, 0}};
        assert_int_equal(sys_timer_settime(id, TIMER_ABSTIME, USER(&t), 0), -EINVAL);
    }
    assert_int_equal(sys_timer_settime(id, 0, BAD_ADDRESS, 0), -EFAULT);
    assert_int_equal(sys_timer_settime(id, 0, 0, 0), -EINVAL);
    assert_int_equal(sys_timer_gettime(id, BAD_ADDRESS), -EFAULT);
    assert_left(id, 5 * SEC, SEC);
}

/* ---- how many ---- */

static void as_many_as_there_may_be(void **state)
{
    for (int i = 0; i < NR_TIMERS; i++)
        assert_int_equal(create(RT), i);
    assert_int_equal(create_event(CLOCK_MONOTONIC, SIGEV_NONE, 0, 0, 0), -EAGAIN);
    assert_int_equal(sys_timer_delete(17), 0);
    assert_int_equal(sys_timer_delete(17), -EINVAL);
    assert_int_equal(create(RT), NR_TIMERS);
}

/* ---- whom it tells ---- */

static void without_an_event_it_is_sigalrm(void **state)
{
    struct linux_siginfo info;
    int32_t id;

    (void)create(RT);
    assert_int_equal(sys_timer_create(CLOCK_REALTIME, 0, USER(&id)), 0);
    assert_int_equal(id, 1);
    set(id, SEC, 0);
    pass(SEC);
    assert_true(take(&info));
    assert_int_equal(info.signo, SIGALRM);
    assert_int_equal(info.code, SI_TIMER);
    assert_int_equal(info.timer.value, 1); /* its number */
}

static void the_process_with_a_value(void **state)
{
    struct linux_siginfo info;
    int id = create(RT + 3);

    set(id, SEC, 0);
    pass(SEC - 1);
    assert_true(takes_none());
    assert_left(id, 1, 0);
    pass(1);
    assert_left(id, 0, 0);
    act_as(second); /* any thread */
    assert_true(take(&info));
    assert_true(info.timer.value == 0x123456789abcdef0);
    assert_int_equal(info.timer.timer_id, id);
    pass(100 * SEC);
    assert_true(takes_none());
}

static void one_thread_alone(void **state)
{
    int id = (int)create_event(CLOCK_MONOTONIC, SIGEV_THREAD_ID, RT, 11, 0);

    set(id, SEC, 0);
    pass(SEC);
    assert_true(takes_none());
    act_as(second);
    assert_expired(id, RT, 0);
}

/* Its number may be another's by now. */
static void a_thread_that_has_left(void **state)
{
    int id = (int)create_event(CLOCK_MONOTONIC, SIGEV_THREAD_ID, RT, 11, 0);
    struct process *other;

    drop_thread(second);
    set(id, SEC, SEC);
    pass(SEC);
    other = make_process(11, init, &cred_kernel);
    pass(3 * SEC);
    assert_true(takes_none());
    act_as(other->leader);
    assert_true(takes_none());
}

static void nobody(void **state)
{
    int id = (int)create_event(CLOCK_MONOTONIC, SIGEV_NONE, 0, 0, 0);

    set(id, 3 * SEC, 2 * SEC);
    pass(2 * SEC);
    assert_left(id, SEC, 2 * SEC);
    pass(2 * SEC);
    assert_left(id, SEC, 2 * SEC);
    set(id, SEC, 0);
    pass(2 * SEC);
    assert_left(id, 0, 0);
    assert_true(takes_none());
}

/* One that waits to be taken is no reason not to tell of another. */
static void timers_with_the_same_signal(void **state)
{
    int a = create(RT), b = create(RT), c = create(SIGUSR1), d = create(SIGUSR1);

    set(a, SEC, 0);
    set(b, 2 * SEC, 0);
    set(c, 2 * SEC, 0);
    set(d, 2 * SEC + 1, 0);
    pass(3 * SEC);
    assert_expired(c, SIGUSR1, 0);
    assert_expired(d, SIGUSR1, 0);
    assert_expired(a, RT, 0);
    assert_expired(b, RT, 0);
    assert_true(takes_none());
}

/* Of those that repeat one comes after the other, where the signal queues once. */
static void repeating_timers_with_the_same_signal(void **state)
{
    int a = create(RT), b = create(RT), c = create(SIGUSR1), d = create(SIGUSR1);

    set(a, SEC, 10 * SEC);
    set(b, SEC, 10 * SEC);
    set(c, SEC, 10 * SEC);
    set(d, SEC + 1, 10 * SEC);
    pass(SEC + 1);
    assert_expired(c, SIGUSR1, 0);
    assert_expired(a, RT, 0);
    assert_expired(b, RT, 0);
    assert_true(takes_none());
    pass(100 * MSEC);
    assert_expired(d, SIGUSR1, 0);
    assert_true(takes_none());
}

static void the_signal_was_sent_by_another(void **state)
{
    struct linux_siginfo info;
    int id = create(RT);

    assert_int_equal(signal_send_process_locked(me, RT, NULL), 0);
    set(id, SEC, 0);
    pass(SEC);
    assert_true(take(&info));
    assert_int_not_equal(info.code, SI_TIMER);
    assert_expired(id, RT, 0);
}

/* ---- the end ---- */

/* Its signal may be taken later, and is not that of the next timer. */
static void deleted_with_its_signal_pending(void **state)
{
    int next, id = create(RT);

    set(id, SEC, SEC);
    pass(SEC);
    assert_int_equal(sys_timer_delete(id), 0);
    assert_true(time_next_deadline() == TIME_NEVER);
    next = create(RT);
    set(next, SEC, 0);
    pass(SEC);
    assert_true(takes(RT));
    assert_expired(next, RT, 0);
    assert_true(takes_none());
}

static void exec_and_exit_delete_them(void **state)
{
    int id = create(RT);

    set(id, SEC, SEC);
    set(create(SIGUSR1), 2 * SEC, 0);
    pass(SEC);
    timers_process_exit(me, false);
    assert_true(list_is_empty(&me->posix_timers));
    assert_true(time_next_deadline() == TIME_NEVER);
    assert_int_equal(sys_timer_getoverrun(id), -EINVAL);
    assert_true(takes(RT));
    pass(10 * SEC);
    assert_true(takes_none());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TIMER_TEST(events_that_are_none),
        TIMER_TEST(clocks_that_have_no_timers),
        TIMER_TEST(no_place_for_the_number),
        TIMER_TEST(numbers_that_are_none),
        TIMER_TEST(settings_that_are_refused),
        TIMER_TEST(as_many_as_there_may_be),
        TIMER_TEST(without_an_event_it_is_sigalrm),
        TIMER_TEST(the_process_with_a_value),
        TIMER_TEST(one_thread_alone),
        TIMER_TEST(a_thread_that_has_left),
        TIMER_TEST(nobody),
        TIMER_TEST(timers_with_the_same_signal),
        TIMER_TEST(repeating_timers_with_the_same_signal),
        TIMER_TEST(the_signal_was_sent_by_another),
        TIMER_TEST(deleted_with_its_signal_pending),
        TIMER_TEST(exec_and_exit_delete_them),
    };

    return cmocka_run_group_tests(tests, clock_world_init, NULL);
}
