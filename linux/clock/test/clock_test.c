/*
 * Clocks: what each shows, which can be set, to what and by whom.
 */
#include "world.h"

#include "../../vdso/layout.h"

#define MICROSECOND 1000

static const int real_clocks[] = {CLOCK_REALTIME, CLOCK_REALTIME_COARSE, CLOCK_REALTIME_ALARM,
                                  CLOCK_TAI};
static const int monotonic_clocks[] = {CLOCK_MONOTONIC, CLOCK_MONOTONIC_RAW, CLOCK_MONOTONIC_COARSE,
                                       CLOCK_BOOTTIME, CLOCK_BOOTTIME_ALARM};
static const int no_clocks[] = {10, 12, 63, 1 << 20, -1, INT32_MIN};

enum kind { PROF, VIRT, SCHED, FD, THREAD = 4 };

/* The clock of the processor time of a process, with THREAD of a thread: clock_getcpuclockid(3). */
static int clock_of(pid_t id, int kind)
{
    return (int)(~(unsigned)id << 3) | kind;
}

static uint64_t read_clock(int clock)
{
    struct linux_timespec t = {-1, -1};

    assert_int_equal(sys_clock_gettime(clock, USER(&t)), 0);
    assert_in_range(t.tv_nsec, 0, SEC - 1);
    return (uint64_t)t.tv_sec * SEC + (uint64_t)t.tv_nsec;
}

static bool is_clock(int clock)
{
    struct linux_timespec t;
    int64_t ret = sys_clock_gettime(clock, USER(&t));

    assert_true(ret == 0 || ret == -EINVAL);
    assert_int_equal(sys_clock_getres(clock, USER(&t)), ret);
    return ret == 0;
}

static int64_t set_clock(int clock, int64_t seconds, int64_t ns)
{
    struct linux_timespec t = {seconds, ns};

    return sys_clock_settime(clock, USER(&t));
}

static int64_t set_day(int64_t seconds, int64_t us)
{
    struct linux_timeval t = {seconds, us};

    return sys_settimeofday(USER(&t), 0);
}

/* ---- reading ---- */

static void clocks_are_one_of_two(void **state)
{
    pass(1234567891);
    for (unsigned i = 0; i < ARRAY_SIZE(real_clocks); i++)
        assert_int_equal(read_clock(real_clocks[i]), 1001 * SEC + 234567891);
    for (unsigned i = 0; i < ARRAY_SIZE(monotonic_clocks); i++)
        assert_int_equal(read_clock(monotonic_clocks[i]), 101 * SEC + 234567891);
}

static void clocks_that_are_none(void **state)
{
    for (unsigned i = 0; i < ARRAY_SIZE(no_clocks); i++) {
        assert_false(is_clock(no_clocks[i]));
        assert_int_equal(sys_clock_gettime(no_clocks[i], BAD_ADDRESS), -EINVAL);
        assert_int_equal(sys_clock_settime(no_clocks[i], BAD_ADDRESS), -EINVAL);
    }
}

static void places_that_are_none(void **state)
{
    assert_int_equal(sys_clock_gettime(CLOCK_REALTIME, BAD_ADDRESS), -EFAULT);
    assert_int_equal(sys_clock_getres(CLOCK_REALTIME, BAD_ADDRESS), -EFAULT);
    assert_int_equal(sys_clock_gettime(CLOCK_REALTIME, 0), -EFAULT);
    assert_int_equal(sys_clock_getres(CLOCK_REALTIME, 0), 0); /* only asks whether there is one */
}

static void every_clock_counts_nanoseconds(void **state)
{
    struct linux_timespec t = {-1, -1};

    assert_int_equal(sys_clock_getres(CLOCK_MONOTONIC, USER(&t)), 0);
    assert_true(t.tv_sec == 0 && t.tv_nsec == 1);
    assert_int_equal(sys_clock_getres(CLOCK_THREAD_CPUTIME_ID, USER(&t)), 0);
    assert_true(t.tv_sec == 0 && t.tv_nsec == 1);
}

/* ---- processor time ---- */

static void ones_own_processor_time(void **state)
{
    struct user_thread *second = make_thread(me, 11);

    use_processor(me->leader, 3 * SEC, 1 * SEC);
    use_processor(second, 10, 20);
    assert_int_equal(read_clock(CLOCK_THREAD_CPUTIME_ID), 4 * SEC);
    assert_int_equal(read_clock(CLOCK_PROCESS_CPUTIME_ID), 4 * SEC + 30);
    assert_int_equal(read_clock(clock_of(0, SCHED)), 4 * SEC + 30);
    assert_int_equal(read_clock(clock_of(0, PROF)), 4 * SEC + 30);
    assert_int_equal(read_clock(clock_of(0, VIRT)), 3 * SEC + 10);
    assert_int_equal(read_clock(clock_of(0, SCHED | THREAD)), 4 * SEC);
    assert_int_equal(read_clock(clock_of(0, VIRT | THREAD)), 3 * SEC);
    act_as(second);
    assert_int_equal(read_clock(CLOCK_THREAD_CPUTIME_ID), 30);
    assert_int_equal(read_clock(CLOCK_PROCESS_CPUTIME_ID), 4 * SEC + 30);
}

