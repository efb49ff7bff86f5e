/*
 * core/lock: the lock-order check. The host has a simpler stand-in for it, so the real one is
 * compiled in here under other names.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#define lock_order_acquire   real_acquire
#define lock_order_acquired  real_acquired
#define lock_order_release   real_release
#define lock_order_last      real_last
#define lock_order_irq_enter real_irq_enter
#define lock_order_irq_exit  real_irq_exit
#define spin_debug_acquire   real_spin_acquire
#define spin_debug_acquired  real_spin_acquired
#define spin_debug_release   real_spin_release
#undef assert
#include "../order.c"

#include <host/host.h>

static char locks[8];

static void take_at(struct lock_held *held, int lock, const char *lock_class, uint32_t depth)
{
    real_acquire(held, &locks[lock], lock_class, depth);
    real_acquired(held, &locks[lock], lock_class, depth);
}

static void take(struct lock_held *held, int lock, const char *lock_class)
{
    take_at(held, lock, lock_class, 0);
}

static int start_anew(void **state)
{
    (void)state;
    nr_classes = 0;
    is_broken = false;
    graph_lock = 0;
    memset(edges, 0, sizeof(edges));
    memset(hashed, 0, sizeof(hashed));
    memset(is_of_irq, 0, sizeof(is_of_irq));
    memset(is_open, 0, sizeof(is_open));
    irq_depth[0] = 0;
    host_irq_enabled = 1;
    return 0;
}

static void test_one_order_is_fine(void **state)
{
    struct lock_held a = {0}, b = {0};

    (void)state;
    for (int i = 0; i < 3; i++) {
        take(&a, 0, "x");
        take(&a, 1, "y");
        take(&a, 2, "z");
        real_release(&a, &locks[1]); /* in any order */
        real_release(&a, &locks[0]);
        real_release(&a, &locks[2]);
        assert_int_equal(a.nr, 0);
        take(&b, 3, "x");
        take(&b, 4, "z");
        real_release(&b, &locks[4]);
        real_release(&b, &locks[3]);
    }
}

static void test_both_orders_are_not(void **state)
{
    struct lock_held a = {0}, b = {0};

    (void)state;
    take(&a, 0, "x");
    take(&a, 1, "y");
    take(&b, 2, "y");
    assert_true(HOST_PANICS(real_acquire(&b, &locks[3], "x", 0)));
}

/* x before y, y before z: then z before x closes a circle that no two of them would. */
static void test_circle_of_three(void **state)
{
    struct lock_held a = {0}, b = {0}, c = {0};

    (void)state;
    take(&a, 0, "x");
    take(&a, 1, "y");
    take(&b, 2, "y");
    take(&b, 3, "z");
    take(&c, 4, "z");
    assert_true(HOST_PANICS(real_acquire(&c, &locks[5], "x", 0)));
}

static void test_the_same_name_at_two_places_is_one_class(void **state)
{
    static const char one[] = "x", other[] = "x";
    struct lock_held a = {0}, b = {0};

    (void)state;
    take(&a, 0, one);
    take(&a, 1, "y");
    take(&b, 2, "y");
    assert_true(HOST_PANICS(real_acquire(&b, &locks[3], other, 0)));
}

static void test_twice_is_a_bug(void **state)
{
    struct lock_held a = {0};

    (void)state;
    take(&a, 0, "x");
    assert_true(HOST_PANICS(real_acquire(&a, &locks[0], "x", 1)));
}

static void test_two_of_a_class_are_a_bug(void **state)
{
    struct lock_held a = {0};

    (void)state;
    take(&a, 0, "x");
    assert_true(HOST_PANICS(real_acquire(&a, &locks[1], "x", 0)));
}

static void test_a_class_nests_by_depth_one_way(void **state)
{
    struct lock_held a = {0}, b = {0};

    (void)state;
    take(&a, 0, "x");
    take_at(&a, 1, "x", 1);
    take_at(&a, 2, "x", 2);
    take_at(&b, 3, "x", 1);
    assert_true(HOST_PANICS(real_acquire(&b, &locks[4], "x", 0)));
}

