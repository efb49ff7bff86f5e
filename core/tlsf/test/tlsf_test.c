/*
 * core/tlsf: single operations, and random walks against a model in which every block carries a
 * pattern of its own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <tlsf/inline.h>

static struct tlsf heap;
static uint64_t random_state = 88172645463325252ull;

static uint64_t next_random(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}

static void expect_sound(struct tlsf_pool *pool)
{
    const char *damage = tlsf_check(&heap);

    if (damage == NULL)
        damage = tlsf_pool_check(&heap, pool);
    if (damage != NULL)
        fail_msg("%s", damage);
}

static void test_classes(void **state)
{
    unsigned last = 0;

    /* Classes grow with the size, by one at a time; a class for a size holds at least the size. */
    for (uint64_t size = TLSF_MIN_BLOCK; size < 1ul << 20; size += 16) {
        unsigned of = tlsf_class_of(size), need = tlsf_class_for(size);

        assert_true(of == last || of == last + 1 || size == TLSF_MIN_BLOCK);
        assert_true(need == of || need == of + 1);
        assert_int_equal(need == of, tlsf_class_of(size - 16) != of || size == TLSF_MIN_BLOCK);
        last = of;
    }
    assert_true(tlsf_class_of((1ul << 32) - 16) < TLSF_NR_CLASSES);
    for (unsigned log2 = 10; log2 < 32; log2++) {
        assert_int_equal(tlsf_class_of(1ul << log2), tlsf_class_of((1ul << log2) - 16) + 1);
        assert_int_equal(tlsf_class_for(1ul << log2), tlsf_class_of(1ul << log2));
        /* Below 2^10 each class holds one size; above, a size inside a class needs the next one. */
        assert_int_equal(tlsf_class_for((1ul << log2) - 16),
                         tlsf_class_of(1ul << log2) - (log2 == TLSF_LINEAR_LOG2));
    }
}

static void test_pool(void **state)
{
    static char mem[65536] ALIGNED(16);
    struct tlsf_pool *pool;
    void *p;

    tlsf_init(&heap);
    assert_null(tlsf_alloc(&heap, 1));
    assert_null(tlsf_pool_add(&heap, mem, 40));
    pool = tlsf_pool_add(&heap, mem + 1, sizeof(mem) - 3);
    assert_non_null(pool);
    expect_sound(pool);
    assert_true(tlsf_pool_is_free(pool));
    p = tlsf_alloc(&heap, 1);
    assert_non_null(p);
    assert_int_equal(tlsf_usable_size(p), 24);
    assert_int_not_equal(tlsf_pool_remove(&heap, pool), 0);
    tlsf_free(&heap, p);
    assert_int_equal(tlsf_pool_remove(&heap, pool), 0);
    assert_null(tlsf_alloc(&heap, 1));
    assert_null(tlsf_check(&heap));
}

/* Zeroed memory is an empty allocator; pools of any size may come, larger ones after smaller. */
static void test_growing_pools(void **state)
{
    static struct tlsf zeroed;

    assert_null(tlsf_check(&zeroed));
    assert_null(tlsf_alloc(&zeroed, 1));
    for (size_t size = 100; size < 100000000; size = size * 3 / 2 + 7) {
        char *mem = malloc(size + 16);
        struct tlsf_pool *pool = tlsf_pool_add(&zeroed, (void *)ALIGN_UP((uintptr_t)mem, 16), size);
        void *whole = tlsf_alloc(&zeroed, tlsf_pool_capacity(size));

        assert_non_null(whole);
        tlsf_free(&zeroed, whole);
        assert_null(tlsf_check(&zeroed));
        assert_null(tlsf_pool_check(&zeroed, pool));
        if (size % 2 == 0) {
            assert_int_equal(tlsf_pool_remove(&zeroed, pool), 0);
            free(mem);
        }
    }
}

/* Whatever tlsf_pool_capacity promises can be had, and nothing much larger. */
static void test_capacity(void **state)
{
    for (size_t size = 100; size < 3000000; size = size * 5 / 4 + 7) {
        size_t capacity = tlsf_pool_capacity(size);
        char *mem = malloc(size + 16);
        struct tlsf_pool *pool;
        void *p;

        tlsf_init(&heap);
        pool = tlsf_pool_add(&heap, (void *)ALIGN_UP((uintptr_t)mem, 16), size);
        assert_non_null(pool);
        p = tlsf_alloc(&heap, capacity);
        assert_non_null(p);
        expect_sound(pool);
        tlsf_free(&heap, p);
        assert_null(tlsf_alloc(&heap, size));
        free(mem);
    }
    for (unsigned i = 0; i < 3000; i++) {
        size_t align = 1ul << next_random() % 16,
               size = next_random() % (1ul << next_random() % 22);
        size_t need = tlsf_pool_size_for(align, size);
        char *mem = malloc(need + 16);
        void *p;

        struct tlsf_pool *pool;

        tlsf_init(&heap);
        pool = tlsf_pool_add(&heap, (void *)ALIGN_UP((uintptr_t)mem, 16), need);
        assert_non_null(pool);
        p = tlsf_pool_alloc(&heap, pool, align, size);
        expect_sound(pool);
        assert_non_null(p);
        assert_int_equal((uintptr_t)p & (align - 1), 0);
        assert_true(tlsf_usable_size(p) >= size);
        free(mem);
    }
}