static void processor_time_by_number(void **state)
{
    struct user_thread *second = make_thread(me, 11);
    struct process *other = make_process(20, init, &cred_kernel);

    use_processor(second, 10, 20);
    use_processor(other->leader, 1000, 2000);
    assert_int_equal(read_clock(clock_of(11, SCHED | THREAD)), 30);
    assert_int_equal(read_clock(clock_of(11, VIRT | THREAD)), 10);
    assert_int_equal(read_clock(clock_of(10, SCHED)), 30);
    assert_int_equal(read_clock(clock_of(20, SCHED)), 3000);
    assert_int_equal(read_clock(clock_of(20, VIRT)), 1000);
    assert_false(is_clock(clock_of(10, FD)));
    assert_false(is_clock(clock_of(77, SCHED)));
    assert_false(is_clock(clock_of(77, SCHED | THREAD)));
    assert_false(is_clock(clock_of(11, SCHED)));          /* no process */
    assert_false(is_clock(clock_of(20, SCHED | THREAD))); /* another process's thread */
}

/* Of threads that have left the process keeps the time. */
static void time_of_the_dead(void **state)
{
    use_processor(me->leader, 5, 5);
    me->dead_utime_ns = 100;
    me->dead_stime_ns = 200;
    assert_int_equal(read_clock(CLOCK_PROCESS_CPUTIME_ID), 310);
    assert_int_equal(read_clock(clock_of(10, VIRT)), 105);
}

/* ---- setting ---- */

static void the_wall_clock_is_set(void **state)
{
    become(me->leader, &cred_kernel);
    assert_int_equal(set_clock(CLOCK_REALTIME, 5000, 7), 0);
    pass(SEC);
    assert_int_equal(read_clock(CLOCK_REALTIME), 5001 * SEC + 7);
    assert_int_equal(read_clock(CLOCK_MONOTONIC), 101 * SEC);
    assert_int_equal(set_day(6000, 7), 0);
    assert_int_equal(read_clock(CLOCK_TAI), 6000 * SEC + 7 * MICROSECOND);
}

/* Programs that read it without a call see each step. */
static void the_vdso_is_told(void **state)
{
    struct vspace *vs = vspace_create(VSPACE_STAGE1, MIB(1), MIB(2));
    const struct vdso_time *seen;
    struct vspace_translation t;

    assert_non_null(vs);
    assert_int_equal(vdso_map(vs, MIB(1)), 0);
    vspace_query(vs, MIB(1), &t);
    seen = (const void *)((char *)phys_to_virt(t.pa) + VDSO_TIME_OFFSET);
    become(me->leader, &cred_kernel);
    assert_int_equal(set_clock(CLOCK_REALTIME, 5000, 7), 0);
    assert_int_equal(time_now_ns() + seen->realtime_ns, 5000 * SEC + 7);
    assert_int_equal(set_day(6000, 0), 0);
    assert_int_equal(time_now_ns() + seen->realtime_ns, 6000 * SEC);
    vspace_put(vs);
}

static void only_the_wall_clock_is_set(void **state)
{
    become(me->leader, &cred_kernel);
    for (unsigned i = 1; i < ARRAY_SIZE(real_clocks); i++)
        assert_int_equal(set_clock(real_clocks[i], 5000, 0), -EINVAL);
    for (unsigned i = 0; i < ARRAY_SIZE(monotonic_clocks); i++)
        assert_int_equal(set_clock(monotonic_clocks[i], 5000, 0), -EINVAL);
    assert_int_equal(set_clock(CLOCK_PROCESS_CPUTIME_ID, 5000, 0), -EINVAL);
    assert_int_equal(set_clock(CLOCK_THREAD_CPUTIME_ID, 5000, 0), -EINVAL);
    assert_int_equal(set_clock(clock_of(10, SCHED), 5000, 0), -EPERM);
    assert_int_equal(set_clock(clock_of(77, SCHED), 5000, 0), -EINVAL);
    assert_int_equal(read_clock(CLOCK_REALTIME), 1000 * SEC);
}

static void times_that_are_none(void **state)
{
    become(me->leader, &cred_kernel);
    assert_int_equal(set_clock(CLOCK_REALTIME, 5000, -1), -EINVAL);
    assert_int_equal(set_clock(CLOCK_REALTIME, 5000, SEC), -EINVAL);
    assert_int_equal(set_clock(CLOCK_REALTIME, -1, 0), -EINVAL);
    assert_int_equal(set_day(5000, -1), -EINVAL);
    assert_int_equal(set_day(5000, 1000000), -EINVAL);
    assert_int_equal(set_day(5000, INT64_MAX), -EINVAL);
    assert_int_equal(set_day(-1, 0), -EINVAL);
    assert_int_equal(read_clock(CLOCK_REALTIME), 1000 * SEC);
}

