/*
 * lib/rbtree: random insertions, removals and replacements against a presence array, with the
 * red-black invariants checked on the way.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <prng/prng.h>
#include <rbtree/rbtree.h>

#define NR_ITEMS 512

struct item {
    int key;
    bool is_in;
    struct rb_node node;
};

static bool item_is_less(const struct rb_node *a, const struct rb_node *b)
{
    return rb_entry(a, struct item, node)->key < rb_entry(b, struct item, node)->key;
}

static int item_compare(const void *key, const struct rb_node *node)
{
    int a = *(const int *)key, b = rb_entry(node, struct item, node)->key;

    return (a > b) - (a < b);
}

static void expect_contents(struct rb_root *root, struct item *items)
{
    struct rb_node *node = rb_first(root);
    struct item *last = NULL;

    assert_true(rb_is_valid(root));
    for (int i = 0; i < NR_ITEMS; i++) {
        struct rb_node *found = rb_find(root, &i, item_compare);

        assert_ptr_equal(found, items[i].is_in ? &items[i].node : NULL);
        if (!items[i].is_in)
            continue;
        assert_ptr_equal(node, &items[i].node);
        assert_ptr_equal(rb_prev(node), last ? &last->node : NULL);
        last = &items[i];
        node = rb_next(node);
    }
    assert_null(node);
    assert_ptr_equal(rb_last(root), last ? &last->node : NULL);
}

static void test_random_walk(void **state)
{
    static struct item items[NR_ITEMS];
    struct rb_root root = RB_ROOT_INIT;
    struct prng prng;

    (void)state;
    prng_init(&prng, 1);
    for (int i = 0; i < NR_ITEMS; i++)
        items[i].key = i;
    for (int step = 0; step < 60000; step++) {
        struct item *it = &items[prng_below(&prng, NR_ITEMS)];
        /* Phases that grow and phases that shrink the tree. */
        bool grows = (step / 5000) % 2 == 0;

        if (it->is_in && (!grows || prng_below(&prng, 4) == 0)) {
            rb_erase(&root, &it->node);
            it->is_in = false;
        } else if (!it->is_in && (grows || prng_below(&prng, 4) == 0)) {
            rb_insert(&root, &it->node, item_is_less);
            it->is_in = true;
        }
        if (step % 97 == 0)
            expect_contents(&root, items);
    }
    expect_contents(&root, items);
}

static void test_ascending_is_balanced(void **state)
{
    static struct item items[NR_ITEMS];
    struct rb_root root = RB_ROOT_INIT;
    int depth = 0;

    (void)state;
    for (int i = 0; i < NR_ITEMS; i++) {
        items[i].key = i;
        items[i].is_in = true;
        rb_insert(&root, &items[i].node, item_is_less);
        assert_true(rb_is_valid(&root));
    }
    for (struct rb_node *node = rb_last(&root); node; node = rb_parent(node))
        depth++;
    assert_true(depth <= 2 * 10);
    for (int i = 0; i < NR_ITEMS; i++) {
        assert_ptr_equal(rb_first(&root), &items[i].node);
        rb_erase(&root, &items[i].node);
        assert_true(rb_is_valid(&root));
    }
    assert_true(rb_is_empty(&root));
    assert_null(rb_first(&root));
}

static void test_equal_keys_keep_order(void **state)
{
    struct item items[16], *it, *next;
    struct rb_root root = RB_ROOT_INIT;
    int i = 0;

    (void)state;
    for (i = 0; i < 16; i++) {
        items[i].key = 7;
        rb_insert(&root, &items[i].node, item_is_less);
    }
    i = 0;
    rb_for_each_entry(it, &root, node)
        assert_ptr_equal(it, &items[i++]);
    assert_int_equal(i, 16);
    rb_for_each_entry_safe(it, next, &root, node) {
        rb_erase(&root, &it->node);
        rb_node_init(&it->node);
        assert_false(rb_is_linked(&it->node));
    }
    assert_true(rb_is_empty(&root));
}

static void test_replace(void **state)
{
    struct item items[32], other;
    struct rb_root root = RB_ROOT_INIT;

    (void)state;
    for (int i = 0; i < 32; i++) {
        items[i].key = i;
        rb_insert(&root, &items[i].node, item_is_less);
    }
    for (int i = 0; i < 32; i++) {
        other.key = i;
        rb_replace(&root, &items[i].node, &other.node);
        assert_true(rb_is_valid(&root));
        assert_ptr_equal(rb_find(&root, &i, item_compare), &other.node);
        rb_replace(&root, &other.node, &items[i].node);
    }
    assert_true(rb_is_valid(&root));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_walk),
        cmocka_unit_test(test_ascending_is_balanced),
        cmocka_unit_test(test_equal_keys_keep_order),
        cmocka_unit_test(test_replace),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
