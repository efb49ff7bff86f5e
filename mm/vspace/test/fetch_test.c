/*
 * Faults that wait for a device: the object's fetch is called without the space's lock, so that
 * meanwhile others map, fault and unmap in the space, even what the fault is about.
 */
#include "world.h"

#define AREA   MIB(2)
#define PLACE  (AREA + 16 * PAGE_SIZE)
#define OTHERS (AREA + 64 * PAGE_SIZE)

struct slow_object {
    struct vspace *vs;
    struct frame *frame; /* once it was fetched */
    int nr_refs;         /* VMAs and holds */
    unsigned nr_fetches;
    int err;
    void (*meanwhile)(struct slow_object *object); /* NULL: nothing happens */
};

static int slow_page(struct vma *vma, uint64_t offset, uint32_t access, struct vma_page *out)
{
    struct slow_object *object = vma->object;

    (void)access;
    if (offset >= 4 * PAGE_SIZE)
        return -ENXIO;
    if (object->frame == NULL)
        return -EAGAIN;
    frame_get(object->frame);
    *out = (struct vma_page){
        .pa = frame_to_pa(object->frame), .frame = object->frame, .is_writable = true};
    return 0;
}

static int slow_fetch(void *arg, uint64_t offset, uint32_t access, struct frame **out)
{
    struct slow_object *object = arg;

    (void)offset, (void)access;
    assert_false(mutex_is_held(&object->vs->lock));
    object->nr_fetches++;
    if (object->meanwhile != NULL)
        object->meanwhile(object);
    if (object->err != 0)
        return object->err;
    if (object->frame == NULL)
        object->frame = frame_alloc(0, FRAME_ZERO);
    assert_non_null(object->frame);
    frame_get(object->frame);
    *out = object->frame;
    return 0;
}

static void count_up(void *arg)
{
    struct slow_object *object = arg;

    object->nr_refs++;
}

static void count_down(void *arg)
{
    struct slow_object *object = arg;

    assert_true(object->nr_refs > 0);
    object->nr_refs--;
}

static void slow_get(struct vma *vma)
{
    count_up(vma->object);
}

static void slow_put(struct vma *vma)
{
    count_down(vma->object);
}

static uint64_t slow_identity(const struct vma *vma)
{
    (void)vma;
    return 77;
}

static const struct vma_ops slow_ops = {.name = "slow",
                                        .page = slow_page,
                                        .fetch = slow_fetch,
                                        .hold = count_up,
                                        .release = count_down,
                                        .get = slow_get,
                                        .put = slow_put,
                                        .identity = slow_identity};

static void map(struct vspace *vs, uint64_t at, const struct vma_ops *ops, void *object)
{
    struct vspace_map_request r = {.addr = at,
                                   .size = 8 * PAGE_SIZE,
                                   .flags =
                                       VMA_READ | VMA_WRITE | (ops == &slow_ops ? VMA_SHARED : 0),
                                   .options = VSPACE_FIXED,
                                   .ops = ops,
                                   .object = object};
    uint64_t addr;

    assert_int_equal(vspace_map(vs, &r, &addr), 0);
}

static void begin(struct slow_object *object)
{
    *object = (struct slow_object){.vs = vspace_create(VSPACE_STAGE1, AREA, MIB(32))};
    assert_non_null(object->vs);
    map(object->vs, PLACE, &slow_ops, object);
}

static void end(struct slow_object *object)
{
    vspace_put(object->vs);
    assert_int_equal(object->nr_refs, 0);
    if (object->frame != NULL)
        assert_true(frame_put(object->frame)); /* the last reference */
}

static void others_work(struct slow_object *object)
{
    map(object->vs, OTHERS, &vma_anonymous, NULL);
    assert_int_equal(vspace_fault(object->vs, OTHERS, VMA_WRITE), 0);
    assert_int_equal(vspace_unmap(object->vs, OTHERS, PAGE_SIZE), 0);
}

static void test_others_work_meanwhile(void **state)
{
    struct slow_object object;
    uint64_t id, offset;

    (void)state;
    begin(&object);
    object.meanwhile = others_work;
    assert_int_equal(vspace_fault(object.vs, PLACE, VMA_READ), 0);
    assert_int_equal(vspace_fault(object.vs, PLACE + PAGE_SIZE, VMA_WRITE), 0);
    assert_int_equal(object.nr_fetches, 1);
    assert_int_equal(vspace_fault(object.vs, PLACE + 4 * PAGE_SIZE, VMA_READ), -ENXIO);
    end(&object);

    begin(&object);
    object.meanwhile = others_work;
    assert_int_equal(vspace_populate(object.vs, PLACE, 3 * PAGE_SIZE, VMA_READ), 0);
    assert_int_equal(object.nr_fetches, 1);
    end(&object);

    begin(&object);
    object.meanwhile = others_work;
    assert_int_equal(vspace_identify(object.vs, PLACE + 8, VMA_READ, &id, &offset), 0);
    assert_int_equal(id, 77);
    assert_int_equal(offset, 8);
    end(&object);
}

static void unmap_it(struct slow_object *object)
{
    assert_int_equal(vspace_unmap(object->vs, PLACE, 8 * PAGE_SIZE), 0);
}

static void map_over_it(struct slow_object *object)
{
    map(object->vs, PLACE, &vma_anonymous, NULL);
}

static void recover(struct slow_object *object)
{
    object->err = 0;
}

static void test_the_place_changes_meanwhile(void **state)
{
    struct slow_object object;
    struct vspace_translation t;

    (void)state;
    begin(&object);
    object.meanwhile = unmap_it;
    assert_int_equal(vspace_fault(object.vs, PLACE, VMA_READ), -EFAULT);
    end(&object);

    begin(&object);
    object.meanwhile = map_over_it;
    assert_int_equal(vspace_fault(object.vs, PLACE, VMA_WRITE), 0);
    vspace_query(object.vs, PLACE, &t);
    assert_true(t.is_mapped && t.pa.v != frame_to_pa(object.frame).v);
    assert_int_equal(object.nr_fetches, 1);
    end(&object);

    begin(&object);
    object.err = -EIO;
    assert_int_equal(vspace_fault(object.vs, PLACE, VMA_READ), -EIO);
    assert_int_equal(vspace_populate(object.vs, PLACE, PAGE_SIZE, VMA_READ), -EIO);
    object.meanwhile = recover;
    assert_int_equal(vspace_fault(object.vs, PLACE, VMA_READ), 0);
    end(&object);
}

static int setup(void **state)
{
    (void)state;
    return world_init();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_others_work_meanwhile),
        cmocka_unit_test(test_the_place_changes_meanwhile),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}