/* The second's depth counts against other classes, too. */
static void test_a_depth_has_a_place_among_classes(void **state)
{
    struct lock_held a = {0}, b = {0};

    (void)state;
    take_at(&a, 0, "x", 1);
    take(&a, 1, "y");
    take(&b, 2, "y");
    assert_true(HOST_PANICS(real_acquire(&b, &locks[3], "x", 1)));
}

static void test_a_trylock_has_no_order(void **state)
{
    struct lock_held a = {0}, b = {0};

    (void)state;
    take(&a, 0, "x");
    take(&a, 1, "y");
    take(&b, 2, "y");
    real_acquired(&b, &locks[3], "x", 0); /* did not wait */
    assert_int_equal(b.nr, 2);
}

/* As a spinlock is taken: with what interrupts are at the moment. */
static void spin_take(struct lock_held *held, int lock, const char *lock_class, int is_enabled)
{
    host_irq_enabled = is_enabled;
    take(held, lock, lock_class);
    note_irq_state(lock_class, 0);
}

/* x is taken by handlers. */
static void take_in_interrupt(void)
{
    struct lock_held handler = {0};

    real_irq_enter();
    spin_take(&handler, 0, "x", 0);
    real_irq_exit();
}

static void test_open_under_one_of_interrupts(void **state)
{
    struct lock_held a = {0}, b = {0};

    (void)state;
    take_in_interrupt();
    spin_take(&a, 1, "x", 0);
    spin_take(&a, 2, "y", 0);
    assert_true(HOST_PANICS(spin_take(&b, 3, "y", 1)));
}

static void test_interrupt_under_open_is_seen_last(void **state)
{
    struct lock_held a = {0}, b = {0};

    (void)state;
    spin_take(&b, 3, "z", 1);
    spin_take(&a, 1, "x", 0);
    spin_take(&a, 2, "y", 0);
    spin_take(&a, 4, "z", 0);
    assert_true(HOST_PANICS(take_in_interrupt()));
}

static void test_one_of_interrupts_is_itself_not_open(void **state)
{
    struct lock_held a = {0};

    (void)state;
    take_in_interrupt();
    assert_true(HOST_PANICS(spin_take(&a, 1, "x", 1)));
}

static void test_masked_under_one_of_interrupts(void **state)
{
    struct lock_held a = {0}, b = {0};

    (void)state;
    take_in_interrupt();
    spin_take(&a, 1, "x", 0);
    spin_take(&a, 2, "y", 0);
    spin_take(&b, 3, "y", 0);
    real_release(&b, &locks[3]);
    spin_take(&b, 4, "z", 1); /* not under x */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_one_order_is_fine, start_anew),
        cmocka_unit_test_setup(test_both_orders_are_not, start_anew),
        cmocka_unit_test_setup(test_circle_of_three, start_anew),
        cmocka_unit_test_setup(test_the_same_name_at_two_places_is_one_class, start_anew),
        cmocka_unit_test_setup(test_twice_is_a_bug, start_anew),
        cmocka_unit_test_setup(test_two_of_a_class_are_a_bug, start_anew),
        cmocka_unit_test_setup(test_a_class_nests_by_depth_one_way, start_anew),
        cmocka_unit_test_setup(test_a_depth_has_a_place_among_classes, start_anew),
        cmocka_unit_test_setup(test_a_trylock_has_no_order, start_anew),
        cmocka_unit_test_setup(test_open_under_one_of_interrupts, start_anew),
        cmocka_unit_test_setup(test_interrupt_under_open_is_seen_last, start_anew),
        cmocka_unit_test_setup(test_one_of_interrupts_is_itself_not_open, start_anew),
        cmocka_unit_test_setup(test_masked_under_one_of_interrupts, start_anew),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
