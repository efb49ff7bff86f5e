/*
 * Scheduling calls: nice values and who may change them, affinity, policies, disk priorities.
 */
#include <abi/syscalls.h>
#include <percpu/percpu.h>

#include "../../task/test/processes.h"

enum { WHICH_PROCESS, WHICH_PGRP, WHICH_USER };
enum { OTHER, FIFO, RR, BATCH, IDLE = 5 };

static const struct cred other_user = {.uid = 2000, .euid = 2000, .suid = 2000, .fsuid = 2000};
static struct process *init, *me, *child, *foreign;
static struct user_thread *second; /* of me */

static int begin(void **state)
{
    (void)state;
    init = make_leader(1, NULL, &cred_kernel);
    me = make_leader(10, init, &user_1000);
    second = make_thread(me, 11);
    child = make_leader(20, me, &user_1000);
    foreign = make_leader(30, init, &other_user);
    act_as(me->leader);
    return 0;
}

static int end(void **state)
{
    (void)state;
    drop_process(foreign);
    drop_process(child);
    drop_process(me);
    drop_process(init);
    return 0;
}

/* ---- nice values ---- */

static void nice_falls_and_does_not_rise(void **state)
{
    (void)state;
    assert_int_equal(sys_getpriority(WHICH_PROCESS, 0), 20);
    assert_int_equal(sys_setpriority(WHICH_PROCESS, 0, 5), 0);
    assert_int_equal(sys_getpriority(WHICH_PROCESS, 10), 15);
    assert_int_equal(me->leader->thread.nice, 5);
    assert_int_equal(second->thread.nice, 5);
    assert_int_equal(sys_setpriority(WHICH_PROCESS, 0, 4), -EACCES);
    assert_int_equal(sys_setpriority(WHICH_PROCESS, 0, 5), 0);
    become(me->leader, &cred_kernel);
    assert_int_equal(sys_setpriority(WHICH_PROCESS, 0, -5), 0);
    assert_int_equal(sys_getpriority(WHICH_PROCESS, 0), 25);
}

static void values_beyond_the_ends_are_the_ends(void **state)
{
    (void)state;
    act_as(init->leader);
    assert_int_equal(sys_setpriority(WHICH_PROCESS, 10, 100), 0);
    assert_int_equal(sys_getpriority(WHICH_PROCESS, 10), 1);
    assert_int_equal(sys_setpriority(WHICH_PROCESS, 10, INT32_MIN), 0);
    assert_int_equal(sys_getpriority(WHICH_PROCESS, 10), 40);
}

static void whose_nice_value(void **state)
{
    (void)state;
    assert_int_equal(sys_setpriority(WHICH_PROCESS, 30, 5), -EPERM);
    assert_int_equal(sys_setpriority(WHICH_PROCESS, 99, 5), -ESRCH);
    assert_int_equal(sys_setpriority(3, 0, 5), -EINVAL);
    assert_int_equal(sys_getpriority(3, 0), -EINVAL);
    assert_int_equal(sys_getpriority(WHICH_PROCESS, 99), -ESRCH);
    assert_int_equal(sys_setpriority(WHICH_PGRP, 20, 3), 0);
    assert_int_equal(child->nice, 3);
    assert_int_equal(me->nice, 0);
    assert_int_equal(sys_setpriority(WHICH_USER, 0, 7), 0);
    assert_int_equal(child->nice, 7);
    assert_int_equal(me->nice, 7);
    assert_int_equal(foreign->nice, 0);
    assert_int_equal(sys_setpriority(WHICH_USER, 2000, 7), -EPERM);
    child->nice = 1; /* the best of those meant is told */
    assert_int_equal(sys_getpriority(WHICH_USER, 1000), 19);
}

/* ---- affinity ---- */

