/*
 * Anonymous memory of mm/vspace: how many faults a sequential walk takes, alone and beside another
 * in the same VMA; and faults while another thread holds the space's lock.
 */
#include "world.h"

#define BASE   MIB(4)
#define LIMIT  MIB(64)
#define RIGHTS (VMA_READ | VMA_WRITE)

static struct vspace *make_space(uint64_t nr_pages)
{
    struct vspace *vs = vspace_create(VSPACE_STAGE1, BASE, LIMIT);
    const struct vspace_map_request r = {.addr = BASE,
                                         .size = nr_pages * PAGE_SIZE,
                                         .flags = RIGHTS,
                                         .options = VSPACE_FIXED,
                                         .ops = &vma_anonymous};
    uint64_t addr;

    assert_non_null(vs);
    assert_int_equal(vspace_map(vs, &r, &addr), 0);
    return vs;
}

static bool is_there(struct vspace *vs, uint64_t page)
{
    struct vspace_translation t;

    vspace_query(vs, BASE + page * PAGE_SIZE, &t);
    return t.is_mapped;
}

/* Write to the page; returns whether that took a fault. */
static unsigned touch(struct vspace *vs, uint64_t page)
{
    if (is_there(vs, page))
        return 0;
    assert_int_equal(vspace_fault(vs, BASE + page * PAGE_SIZE, VMA_WRITE), 0);
    assert_true(is_there(vs, page));
    return 1;
}

static void a_walk_takes_a_fault_for_a_window(void **state)
{
    struct vspace *vs = make_space(2048);
    unsigned nr_faults = 0;

    (void)state;
    for (uint64_t page = 0; page < 2048; page++)
        nr_faults += touch(vs, page);
    assert_in_range(nr_faults, 1, 2048 / 16 + 8);
    vspace_put(vs);
}

static void walks_in_one_vma_do_not_disturb_each_other(void **state)
{
    struct vspace *vs = make_space(256);
    unsigned nr_faults = 0;

    (void)state;
    for (uint64_t page = 0; page < 64; page++)
        nr_faults += touch(vs, page) + touch(vs, 100 + page);
    assert_in_range(nr_faults, 2, 2 * 8);
    vspace_put(vs);
}

static void pages_here_and_there_are_filled_alone(void **state)
{
    struct vspace *vs = make_space(512);

    (void)state;
    for (uint64_t page = 0; page < 512; page += 32) {
        assert_int_equal(touch(vs, page), 1);
        assert_false(is_there(vs, page + 1));
    }
    vspace_put(vs);
}

/* What a window would fill, but is there already or lies behind the VMA, stays as it is. */
static void a_window_ends_where_pages_are(void **state)
{
    struct vspace *vs = make_space(40);
    uint64_t nr_free = nr_free_frames();
    char mark = 'm', seen = 0;

    (void)state;
    assert_int_equal(vspace_copy_in(vs, BASE + 20 * PAGE_SIZE, &mark, 1), 1);
    for (uint64_t page = 0; page < 40; page++)
        (void)touch(vs, page);
    assert_int_equal(vspace_copy_out(vs, &seen, BASE + 20 * PAGE_SIZE, 1), 1);
    assert_int_equal(seen, mark);
    assert_false(is_there(vs, 40));
    assert_int_equal(vspace_fault(vs, BASE + 40 * PAGE_SIZE, VMA_READ), -EFAULT);
    assert_int_equal(vspace_discard(vs, BASE, 40 * PAGE_SIZE), 0);
    assert_in_range(nr_free - nr_free_frames(), 0, 1); /* a page of the tables */
    vspace_put(vs);
}

/* The lock is another's, as far as a fault can tell: it must not wait for it. */
static void a_fault_goes_on_beside_who_holds_the_lock(void **state)
{
    struct vspace *vs = make_space(64);
    unsigned nr_faults = 0;
    char zero = 1;

    (void)state;
    mutex_lock(&vs->lock);
    for (uint64_t page = 0; page < 64; page++)
        nr_faults += touch(vs, page);
    assert_in_range(nr_faults, 1, 8);
    assert_int_equal(vspace_discard(vs, BASE, 64 * PAGE_SIZE), 0);
    assert_false(is_there(vs, 5));
    assert_int_equal(touch(vs, 5), 1);
    mutex_unlock(&vs->lock);
    assert_int_equal(vspace_copy_out(vs, &zero, BASE + 5 * PAGE_SIZE, 1), 1);
    assert_int_equal(zero, 0);
    vspace_put(vs);
}

static int setup(void **state)
{
    (void)state;
    return world_init();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_walk_takes_a_fault_for_a_window),
        cmocka_unit_test(walks_in_one_vma_do_not_disturb_each_other),
        cmocka_unit_test(pages_here_and_there_are_filled_alone),
        cmocka_unit_test(a_window_ends_where_pages_are),
        cmocka_unit_test(a_fault_goes_on_beside_who_holds_the_lock),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}
