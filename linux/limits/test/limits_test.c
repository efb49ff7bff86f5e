/*
 * Limits and usage: whose limits a process may see and set, which values are refused, what the
 * address space is told; times as getrusage(2) and times(2) show them.
 */
#include "../../task/test/processes.h"

#include <abi/syscalls.h>
#include <vspace/vspace.h>

static const struct cred other_user = {.uid = 2000, .euid = 2000, .suid = 2000, .fsuid = 2000};
static struct process *init, *me, *same, *foreign;

static struct process *make(pid_t pid, struct process *parent, const struct cred *cred)
{
    struct process *p = make_leader(pid, parent, cred);

    p->vspace = vspace_create(VSPACE_STAGE1, 0x10000, ARCH_USER_END);
    assert_non_null(p->vspace);
    p->leader->vspace = p->vspace;
    return p;
}

static int begin(void **state)
{
    init = make(1, NULL, &cred_kernel);
    me = make(10, init, &user_1000);
    same = make(11, init, &user_1000);
    foreign = make(12, init, &other_user);
    act_as(me->leader);
    return 0;
}

static int end(void **state)
{
    struct process *const all[] = {foreign, same, me, init};

    host_current = first_thread;

    for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
        struct vspace *vs = all[i]->vspace;

        all[i]->vspace = all[i]->leader->vspace = NULL;
        drop_process(all[i]);
        vspace_put(vs);
    }
    return 0;
}

static int64_t set(pid_t pid, unsigned resource, uint64_t cur, uint64_t max)
{
    struct linux_rlimit limit = {cur, max};

    return sys_prlimit64(pid, resource, USER(&limit), 0);
}

static void assert_limit(pid_t pid, unsigned resource, uint64_t cur, uint64_t max)
{
    struct linux_rlimit limit;

    assert_int_equal(sys_prlimit64(pid, resource, 0, USER(&limit)), 0);
    assert_int_equal(limit.cur, cur);
    assert_int_equal(limit.max, max);
}

static void what_is_set_is_seen(void **state)
{
    struct linux_rlimit now = {10, 20}, before;

    assert_int_equal(sys_setrlimit(RLIMIT_NOFILE, USER(&now)), 0);
    assert_limit(0, RLIMIT_NOFILE, 10, 20);
    assert_limit(10, RLIMIT_NOFILE, 10, 20);
    now = (struct linux_rlimit){5, 20};
    assert_int_equal(sys_prlimit64(0, RLIMIT_NOFILE, USER(&now), USER(&before)), 0);
    assert_int_equal(before.cur, 10);
    assert_int_equal(sys_getrlimit(RLIMIT_NOFILE, USER(&now)), 0);
    assert_int_equal(now.cur, 5);
    assert_limit(11, RLIMIT_NOFILE, RLIM_INFINITY, RLIM_INFINITY); /* of nobody else */
}

static void what_is_refused(void **state)
{
    struct linux_rlimit limit = {1, 2};

    assert_int_equal(set(0, NR_RLIMITS, 1, 1), -EINVAL);
    assert_int_equal(set(0, RLIMIT_NOFILE, 3, 2), -EINVAL); /* soft over hard */
    assert_int_equal(sys_prlimit64(0, RLIMIT_NOFILE, BAD_ADDRESS, 0), -EFAULT);
    assert_int_equal(sys_prlimit64(0, RLIMIT_NOFILE, 0, BAD_ADDRESS), -EFAULT);
    assert_int_equal(sys_getrlimit(NR_RLIMITS, USER(&limit)), -EINVAL);
    assert_int_equal(sys_prlimit64(99, RLIMIT_NOFILE, 0, USER(&limit)), -ESRCH);
    assert_limit(0, RLIMIT_NOFILE, RLIM_INFINITY, RLIM_INFINITY);
}

static void hard_limits_fall_and_do_not_rise(void **state)
{
    assert_int_equal(set(0, RLIMIT_NPROC, 5, 10), 0);
    assert_int_equal(set(0, RLIMIT_NPROC, 10, 10), 0);
    assert_int_equal(set(0, RLIMIT_NPROC, 5, 11), -EPERM);
    assert_limit(0, RLIMIT_NPROC, 10, 10);
    act_as(init->leader);
    assert_int_equal(set(10, RLIMIT_NPROC, 5, 11), 0); /* CAP_SYS_RESOURCE may */
    assert_limit(10, RLIMIT_NPROC, 5, 11);
}

static void whose_limits(void **state)
{
    struct linux_rlimit limit;

    assert_int_equal(set(11, RLIMIT_NPROC, 5, 10), 0); /* the same user's */
    assert_limit(11, RLIMIT_NPROC, 5, 10);
    assert_int_equal(sys_prlimit64(12, RLIMIT_NPROC, 0, USER(&limit)), -EPERM);
    assert_int_equal(sys_prlimit64(1, RLIMIT_NPROC, 0, USER(&limit)), -EPERM);
}

static void the_address_space_is_told(void **state)
{
    assert_int_equal(set(0, RLIMIT_AS, MIB(32), MIB(64)), 0);
    assert_int_equal(set(11, RLIMIT_STACK, MIB(1), MIB(8)), 0);
    assert_int_equal(UNLOCKED(me->vspace->limits.nr_bytes, "one thread runs"), MIB(32));
    assert_int_equal(UNLOCKED(same->vspace->limits.stack_bytes, "one thread runs"), MIB(1));
}

static void usage(void **state)
{
    struct linux_rusage u;
    int64_t ticks[4];

    me->leader->nr_minor_faults = 3;
    me->nr_minor_faults = 4; /* of threads that have left */
    me->child_utime_ns = 2500 * 1000 * 1000ull;
    me->nr_child_minor_faults = 9;
    assert_int_equal(sys_getrusage(0, USER(&u)), 0);
    assert_int_equal(u.minflt, 7);
    assert_int_equal(sys_getrusage(1, USER(&u)), 0);
    assert_int_equal(u.minflt, 3);
    assert_int_equal(sys_getrusage(-1, USER(&u)), 0);
    assert_int_equal(u.minflt, 9);
    assert_int_equal(u.utime.tv_sec, 2);
    assert_int_equal(u.utime.tv_usec, 500000);
    assert_int_equal(sys_getrusage(2, USER(&u)), -EINVAL);
    assert_int_equal(sys_getrusage(0, BAD_ADDRESS), -EFAULT);
    assert_true(sys_times(USER(ticks)) >= 0);
    assert_int_equal(ticks[2], 250); /* hundredths */
    assert_int_equal(sys_times(BAD_ADDRESS), -EFAULT);
    assert_true(sys_times(0) >= 0);
}

static int setup(void **state)
{
    int ret = world_init(state);

    vspace_boot();
    return ret;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_set_is_seen),
        TEST(what_is_refused),
        TEST(hard_limits_fall_and_do_not_rise),
        TEST(whose_limits),
        TEST(the_address_space_is_told),
        TEST(usage),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}
