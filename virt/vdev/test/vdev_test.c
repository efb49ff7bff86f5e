/*
 * The list of devices: what it refuses, and which device an address belongs to, also in comparison
 * with a search of all.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <base/errno.h>
#include <vdev/vdev.h>

static uint64_t read_nothing(struct vdev *dev, uint64_t offset, unsigned size)
{
    (void)dev, (void)offset, (void)size;
    return 0;
}

static void write_nothing(struct vdev *dev, uint64_t offset, unsigned size, uint64_t value)
{
    (void)dev, (void)offset, (void)size, (void)value;
}

static const struct vdev_ops ops = {.read = read_nothing, .write = write_nothing};

static struct vdev device(uint64_t base, uint64_t size)
{
    return (struct vdev){.name = "d", .base = GPA(base), .size = size, .ops = &ops};
}

static int add(struct vdev_list *list, struct vdev *dev, uint64_t base, uint64_t size)
{
    *dev = device(base, size);
    return vdev_list_add(list, dev);
}

static void test_finds_by_every_byte(void **state)
{
    struct vdev_list list = {0};
    struct vdev uart, plic, disk;

    (void)state;
    assert_null(vdev_list_find(&list, GPA(0)));
    assert_int_equal(add(&list, &uart, 0x10000000, 0x100), 0);
    assert_int_equal(add(&list, &plic, 0x0c000000, 0x600000), 0);
    assert_int_equal(add(&list, &disk, 0x10000100, 0x200), 0); /* the same page as the UART */
    assert_null(vdev_list_find(&list, GPA(0x0bffffff)));
    assert_ptr_equal(vdev_list_find(&list, GPA(0x0c000000)), &plic);
    assert_ptr_equal(vdev_list_find(&list, GPA(0x0c5fffff)), &plic);
    assert_null(vdev_list_find(&list, GPA(0x0c600000)));
    assert_null(vdev_list_find(&list, GPA(0x0fffffff)));
    assert_ptr_equal(vdev_list_find(&list, GPA(0x10000000)), &uart);
    assert_ptr_equal(vdev_list_find(&list, GPA(0x100000ff)), &uart);
    assert_ptr_equal(vdev_list_find(&list, GPA(0x10000100)), &disk);
    assert_ptr_equal(vdev_list_find(&list, GPA(0x100002ff)), &disk);
    assert_null(vdev_list_find(&list, GPA(0x10000300)));
    assert_null(vdev_list_find(&list, GPA(UINT64_MAX)));
}

static void test_refuses_overlaps(void **state)
{
    struct vdev_list list = {0};
    struct vdev a, b;

    (void)state;
    assert_int_equal(add(&list, &a, 0x2000, 0x1000), 0);
    assert_int_equal(add(&list, &b, 0x2000, 0x1000), -EEXIST);
    assert_int_equal(add(&list, &b, 0x2fff, 1), -EEXIST);
    assert_int_equal(add(&list, &b, 0x1000, 0x1001), -EEXIST);
    assert_int_equal(add(&list, &b, 0, 0x10000), -EEXIST);
    assert_int_equal(add(&list, &b, 0x2800, 0x10), -EEXIST);
    assert_int_equal(list.nr, 1);
    assert_int_equal(add(&list, &b, 0x3000, 0x1000), 0);
    assert_false(vdev_list_overlaps(&list, GPA(0x1000), 0x1000));
    assert_true(vdev_list_overlaps(&list, GPA(0x1000), 0x1001));
    assert_true(vdev_list_overlaps(&list, GPA(0x3fff), 1));
    assert_false(vdev_list_overlaps(&list, GPA(0x4000), 0x1000));
    assert_false(vdev_list_overlaps(&list, GPA(0x2000), 0));
}