static void affinity_is_of_cpus_that_there_are(void **state)
{
    const cpumask_t two = 3, far = 1ul << 40, none = 0;
    cpumask_t mask = 0, wide[2] = {1, ~0ul};

    (void)state;
    cpus_online = two;
    assert_int_equal(sys_sched_getaffinity(0, sizeof(mask), USER(&mask)), sizeof(mask));
    assert_int_equal(mask, 3);
    mask = 2 | far;
    assert_int_equal(sys_sched_setaffinity(11, sizeof(mask), USER(&mask)), 0);
    assert_int_equal(sys_sched_getaffinity(11, sizeof(mask), USER(&mask)), sizeof(mask));
    assert_int_equal(mask, 2);
    assert_int_equal(sys_sched_getaffinity(10, sizeof(mask), USER(&mask)), sizeof(mask));
    assert_int_equal(mask, 3); /* of that thread alone */
    assert_int_equal(sys_sched_setaffinity(0, sizeof(far), USER(&far)), -EINVAL);
    assert_int_equal(sys_sched_setaffinity(0, sizeof(none), USER(&none)), -EINVAL);
    assert_int_equal(sys_sched_setaffinity(0, sizeof(wide), USER(wide)), 0);
    assert_int_equal(thread_affinity(&me->leader->thread), 1);
    cpus_online = 0xffff;
    mask = 0x0301; /* a mask of one byte is that byte */
    assert_int_equal(sys_sched_setaffinity(0, 1, USER(&mask)), 0);
    assert_int_equal(thread_affinity(&me->leader->thread), 1);
    cpus_online = 1;
}

static void affinity_refused(void **state)
{
    cpumask_t mask[2] = {1, 7};

    (void)state;
    assert_int_equal(sys_sched_setaffinity(0, 0, USER(mask)), -EINVAL);
    assert_int_equal(sys_sched_setaffinity(0, 8, BAD_ADDRESS), -EFAULT);
    assert_int_equal(sys_sched_setaffinity(99, 8, USER(mask)), -ESRCH);
    assert_int_equal(sys_sched_setaffinity(30, 8, USER(mask)), -EPERM);
    assert_int_equal(sys_sched_getaffinity(0, 4, USER(mask)), -EINVAL);
    assert_int_equal(sys_sched_getaffinity(0, 12, USER(mask)), -EINVAL);
    assert_int_equal(sys_sched_getaffinity(0, 8, BAD_ADDRESS), -EFAULT);
    assert_int_equal(sys_sched_getaffinity(99, 8, USER(mask)), -ESRCH);
    assert_int_equal(sys_sched_getaffinity(0, 16, USER(mask)), 8); /* what was written */
    assert_int_equal(mask[1], 7);
}

/* ---- policies ---- */

static void policies(void **state)
{
    uint32_t zero = 0, one = 1, value = 9;

    (void)state;
    assert_int_equal(sys_sched_getscheduler(0), OTHER);
    assert_int_equal(sys_sched_setscheduler(0, BATCH, USER(&zero)), 0);
    assert_int_equal(sys_sched_getscheduler(10), BATCH);
    assert_int_equal(sys_sched_getscheduler(11), OTHER);
    assert_int_equal(sys_sched_setscheduler(0, BATCH, USER(&one)), -EINVAL);
    assert_int_equal(sys_sched_setscheduler(0, 4, USER(&zero)), -EINVAL);
    assert_int_equal(sys_sched_setscheduler(0, FIFO, USER(&one)), -EPERM); /* not faked */
    assert_int_equal(sys_sched_setscheduler(30, IDLE, USER(&zero)), -EPERM);
    assert_int_equal(sys_sched_setscheduler(-1, OTHER, USER(&zero)), -EINVAL);
    assert_int_equal(sys_sched_setscheduler(0, OTHER, 0), -EINVAL);
    assert_int_equal(sys_sched_setscheduler(0, OTHER, BAD_ADDRESS), -EFAULT);
    assert_int_equal(sys_sched_setscheduler(99, OTHER, USER(&zero)), -ESRCH);
    assert_int_equal(sys_sched_getscheduler(-1), -EINVAL);
    assert_int_equal(sys_sched_getscheduler(99), -ESRCH);
    assert_int_equal(sys_sched_getscheduler(0), BATCH);
    assert_int_equal(sys_sched_getparam(0, USER(&value)), 0);
    assert_int_equal(value, 0);
    assert_int_equal(sys_sched_setparam(0, USER(&one)), -EINVAL);
    assert_int_equal(sys_sched_setparam(99, USER(&zero)), -ESRCH);
    assert_int_equal(sys_sched_get_priority_max(RR), 99);
    assert_int_equal(sys_sched_get_priority_min(FIFO), 1);
    assert_int_equal(sys_sched_get_priority_max(IDLE), 0);
    assert_int_equal(sys_sched_get_priority_max(4), -EINVAL);
}

struct attr {
    uint32_t size, policy;
    uint64_t flags;
    int32_t nice;
    uint32_t priority;
    uint64_t runtime, deadline, period;
};

