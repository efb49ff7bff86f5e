/*
 * Resource limits: what a system starts with, what may be set.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <base/errno.h>
#include <rlimit/rlimit.h>

static void what_a_system_starts_with(void **state)
{
    struct linux_rlimit limits[NR_RLIMITS];

    (void)state;
    rlimit_init(limits, 1000);
    for (unsigned i = 0; i < NR_RLIMITS; i++)
        assert_int_equal(rlimit_check(i, &limits[i]), 0);
    assert_int_equal(limits[RLIMIT_NPROC].cur, 500);
    assert_int_equal(limits[RLIMIT_SIGPENDING].max, 500);
    assert_true(limits[RLIMIT_CPU].cur == RLIM_INFINITY);
    assert_int_equal(limits[RLIMIT_CORE].cur, 0);
    assert_true(limits[RLIMIT_CORE].max == RLIM_INFINITY);
}

static void what_is_no_limit(void **state)
{
    const struct linux_rlimit good = {1, 1}, turned = {2, 1}, many = {1, (1 << 20) + 1};

    (void)state;
    assert_int_equal(rlimit_check(NR_RLIMITS, &good), -EINVAL);
    assert_int_equal(rlimit_check(~0u, &good), -EINVAL);
    assert_int_equal(rlimit_check(RLIMIT_AS, &turned), -EINVAL);
    assert_int_equal(rlimit_check(RLIMIT_NOFILE, &many), -EPERM);
    assert_int_equal(rlimit_check(RLIMIT_AS, &many), 0);
}

static void a_hard_limit_only_falls(void **state)
{
    struct linux_rlimit slot = {10, 20}, old;
    const struct linux_rlimit lower = {15, 15}, higher = {1, 21};

    (void)state;
    assert_int_equal(rlimit_set(&slot, &higher, false, &old), -EPERM);
    assert_int_equal(old.max, 20);
    assert_int_equal(slot.cur, 10);
    assert_int_equal(rlimit_set(&slot, &lower, false, &old), 0);
    assert_int_equal(old.cur, 10);
    assert_int_equal(slot.cur, 15); /* the soft one rises up to the hard one */
    assert_int_equal(rlimit_set(&slot, &higher, true, &old), 0);
    assert_int_equal(slot.max, 21);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_system_starts_with),
        cmocka_unit_test(what_is_no_limit),
        cmocka_unit_test(a_hard_limit_only_falls),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