static void test_refuses_what_is_no_device(void **state)
{
    struct vdev_list list = {0};
    static const struct vdev_ops deaf = {.read = read_nothing};
    struct vdev dev;

    (void)state;
    assert_int_equal(add(&list, &dev, 0x1000, 0), -EINVAL);
    assert_int_equal(add(&list, &dev, UINT64_MAX - 10, 100), -EINVAL);
    dev = device(0x1000, 0x1000);
    dev.ops = NULL;
    assert_int_equal(vdev_list_add(&list, &dev), -EINVAL);
    dev.ops = &deaf;
    assert_int_equal(vdev_list_add(&list, &dev), -EINVAL);
    assert_int_equal(list.nr, 0);
}

static void test_is_full_in_the_end(void **state)
{
    struct vdev_list list = {0};
    struct vdev devices[VDEVS_MAX + 1];

    (void)state;
    for (unsigned i = 0; i < VDEVS_MAX; i++)
        assert_int_equal(add(&list, &devices[i], 0x1000 * (VDEVS_MAX - i), 0x1000), 0);
    assert_int_equal(add(&list, &devices[VDEVS_MAX], 0x100000, 0x1000), -ENOSPC);
    for (unsigned i = 0; i < VDEVS_MAX; i++)
        assert_ptr_equal(vdev_list_find(&list, GPA(0x1000 * (VDEVS_MAX - i) + 0x800)), &devices[i]);
}

static void test_an_access_may_end_with_the_device(void **state)
{
    const struct vdev dev = device(0x1000, 0x100);

    (void)state;
    assert_true(vdev_is_inside(&dev, GPA(0x10ff), 1));
    assert_true(vdev_is_inside(&dev, GPA(0x10f8), 8));
    assert_false(vdev_is_inside(&dev, GPA(0x10f9), 8));
    assert_false(vdev_is_inside(&dev, GPA(0x10ff), 2));
}

static void irq_set(void *ctx, unsigned irq, bool is_raised)
{
    *(unsigned *)ctx = is_raised ? irq : 0;
}

static void test_line_reaches_who_is_connected(void **state)
{
    struct vdev dev = device(0x1000, 0x100);
    unsigned raised = 0;

    (void)state;
    vdev_irq_set(&dev, true); /* nobody */
    dev.irq = (struct vdev_irq){irq_set, &raised, 10};
    vdev_irq_set(&dev, true);
    assert_int_equal(raised, 10);
    vdev_irq_set(&dev, false);
    assert_int_equal(raised, 0);
}

/* Small devices at random, some refused: each address is found where a search of all finds it. */
static void test_agrees_with_a_search_of_all(void **state)
{
    (void)state;
    srand(1);
    for (int round = 0; round < 200; round++) {
        struct vdev_list list = {0};
        struct vdev devices[64];
        bool is_in[64];

        for (unsigned i = 0; i < 64; i++) {
            const uint64_t base = (uint64_t)rand() % 256, size = 1 + (uint64_t)rand() % 12;
            bool is_free = true;

            for (unsigned j = 0; j < i; j++)
                is_free = is_free && !(is_in[j] && base < devices[j].base.v + devices[j].size &&
                                       devices[j].base.v < base + size);
            const bool has_room = list.nr < VDEVS_MAX;

            is_in[i] = add(&list, &devices[i], base, size) == 0;
            assert_true(is_in[i] == (is_free && has_room));
        }
        for (uint64_t gpa = 0; gpa < 300; gpa++) {
            struct vdev *expected = NULL;

            for (unsigned i = 0; i < 64; i++)
                if (is_in[i] && gpa >= devices[i].base.v &&
                    gpa - devices[i].base.v < devices[i].size)
                    expected = &devices[i];
            assert_ptr_equal(vdev_list_find(&list, GPA(gpa)), expected);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_finds_by_every_byte),
        cmocka_unit_test(test_refuses_overlaps),
        cmocka_unit_test(test_refuses_what_is_no_device),
        cmocka_unit_test(test_is_full_in_the_end),
        cmocka_unit_test(test_an_access_may_end_with_the_device),
        cmocka_unit_test(test_line_reaches_who_is_connected),
        cmocka_unit_test(test_agrees_with_a_search_of_all),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
