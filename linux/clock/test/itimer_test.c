/*
 * Interval timers: ITIMER_REAL, those on processor time, and RLIMIT_CPU.
 */
#include "world.h"

#define REAL    0
#define VIRTUAL 1
#define PROF    2

#define MICROSECOND 1000ull

static struct linux_timeval timeval(uint64_t us)
{
    return (struct linux_timeval){(int64_t)(us / 1000000), (int64_t)(us % 1000000)};
}

static void set(unsigned which, uint64_t value_us, uint64_t interval_us)
{
    struct linux_itimerval new = {timeval(interval_us), timeval(value_us)};

    assert_int_equal(sys_setitimer(which, USER(&new), 0), 0);
}

static void assert_value(const struct linux_itimerval *t, uint64_t value_us, uint64_t interval_us)
{
    assert_int_equal(t->it_value.tv_sec * 1000000 + t->it_value.tv_usec, value_us);
    assert_int_equal(t->it_interval.tv_sec * 1000000 + t->it_interval.tv_usec, interval_us);
}

static void assert_left(unsigned which, uint64_t value_us, uint64_t interval_us)
{
    struct linux_itimerval t;

    assert_int_equal(sys_getitimer(which, USER(&t)), 0);
    assert_value(&t, value_us, interval_us);
}

/* ---- what is refused ---- */

static void calls_that_are_refused(void **state)
{
    const struct linux_timeval bad[] = {{-1, 0}, {0, -1}, {0, 1000000}, {0, INT64_MAX}};
    struct linux_itimerval t = {{0, 0}, {1, 0}};

    assert_int_equal(sys_getitimer(3, USER(&t)), -EINVAL);
    assert_int_equal(sys_setitimer(3, USER(&t), 0), -EINVAL);
    assert_int_equal(sys_setitimer(3, BAD_ADDRESS, 0), -EFAULT); /* it is read first */
    assert_int_equal(sys_getitimer(REAL, BAD_ADDRESS), -EFAULT);
    for (unsigned i = 0; i < ARRAY_SIZE(bad); i++) {
        for (unsigned which = REAL; which <= PROF; which++) {
            t = (struct linux_itimerval){{0, 0}, bad[i]};
            assert_int_equal(sys_setitimer(which, USER(&t), 0), -EINVAL);
            t = (struct linux_itimerval){bad[i], {1, 0}};
            assert_int_equal(sys_setitimer(which, USER(&t), 0), -EINVAL);
            assert_left(which, 0, 0);
        }
    }
}

/* It is set nevertheless, as in Linux. */
static void no_place_for_the_old_value(void **state)
{
    struct linux_itimerval t = {{0, 0}, {1, 0}};

    for (unsigned which = REAL; which <= PROF; which++) {
        assert_int_equal(sys_setitimer(which, USER(&t), BAD_ADDRESS), -EFAULT);
        assert_left(which, 1000000, 0);
    }
}

static void without_a_new_value_it_is_off(void **state)
{
    struct linux_itimerval old;

    for (unsigned which = REAL; which <= PROF; which++) {
        set(which, 5000000, 0);
        assert_int_equal(sys_setitimer(which, 0, USER(&old)), 0);
        assert_value(&old, 5000000, 0);
        assert_left(which, 0, 0);
    }
}

static void times_beyond_the_clock(void **state)
{
    struct linux_itimerval t = {{INT64_MAX, 999999}, {INT64_MAX, 999999}};

    for (unsigned which = REAL; which <= PROF; which++) {
        assert_int_equal(sys_setitimer(which, USER(&t), 0), 0);
        pass(1000 * SEC);
        assert_true(takes_none());
        assert_int_equal(sys_setitimer(which, 0, USER(&t)), 0);
        assert_true(t.it_value.tv_sec > 9000000000);
    }
}

/* ---- ITIMER_REAL ---- */

static void once(void **state)
{
    assert_left(REAL, 0, 0);
    set(REAL, 2000001, 0);
    pass(2 * SEC);
    assert_left(REAL, 1, 0);
    assert_true(takes_none());
    pass(MICROSECOND);
    assert_left(REAL, 0, 0);
    assert_true(takes(SIGALRM));
    pass(100 * SEC);
    assert_true(takes_none());
}

static void it_tells_what_it_was_set_to(void **state)
{
    struct linux_itimerval new = {timeval(7), timeval(9)}, old;

    set(REAL, 3000000, 500);
    pass(SEC);
    assert_int_equal(sys_setitimer(REAL, USER(&new), USER(&old)), 0);
    assert_value(&old, 2000000, 500);
    assert_int_equal(sys_setitimer(REAL, USER(&new), USER(&new)), 0); /* one place for both */
    assert_value(&new, 9, 7);
}