static void attributes(void **state)
{
    struct attr attr = {.size = sizeof(attr), .policy = IDLE, .flags = 1}, back = {0};

    (void)state;
    assert_int_equal(sys_sched_setattr(0, USER(&attr), 0), 0);
    assert_int_equal(sys_sched_getattr(0, USER(&back), sizeof(back), 0), 0);
    assert_int_equal(back.size, sizeof(back));
    assert_int_equal(back.policy, IDLE);
    assert_int_equal(back.flags, 1); /* reset on fork */
    attr = (struct attr){.size = sizeof(attr), .nice = 100};
    assert_int_equal(sys_sched_setattr(0, USER(&attr), 0), 0);
    assert_int_equal(me->nice, 19);
    attr.nice = 0;
    assert_int_equal(sys_sched_setattr(0, USER(&attr), 0), -EACCES);
    attr.flags = 2;
    assert_int_equal(sys_sched_setattr(0, USER(&attr), 0), -EINVAL);
    attr = (struct attr){.size = sizeof(attr) - 8};
    assert_int_equal(sys_sched_setattr(0, USER(&attr), 0), -E2BIG);
    assert_int_equal(attr.size, sizeof(attr)); /* the one that is known */
    assert_int_equal(sys_sched_setattr(0, USER(&attr), 1), -EINVAL);
    assert_int_equal(sys_sched_setattr(99, USER(&attr), 0), -ESRCH);
    assert_int_equal(sys_sched_getattr(0, USER(&back), sizeof(back) - 1, 0), -EINVAL);
    assert_int_equal(sys_sched_getattr(0, BAD_ADDRESS, sizeof(back), 0), -EFAULT);
}

static void attributes_of_a_later_version(void **state)
{
    struct {
        struct attr known;
        uint8_t more[16];
    } attr = {.known.size = sizeof(attr)};

    (void)state;
    assert_int_equal(sys_sched_setattr(0, USER(&attr), 0), 0);
    attr.more[15] = 1; /* the structure's last byte is a part of it, and one behind is not */
    assert_int_equal(sys_sched_setattr(0, USER(&attr), 0), -E2BIG);
    assert_int_equal(attr.known.size, sizeof(attr.known));
    attr.known.size = sizeof(attr) - 1;
    assert_int_equal(sys_sched_setattr(0, USER(&attr), 0), 0);
    attr.known.size = PAGE_SIZE + 1;
    assert_int_equal(sys_sched_setattr(0, USER(&attr), 0), -E2BIG);
}

/* ---- disk priorities ---- */

#define IOPRIO(class, data) ((class) << 13 | (data))

static void disk_priorities(void **state)
{
    (void)state;
    assert_int_equal(sys_ioprio_get(1, 0), 0);
    assert_int_equal(sys_ioprio_set(1, 0, IOPRIO(2, 7)), 0);
    assert_int_equal(sys_ioprio_get(1, 10), IOPRIO(2, 7));
    assert_int_equal(sys_ioprio_set(1, 0, IOPRIO(2, 8)), -EINVAL);
    assert_int_equal(sys_ioprio_set(1, 0, IOPRIO(0, 1)), -EINVAL);
    assert_int_equal(sys_ioprio_set(1, 0, IOPRIO(4, 0)), -EINVAL);
    assert_int_equal(sys_ioprio_set(1, 0, IOPRIO(1, 0)), -EPERM); /* real time */
    assert_int_equal(sys_ioprio_set(0, 0, 0), -EINVAL);
    assert_int_equal(sys_ioprio_set(4, 0, 0), -EINVAL);
    assert_int_equal(sys_ioprio_set(1, 99, 0), -ESRCH);
    assert_int_equal(sys_ioprio_set(1, 30, 0), -EPERM);
    assert_int_equal(sys_ioprio_set(1, 20, IOPRIO(2, 3)), 0);
    assert_int_equal(sys_ioprio_get(3, 1000), IOPRIO(2, 3)); /* the highest of the user's */
    assert_int_equal(sys_ioprio_get(1, 99), -ESRCH);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(nice_falls_and_does_not_rise),
        TEST(values_beyond_the_ends_are_the_ends),
        TEST(whose_nice_value),
        TEST(affinity_is_of_cpus_that_there_are),
        TEST(affinity_refused),
        TEST(policies),
        TEST(attributes),
        TEST(attributes_of_a_later_version),
        TEST(disk_priorities),
    };

    return cmocka_run_group_tests(tests, world_init, NULL);
}