static void test_refusals(void **state)
{
    static char mem[4096] ALIGNED(16);

    tlsf_init(&heap);
    tlsf_pool_add(&heap, mem, sizeof(mem));
    assert_null(tlsf_alloc(&heap, SIZE_MAX));
    assert_null(tlsf_alloc(&heap, SIZE_MAX - 7));
    assert_null(tlsf_alloc(&heap, SIZE_MAX / 2));
    assert_null(tlsf_alloc(&heap, TLSF_MAX_SIZE));
    assert_null(tlsf_alloc_aligned(&heap, 64, SIZE_MAX - 64));
    assert_null(tlsf_alloc_aligned(&heap, 1ul << 40, 1));
    assert_null(tlsf_alloc(&heap, 4096));
    assert_int_equal(tlsf_pool_size_for(16, SIZE_MAX), SIZE_MAX);
}

static void test_resize(void **state)
{
    static char mem[65536] ALIGNED(16);
    struct tlsf_pool *pool;
    char *p, *q;

    tlsf_init(&heap);
    pool = tlsf_pool_add(&heap, mem, sizeof(mem));
    p = tlsf_alloc(&heap, 100);
    assert_true(tlsf_resize(&heap, p, 20000)); /* into the free rest of the pool */
    assert_true(tlsf_usable_size(p) >= 20000);
    expect_sound(pool);
    q = tlsf_alloc(&heap, 100);
    assert_false(tlsf_resize(&heap, p, 30000)); /* a neighbour is in the way */
    assert_false(tlsf_resize(&heap, p, SIZE_MAX));
    assert_true(tlsf_resize(&heap, p, 50));
    assert_int_equal(tlsf_usable_size(p), 56);
    expect_sound(pool);
    assert_true(tlsf_resize(&heap, p, 19000));
    expect_sound(pool);
    tlsf_free(&heap, q);
    tlsf_free(&heap, p);
    expect_sound(pool);
    assert_true(tlsf_pool_is_free(pool));
}

/* Merging is immediate: after everything is freed in any order there is one block again. */
static void test_merge_orders(void **state)
{
    static char mem[8192] ALIGNED(16);

    for (unsigned order = 0; order < 24; order++) {
        void *p[4];
        unsigned left[4] = {0, 1, 2, 3}, n = 4, code = order;
        struct tlsf_pool *pool;

        tlsf_init(&heap);
        pool = tlsf_pool_add(&heap, mem, sizeof(mem));
        for (unsigned i = 0; i < 4; i++)
            p[i] = tlsf_alloc(&heap, 100 * i);
        while (n > 0) {
            unsigned i = code % n;

            code /= n;
            tlsf_free(&heap, p[left[i]]);
            left[i] = left[--n];
            expect_sound(pool);
        }
        assert_true(tlsf_pool_is_free(pool));
    }
}

struct owned {
    uint8_t *p;
    size_t size;
    uint8_t pattern;
};

static void expect_pattern(const struct owned *o)
{
    for (size_t i = 0; i < o->size; i++)
        assert_int_equal(o->p[i], o->pattern);
}

static size_t random_size(void)
{
    return next_random() % (16ul << next_random() % 10);
}

static void test_random_walk(void **state)
{
    static char mem[2][300000] ALIGNED(16);
    static struct owned owned[400];
    struct tlsf_pool *pools[2];

    tlsf_init(&heap);
    for (unsigned i = 0; i < 2; i++)
        pools[i] = tlsf_pool_add(&heap, mem[i], sizeof(mem[i]));
    for (unsigned step = 0; step < 60000; step++) {
        struct owned *o = &owned[next_random() % ARRAY_SIZE(owned)];

        if (o->p == NULL) {
            size_t align = 1ul << next_random() % 12;

            o->size = random_size();
            o->p = next_random() % 4 == 0 ? tlsf_alloc_aligned(&heap, align, o->size)
                                          : tlsf_alloc(&heap, o->size);
            o->pattern = (uint8_t)next_random();
            if (o->p != NULL)
                memset(o->p, o->pattern, o->size);
        } else if (next_random() % 4 == 0) {
            size_t size = random_size();

            expect_pattern(o);
            if (tlsf_resize(&heap, o->p, size)) {
                o->size = MIN(o->size, size);
                expect_pattern(o);
                o->size = size;
                memset(o->p, o->pattern, size);
            } else {
                assert_true(size > o->size);
            }
        } else {
            expect_pattern(o);
            tlsf_free(&heap, o->p);
            o->p = NULL;
        }
        if (step % 200 == 0) {
            expect_sound(pools[0]);
            expect_sound(pools[1]);
        }
    }
    for (size_t i = 0; i < ARRAY_SIZE(owned); i++)
        if (owned[i].p != NULL)
            tlsf_free(&heap, owned[i].p);
    expect_sound(pools[0]);
    assert_int_equal(tlsf_pool_remove(&heap, pools[0]), 0);
    assert_int_equal(tlsf_pool_remove(&heap, pools[1]), 0);
    assert_int_equal(heap.summary, 0);
}

/* The check sees damage, or it would be no check. */
static void test_check_sees_damage(void **state)
{
    static char mem[4096] ALIGNED(16);
    struct tlsf_pool *pool;
    void *p, *q;

    tlsf_init(&heap);
    pool = tlsf_pool_add(&heap, mem, sizeof(mem));
    p = tlsf_alloc(&heap, 100);
    q = tlsf_alloc(&heap, 100);
    tlsf_free(&heap, p);
    *tlsf_head(q) &= ~TLSF_BLOCK_PREV_FREE;
    assert_non_null(tlsf_pool_check(&heap, pool));
    *tlsf_head(q) |= TLSF_BLOCK_PREV_FREE;
    assert_null(tlsf_pool_check(&heap, pool));
    heap.words[0] = 0;
    assert_non_null(tlsf_check(&heap));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_classes),       cmocka_unit_test(test_pool),
        cmocka_unit_test(test_capacity),      cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_resize),        cmocka_unit_test(test_merge_orders),
        cmocka_unit_test(test_random_walk),   cmocka_unit_test(test_check_sees_damage),
        cmocka_unit_test(test_growing_pools),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
