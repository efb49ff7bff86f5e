/*
 * What the tests of POSIX timers share: timers of a process with two threads.
 */
#ifndef CLOCK_TEST_TIMERS_H
#define CLOCK_TEST_TIMERS_H

#include "world.h"

#define SIGEV_SIGNAL    0
#define SIGEV_NONE      1
#define SIGEV_THREAD_ID 4

#define NR_TIMERS 64 /* that a process may have */
#define RT        SIGRTMIN

/* As the C library passes it. */
struct event {
    uint64_t value;
    int32_t signo, notify, tid;
    uint8_t pad[44];
};

static struct user_thread *second; /* of me */

static inline int begin_timers(void **state)
{
    int err = begin(state);

    second = make_thread(me, 11);
    return err;
}

static inline int64_t create_event(int clock, int notify, int signo, pid_t tid, uint64_t value)
{
    struct event e = {.value = value, .signo = signo, .notify = notify, .tid = tid};
    int32_t id = -1;
    int64_t ret = sys_timer_create(clock, USER(&e), USER(&id));

    return ret ? ret : id;
}

static inline int create(int signo)
{
    int64_t id = create_event(CLOCK_MONOTONIC, SIGEV_SIGNAL, signo, 0, 0x123456789abcdef0);

    assert_true(id >= 0);
    return (int)id;
}

static inline int64_t set_at(int id, int flags, uint64_t value_ns, uint64_t interval_ns)
{
    struct linux_itimerspec new = {ns_to_timespec(interval_ns), ns_to_timespec(value_ns)};

    return sys_timer_settime(id, flags, USER(&new), 0);
}

static inline void set(int id, uint64_t value_ns, uint64_t interval_ns)
{
    assert_int_equal(set_at(id, 0, value_ns, interval_ns), 0);
}

static inline uint64_t to_ns(struct linux_timespec t)
{
    return (uint64_t)t.tv_sec * SEC + (uint64_t)t.tv_nsec;
}

static inline void assert_left(int id, uint64_t value_ns, uint64_t interval_ns)
{
    struct linux_itimerspec t;

    assert_int_equal(sys_timer_gettime(id, USER(&t)), 0);
    assert_int_equal(to_ns(t.it_value), value_ns);
    assert_int_equal(to_ns(t.it_interval), interval_ns);
}

/* The signal of this timer is taken, and says how many intervals went by unheard. */
static inline void assert_expired(int id, int signo, int overrun)
{
    struct linux_siginfo info;

    assert_true(take(&info));
    assert_int_equal(info.signo, signo);
    assert_int_equal(info.code, SI_TIMER);
    assert_int_equal(info.timer.timer_id, id);
    assert_int_equal(info.timer.overrun, overrun);
    assert_int_equal(sys_timer_getoverrun(id), overrun);
}

#define TIMER_TEST(name) cmocka_unit_test_setup_teardown(name, begin_timers, end)

#endif
