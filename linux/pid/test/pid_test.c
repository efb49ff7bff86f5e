/*
 * Tables of numbers: what was put in is found, also in one bucket; numbers go round, past those in
 * use in any table.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pid/pid.h>

static struct pid_table tables[2];
static struct pid_entry entries[PID_MAX];

static int begin(void **state)
{
    (void)state;
    pid_table_init(&tables[0]);
    pid_table_init(&tables[1]);
    return 0;
}

static void what_has_a_number_is_found(void **state)
{
    (void)state;
    /* Three of one bucket, one of another. */
    pid_add(&tables[0], &entries[0], 7);
    pid_add(&tables[0], &entries[1], 7 + PID_NR_BUCKETS);
    pid_add(&tables[0], &entries[2], 7 + 2 * PID_NR_BUCKETS);
    pid_add(&tables[0], &entries[3], 8);
    assert_ptr_equal(pid_find(&tables[0], 7), &entries[0]);
    assert_ptr_equal(pid_find(&tables[0], 7 + PID_NR_BUCKETS), &entries[1]);
    assert_ptr_equal(pid_find(&tables[0], 7 + 2 * PID_NR_BUCKETS), &entries[2]);
    assert_ptr_equal(pid_find(&tables[0], 8), &entries[3]);
    assert_null(pid_find(&tables[1], 7));
    pid_remove(&entries[1]);
    assert_null(pid_find(&tables[0], 7 + PID_NR_BUCKETS));
    assert_ptr_equal(pid_find(&tables[0], 7), &entries[0]);
    pid_remove(&entries[1]); /* once more does no harm */
}

/* A program may ask for any number. */
static void numbers_that_nobody_can_have(void **state)
{
    (void)state;
    pid_add(&tables[0], &entries[0], 1);
    assert_null(pid_find(&tables[0], 0));
    assert_null(pid_find(&tables[0], -1));
    assert_null(pid_find(&tables[0], INT32_MIN));
    assert_null(pid_find(&tables[0], INT32_MAX));
}

static void numbers_go_round(void **state)
{
    (void)state;
    assert_int_equal(pid_next_free(tables, 2, 1), 2);
    assert_int_equal(pid_next_free(tables, 2, PID_MAX - 2), PID_MAX - 1);
    assert_int_equal(pid_next_free(tables, 2, PID_MAX - 1), 2);
    pid_add(&tables[0], &entries[0], PID_MAX - 1);
    pid_add(&tables[1], &entries[1], 2);
    pid_add(&tables[0], &entries[2], 3);
    assert_int_equal(pid_next_free(tables, 2, PID_MAX - 2), 4);
}

/* All but one in use, in one table or the other: that one is found from anywhere. */
static void the_last_free_number(void **state)
{
    const pid_t hole = 12345;

    (void)state;
    for (pid_t nr = 2; nr < PID_MAX; nr++)
        if (nr != hole)
            pid_add(&tables[nr % 2], &entries[nr], nr);
    assert_int_equal(pid_next_free(tables, 2, 2), hole);
    assert_int_equal(pid_next_free(tables, 2, hole), hole);
    assert_int_equal(pid_next_free(tables, 2, PID_MAX - 1), hole);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(what_has_a_number_is_found, begin),
        cmocka_unit_test_setup(numbers_that_nobody_can_have, begin),
        cmocka_unit_test_setup(numbers_go_round, begin),
        cmocka_unit_test_setup(the_last_free_number, begin),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
