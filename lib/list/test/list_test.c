/*
 * lib/list against an array model.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <list/list.h>

struct item {
    int value;
    struct list node;
};

static void expect_values(struct list *head, const int *values, size_t nr_values)
{
    struct item *it;
    size_t i = 0;

    list_for_each_entry(it, head, node) {
        assert_true(i < nr_values);
        assert_int_equal(it->value, values[i++]);
    }
    assert_int_equal(i, nr_values);
    list_for_each_entry_reverse(it, head, node)
        assert_int_equal(it->value, values[--i]);
    assert_int_equal(i, 0);
    assert_int_equal(list_count(head), nr_values);
}

static void test_add_and_del(void **state)
{
    struct item items[4];
    LIST_DEFINE(head);

    (void)state;
    assert_true(list_is_empty(&head));
    assert_null(list_pop(&head));
    assert_null(list_first_entry_or_null(&head, struct item, node));
    for (int i = 0; i < 4; i++)
        items[i].value = i;
    list_add(&head, &items[1].node);
    assert_true(list_is_singular(&head));
    list_add(&head, &items[0].node);
    list_add_tail(&head, &items[2].node);
    list_add_tail(&items[2].node, &items[3].node); /* before items[2] */
    expect_values(&head, (int[]){0, 1, 3, 2}, 4);
    list_del(&items[1].node);
    expect_values(&head, (int[]){0, 3, 2}, 3);
    list_del_init(&items[2].node);
    assert_false(list_is_linked(&items[2].node));
    list_move_tail(&head, &items[0].node);
    expect_values(&head, (int[]){3, 0}, 2);
    list_replace(&items[3].node, &items[1].node);
    expect_values(&head, (int[]){1, 0}, 2);
    list_move(&head, &items[0].node);
    expect_values(&head, (int[]){0, 1}, 2);
    assert_ptr_equal(list_pop(&head), &items[0].node);
    assert_ptr_equal(list_pop(&head), &items[1].node);
    assert_true(list_is_empty(&head));
}

static void test_splice(void **state)
{
    struct item items[6];
    LIST_DEFINE(a);
    LIST_DEFINE(b);

    (void)state;
    for (int i = 0; i < 6; i++) {
        items[i].value = i;
        list_add_tail(i < 3 ? &a : &b, &items[i].node);
    }
    list_splice(&a, &b);
    expect_values(&a, (int[]){3, 4, 5, 0, 1, 2}, 6);
    assert_true(list_is_empty(&b));
    list_splice_tail(&a, &b);
    list_splice_tail(&b, &a);
    expect_values(&b, (int[]){3, 4, 5, 0, 1, 2}, 6);
    assert_true(list_is_empty(&a));
    list_splice(&a, &b);
    expect_values(&a, (int[]){3, 4, 5, 0, 1, 2}, 6);
}

static void test_safe_removal(void **state)
{
    struct item items[8], *it, *next;
    LIST_DEFINE(head);

    (void)state;
    for (int i = 0; i < 8; i++) {
        items[i].value = i;
        list_add_tail(&head, &items[i].node);
    }
    list_for_each_entry_safe(it, next, &head, node) {
        if (it->value % 2) {
            list_del(&it->node);
            it->value = -1;
        }
    }
    expect_values(&head, (int[]){0, 2, 4, 6}, 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_add_and_del),
        cmocka_unit_test(test_splice),
        cmocka_unit_test(test_safe_removal),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