/* The wall clock is 64 bits of nanoseconds, never behind the time since boot. */
static void times_out_of_reach(void **state)
{
    const int64_t far[] = {INT64_MAX, INT64_MAX / (int64_t)SEC, 18446744073, 18446744074};

    become(me->leader, &cred_kernel);
    for (unsigned i = 0; i < ARRAY_SIZE(far); i++) {
        assert_int_equal(set_clock(CLOCK_REALTIME, far[i], 0), -EINVAL);
        assert_int_equal(set_day(far[i], 0), -EINVAL);
    }
    assert_int_equal(set_clock(CLOCK_REALTIME, 99, 999999999), -EINVAL);
    assert_int_equal(set_day(99, 999999), -EINVAL);
    assert_int_equal(read_clock(CLOCK_REALTIME), 1000 * SEC);
    assert_int_equal(set_clock(CLOCK_REALTIME, 100, 0), 0);
    assert_int_equal(read_clock(CLOCK_REALTIME), 100 * SEC);
    assert_int_equal(set_clock(CLOCK_REALTIME, 4102444800, 0), 0); /* the year 2100 */
    assert_int_equal(read_clock(CLOCK_REALTIME), 4102444800 * SEC);
}

/* What is wrong with the time itself is said first. */
static void users_do_not_set_it(void **state)
{
    assert_int_equal(set_clock(CLOCK_REALTIME, 5000, 0), -EPERM);
    assert_int_equal(set_clock(CLOCK_REALTIME, 5000, -1), -EINVAL);
    assert_int_equal(sys_clock_settime(CLOCK_REALTIME, BAD_ADDRESS), -EFAULT);
    assert_int_equal(set_day(5000, 0), -EPERM);
    assert_int_equal(set_day(5000, -1), -EINVAL);
    assert_int_equal(sys_settimeofday(BAD_ADDRESS, 0), -EFAULT);
    assert_int_equal(sys_settimeofday(0, BAD_ADDRESS), -EFAULT);
    assert_int_equal(sys_settimeofday(0, 0), -EPERM);
    assert_int_equal(read_clock(CLOCK_REALTIME), 1000 * SEC);
}

/* ---- gettimeofday ---- */

static void the_time_of_day(void **state)
{
    struct linux_timeval t;
    uint32_t zone[2] = {9, 9};

    pass(2 * MICROSECOND + 999);
    assert_int_equal(sys_gettimeofday(USER(&t), USER(zone)), 0);
    assert_int_equal(t.tv_sec, 1000);
    assert_int_equal(t.tv_usec, 2);
    assert_true(zone[0] == 0 && zone[1] == 0);
    assert_int_equal(sys_gettimeofday(0, 0), 0);
    assert_int_equal(sys_gettimeofday(BAD_ADDRESS, 0), -EFAULT);
    assert_int_equal(sys_gettimeofday(0, BAD_ADDRESS), -EFAULT);
}

/* The kernel keeps no time zone: one that is possible changes nothing. */
static void time_zones(void **state)
{
    int32_t zone[2] = {-120, 0}, back[2];

    become(me->leader, &cred_kernel);
    assert_int_equal(sys_settimeofday(0, USER(zone)), 0);
    assert_int_equal(sys_settimeofday(0, BAD_ADDRESS), -EFAULT);
    zone[0] = 15 * 60 + 1;
    assert_int_equal(sys_settimeofday(0, USER(zone)), -EINVAL);
    zone[0] = -15 * 60 - 1;
    assert_int_equal(sys_settimeofday(0, USER(zone)), -EINVAL);
    assert_int_equal(sys_gettimeofday(0, USER(back)), 0);
    assert_int_equal(back[0], 0);
    assert_int_equal(read_clock(CLOCK_REALTIME), 1000 * SEC);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(clocks_are_one_of_two),
        TEST(clocks_that_are_none),
        TEST(places_that_are_none),
        TEST(every_clock_counts_nanoseconds),
        TEST(ones_own_processor_time),
        TEST(processor_time_by_number),
        TEST(time_of_the_dead),
        TEST(the_wall_clock_is_set),
        TEST(the_vdso_is_told),
        TEST(only_the_wall_clock_is_set),
        TEST(times_that_are_none),
        TEST(times_out_of_reach),
        TEST(users_do_not_set_it),
        TEST(the_time_of_day),
        TEST(time_zones),
    };

    return cmocka_run_group_tests(tests, clock_world_init, NULL);
}