/* Less than the microsecond that there is to show is not nothing: nothing means off. */
static void less_than_it_can_show(void **state)
{
    set(REAL, 2, 0);
    pass(1001);
    assert_left(REAL, 1, 0);
    pass(998);
    assert_left(REAL, 1, 0);
    pass(1);
    assert_left(REAL, 0, 0);
}

static void turned_off(void **state)
{
    set(REAL, 1000000, 1000000);
    set(REAL, 0, 1000000);
    assert_left(REAL, 0, 0); /* without a value the interval does not count */
    pass(10 * SEC);
    assert_true(takes_none());
    assert_true(time_next_deadline() == TIME_NEVER);
}

static void again_and_again(void **state)
{
    set(REAL, 1000000, 250000);
    pass(SEC - 1);
    for (unsigned i = 0; i < 20; i++) {
        assert_true(takes_none());
        pass(1);
        assert_true(takes(SIGALRM));
        assert_left(REAL, 250000, 250000);
        pass(250 * MSEC - 1);
    }
}

/* Taken late, it goes on by the same beat; what was missed is one signal. */
static void late_takers_do_not_shift_it(void **state)
{
    set(REAL, 1000000, 1000000);
    pass(3 * SEC + 400 * MSEC);
    assert_left(REAL, 600000, 1000000);
    assert_true(takes(SIGALRM));
    assert_true(takes_none());
    pass(600 * MSEC - 1);
    assert_true(takes_none());
    pass(1);
    assert_true(takes(SIGALRM));
}

/* What is shorter than an interrupt does not keep the machine busy while nobody takes it. */
static void the_shortest_interval_waits_to_be_taken(void **state)
{
    uint64_t nr_before = time_nr_interrupts(0);

    set(REAL, 1, 1);
    pass(SEC);
    assert_true(time_nr_interrupts(0) - nr_before <= 20);
    assert_true(takes(SIGALRM));
    pass(MICROSECOND);
    assert_true(takes(SIGALRM));
}

/* Somebody threw it away (sigaction, SIG_IGN): it comes again. */
static void a_lost_signal_is_not_the_end(void **state)
{
    set(REAL, 1000, 1000);
    pass(2 * MSEC);
    pending_flush(&me->pending, SIGSET(SIGALRM));
    pass(200 * MSEC);
    assert_true(takes(SIGALRM));
}

static void ignored_meanwhile(void **state)
{
    uint64_t nr_before = time_nr_interrupts(0);

    me->actions[SIGALRM - 1].handler = SIG_IGN;
    set(REAL, 1, 1);
    pass(SEC);
    assert_true(takes_none());
    assert_true(time_nr_interrupts(0) - nr_before <= 1000);
    me->actions[SIGALRM - 1].handler = HANDLER;
    pass(10 * MSEC);
    assert_true(takes(SIGALRM));
}

/* ---- processor time ---- */

static const int signal_of[] = {SIGALRM, SIGVTALRM, SIGPROF};

static void they_run_on_their_own_time(void **state)
{
    for (unsigned which = VIRTUAL; which <= PROF; which++)
        set(which, 1000000, 0);
    pass(10 * SEC); /* nobody runs */
    assert_true(takes_none());
    use_processor(me->leader, 0, 999 * MSEC);
    assert_left(VIRTUAL, 1000000, 0);
    assert_left(PROF, 1000, 0);
    use_processor(me->leader, 2 * MSEC, 0);
    assert_left(VIRTUAL, 998000, 0);
    pass(SEC);
    assert_true(takes(SIGPROF));
    assert_true(takes_none());
    assert_left(PROF, 0, 0);
    use_processor(me->leader, SEC, 0);
    pass(2 * SEC);
    assert_true(takes(SIGVTALRM));
    assert_true(takes_none());
    assert_true(time_next_deadline() == TIME_NEVER);
}

/* Never early, and no later than the time that a thread can use meanwhile. */
static void it_is_due_when_the_time_is_used(void **state)
{
    set(VIRTUAL, 300000, 300000);
    for (unsigned i = 1; i <= 3; i++) {
        use_processor(me->leader, 300 * MSEC - 1, 0);
        pass(300 * MSEC - 1);
        assert_true(takes_none());
        use_processor(me->leader, 1, 0);
        pass(MSEC);
        assert_true(takes(SIGVTALRM));
        assert_left(VIRTUAL, 300000, 300000);
    }
}

/* Who looks after it has become due and before it fires does not see it turned off. */
static void due_and_not_yet_fired(void **state)
{
    set(PROF, 300000, 0);
    use_processor(me->leader, SEC, SEC);
    assert_left(PROF, 1, 0);
}

static void missed_intervals_are_one_signal(void **state)
{
    set(PROF, 300000, 200000);
    use_processor(me->leader, SEC, 0);
    pass(SEC);
    assert_true(takes(SIGPROF));
    assert_true(takes_none());
    assert_left(PROF, 100000, 200000);
}

/* All threads count, and those that have left. */
static void threads_count_together(void **state)
{
    struct user_thread *second = make_thread(me, 11);

    set(PROF, 1000000, 0);
    use_processor(me->leader, 500 * MSEC, 0);
    use_processor(second, 0, 200 * MSEC);
    me->dead_utime_ns += 100 * MSEC;
    assert_left(PROF, 200000, 0);
    use_processor(second, 0, 200 * MSEC);
    pass(SEC);
    assert_true(takes(SIGPROF));
}

/* Nothing wakes an idle machine: the next thread that runs arms the timer. */
static void while_all_sleep_no_timer_runs(void **state)
{
    struct thread *t = &me->leader->thread;

    set(PROF, 1000000, 0);
    t->state = THREAD_INTERRUPTIBLE;
    pass(2 * SEC);
    assert_true(time_next_deadline() == TIME_NEVER);
    t->state = THREAD_RUNNABLE;
    user_thread_ops.switch_in(t, t);
    assert_false(time_next_deadline() == TIME_NEVER);
    use_processor(me->leader, SEC, 0);
    pass(2 * SEC);
    assert_true(takes(SIGPROF));
}

/* ---- RLIMIT_CPU ---- */

static void limit(uint64_t cur, uint64_t max)
{
    me->limits[RLIMIT_CPU] = (struct linux_rlimit){cur, max};
    cpu_timer_restart_locked(me);
}

static void run_for(uint64_t ns)
{
    use_processor(me->leader, ns, 0);
    pass(ns);
    pass(MSEC);
}

static void the_soft_limit_warns_each_second(void **state)
{
    limit(2, RLIM_INFINITY);
    run_for(1999 * MSEC);
    assert_true(takes_none());
    run_for(MSEC);
    for (unsigned i = 0; i < 3; i++) {
        assert_true(takes(SIGXCPU));
        run_for(999 * MSEC);
        assert_true(takes_none());
        run_for(MSEC);
    }
    assert_false(me->is_exiting);
}

static void the_hard_limit_kills(void **state)
{
    limit(1, 2);
    run_for(SEC);
    assert_true(takes(SIGXCPU));
    assert_false(me->is_exiting);
    run_for(SEC);
    assert_true(me->is_exiting);
    assert_int_equal(me->exit_status, SIGKILL);
}

static void a_limit_already_used_up(void **state)
{
    use_processor(me->leader, 10 * SEC, 0);
    limit(5, RLIM_INFINITY);
    assert_true(takes(SIGXCPU));
    limit(20, RLIM_INFINITY);
    run_for(9 * SEC);
    assert_true(takes_none());
    run_for(SEC);
    assert_true(takes(SIGXCPU));
    limit(UINT64_MAX - 1, RLIM_INFINITY); /* more seconds than there are nanoseconds */
    run_for(100 * SEC);
    assert_true(takes_none());
}

static void without_a_limit_no_timer_runs(void **state)
{
    limit(5, 6);
    assert_false(time_next_deadline() == TIME_NEVER);
    limit(RLIM_INFINITY, RLIM_INFINITY);
    assert_true(time_next_deadline() == TIME_NEVER);
}

/* ---- the end ---- */

/* exec keeps them. */
static void exec_keeps_them_and_exit_does_not(void **state)
{
    for (unsigned which = REAL; which <= PROF; which++)
        set(which, 1000000, 1000000);
    limit(5, 6);
    timers_process_exit(me, false);
    run_for(SEC);
    for (unsigned which = REAL; which <= PROF; which++)
        assert_true(takes(signal_of[which]));
    timers_process_exit(me, true);
    assert_true(time_next_deadline() == TIME_NEVER);
    run_for(10 * SEC);
    assert_true(takes_none());
    assert_false(me->is_exiting);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(calls_that_are_refused),
        TEST(no_place_for_the_old_value),
        TEST(without_a_new_value_it_is_off),
        TEST(times_beyond_the_clock),
        TEST(once),
        TEST(it_tells_what_it_was_set_to),
        TEST(less_than_it_can_show),
        TEST(turned_off),
        TEST(again_and_again),
        TEST(late_takers_do_not_shift_it),
        TEST(the_shortest_interval_waits_to_be_taken),
        TEST(a_lost_signal_is_not_the_end),
        TEST(ignored_meanwhile),
        TEST(they_run_on_their_own_time),
        TEST(it_is_due_when_the_time_is_used),
        TEST(due_and_not_yet_fired),
        TEST(missed_intervals_are_one_signal),
        TEST(threads_count_together),
        TEST(while_all_sleep_no_timer_runs),
        TEST(the_soft_limit_warns_each_second),
        TEST(the_hard_limit_kills),
        TEST(a_limit_already_used_up),
        TEST(without_a_limit_no_timer_runs),
        TEST(exec_keeps_them_and_exit_does_not),
    };

    return cmocka_run_group_tests(tests, clock_world_init, NULL);
}
