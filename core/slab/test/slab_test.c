/*
 * core/slab: caches of odd sizes against a model, constructors, shrinking, and the bugs it must
 * report.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <faultinject/faultinject.h>
#include <frame/frame.h>
#include <host/host.h>
#include <slab/slab.h>

#include "../slab.h"

static uint64_t random_state = 0xdeadbeefcafef00dull;

static uint64_t next_random(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}

static int setup(void **state)
{
    const struct frame_range ram = {PADDR(0x80000000), MIB(64)};

    host_ram_init(ram.start, ram.size);
    return frame_init(&ram, 1, NULL, 0);
}

static uint64_t free_frames(void)
{
    struct frame_stats s;

    slab_shrink(SIZE_MAX);
    frame_cache_drain();
    frame_stats(&s);
    return s.free + s.meta;
}

static size_t nr_objects(struct slab_cache *cache)
{
    struct slab_cache_stats s;

    slab_cache_stats(cache, &s);
    return s.nr_objects;
}

static void test_sizes(void **state)
{
    static void *objects[3000];

    for (size_t size = 1; size <= SLAB_MAX_SIZE; size += 1 + size / 5) {
        size_t align = size < 16 ? 8 : 16, nr = 20000 / size + 50;
        struct slab_cache *cache = slab_cache_create("test", size, 0, NULL);

        assert_non_null(cache);
        nr = MIN(nr, ARRAY_SIZE(objects));
        for (size_t i = 0; i < nr; i++) {
            objects[i] = slab_alloc(cache);
            assert_non_null(objects[i]);
            assert_int_equal((uintptr_t)objects[i] % align, 0);
            assert_ptr_equal(slab_cache_of(objects[i]), cache);
            memset(objects[i], (int)i, size);
        }
        slab_cache_check(cache);
        assert_int_equal(nr_objects(cache), nr);
        for (size_t i = 0; i < nr; i++) {
            for (size_t k = 0; k < size; k++)
                assert_int_equal(((uint8_t *)objects[i])[k], (uint8_t)i);
            slab_free(cache, objects[i]);
        }
        slab_cache_check(cache);
        assert_int_equal(nr_objects(cache), 0);
        slab_cache_destroy(cache);
    }
}

static void test_alignment(void **state)
{
    for (size_t align = 1; align <= PAGE_SIZE; align *= 2) {
        struct slab_cache *cache = slab_cache_create("aligned", 24, align, NULL);

        for (unsigned i = 0; i < 100; i++) {
            void *p = slab_alloc(cache);

            assert_int_equal((uintptr_t)p & (align - 1), 0);
            if (i % 2)
                slab_free(cache, p);
        }
        slab_cache_check(cache);
    }
}

struct constructed {
    uint64_t serial;
    char name[40];
};

static uint64_t nr_constructed;

static void construct(void *object)
{
    struct constructed *c = object;

    c->serial = ++nr_constructed;
    strcpy(c->name, "as constructed");
}

static void test_constructor(void **state)
{
    struct slab_cache *cache = slab_cache_create("ctor", sizeof(struct constructed), 0, construct);
    struct constructed *c[500];

    for (unsigned round = 0; round < 3; round++) {
        for (size_t i = 0; i < ARRAY_SIZE(c); i++) {
            c[i] = slab_alloc(cache);
            assert_string_equal(c[i]->name, "as constructed");
            assert_true(c[i]->serial != 0 && c[i]->serial <= nr_constructed);
        }
        for (size_t i = 0; i < ARRAY_SIZE(c); i++)
            slab_free(cache, c[i]);
        slab_cache_check(cache);
    }
    slab_cache_destroy(cache);
}

static void test_zalloc(void **state)
{
    struct slab_cache *cache = slab_cache_create("zero", 100, 0, NULL);
    char *p = slab_zalloc(cache);

    for (unsigned i = 0; i < 100; i++)
        assert_int_equal(p[i], 0);
    slab_free(cache, p);
    slab_cache_destroy(cache);
}

static void test_memory_comes_back(void **state)
{
    struct slab_cache *cache = slab_cache_create("back", 200, 0, NULL);
    static void *objects[10000];
    uint64_t before;

    slab_free(cache, slab_alloc(cache)); /* the magazine exists from here on */
    before = free_frames();
    for (size_t i = 0; i < ARRAY_SIZE(objects); i++)
        objects[i] = slab_alloc(cache);
    for (size_t i = 0; i < ARRAY_SIZE(objects); i++)
        slab_free(cache, objects[(i * 7919) % ARRAY_SIZE(objects)]);
    assert_int_equal(free_frames(), before);
    slab_cache_destroy(cache);
}

/* Exhaustion: NULL, then everything back, and slabs of another cache can have the frames. */
static void test_exhaustion(void **state)
{
    struct slab_cache *a = slab_cache_create("a", 1000, 0, NULL);
    struct slab_cache *b = slab_cache_create("b", 3000, 0, NULL);
    void **first = NULL, **p;
    size_t nr_a = 0, nr_b = 0;

    while ((p = slab_alloc(a)) != NULL) {
        *p = first;
        first = p;
        nr_a++;
    }
    assert_true(nr_a > 30000);
    while (first != NULL) {
        p = *first;
        slab_free(a, first);
        first = p;
    }
    while ((p = slab_alloc(b)) != NULL) {
        *p = first;
        first = p;
        nr_b++;
    }
    assert_true(nr_b > 10000);
    while (first != NULL) {
        p = *first;
        slab_free(b, first);
        first = p;
    }
    slab_cache_destroy(a);
    slab_cache_destroy(b);
}

struct owned {
    uint8_t *p;
    unsigned cache;
    uint8_t pattern;
};

static void test_random_walk(void **state)
{
    static const size_t sizes[] = {8, 16, 40, 64, 96, 200, 512, 1000, 2048, 5000};
    static struct owned owned[3000];
    struct slab_cache *caches[ARRAY_SIZE(sizes)];
    size_t nr_used[ARRAY_SIZE(sizes)] = {0};

    for (size_t i = 0; i < ARRAY_SIZE(sizes); i++)
        caches[i] = slab_cache_create("walk", sizes[i], 0, NULL);
    for (unsigned step = 0; step < 100000; step++) {
        struct owned *o = &owned[next_random() % ARRAY_SIZE(owned)];

        if (o->p == NULL) {
            o->cache = next_random() % ARRAY_SIZE(sizes);
            o->p = slab_alloc(caches[o->cache]);
            assert_non_null(o->p);
            o->pattern = (uint8_t)next_random();
            memset(o->p, o->pattern, sizes[o->cache]);
            nr_used[o->cache]++;
        } else {
            for (size_t i = 0; i < sizes[o->cache]; i++)
                assert_int_equal(o->p[i], o->pattern);
            slab_free(caches[o->cache], o->p);
            nr_used[o->cache]--;
            o->p = NULL;
        }
        if (step % 5000 == 0) {
            slab_shrink(step % 10000 ? 1 : SIZE_MAX);
            for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
                slab_cache_check(caches[i]);
                assert_int_equal(nr_objects(caches[i]), nr_used[i]);
            }
        }
    }
    for (size_t i = 0; i < ARRAY_SIZE(owned); i++)
        if (owned[i].p != NULL)
            slab_free(caches[owned[i].cache], owned[i].p);
    for (size_t i = 0; i < ARRAY_SIZE(sizes); i++)
        slab_cache_destroy(caches[i]);
    frame_check();
}

static void test_failure_injected(void **state)
{
    struct slab_cache *cache = slab_cache_create("fail", 64, 0, NULL);
    void *p;

    alloc_fail_set(1);
    assert_null(slab_alloc(cache));
    alloc_fail_set(2); /* the slab's frames */
    assert_null(slab_alloc(cache));
    alloc_fail_set(0);
    p = slab_alloc(cache);
    assert_non_null(p);
    slab_free(cache, p);
    slab_cache_destroy(cache);
}

static void test_bugs_are_found(void **state)
{
    struct slab_cache *cache = slab_cache_create("bugs", 60, 0, NULL);
    struct slab_cache *other = slab_cache_create("other", 60, 0, NULL);
    char *p = slab_alloc(cache), *q;

    assert_true(HOST_PANICS(slab_free(other, p)));
    assert_true(HOST_PANICS(slab_free(cache, p + 8)));
    p[64] = 1;
    assert_true(HOST_PANICS(slab_free(cache, p)));
    assert_non_null(strstr(host_panic_message, "overrun"));
    q = slab_alloc(cache);
    slab_free(cache, q);
    assert_true(HOST_PANICS(slab_free(cache, q)));
    assert_non_null(strstr(host_panic_message, "freed already"));
    q[3] = 1;
    assert_true(HOST_PANICS(q = slab_alloc(cache)));
    assert_non_null(strstr(host_panic_message, "after it was freed"));
}

static void count_cache(const struct slab_cache_stats *stats, void *ctx)
{
    (*(unsigned *)ctx)++;
    assert_true(stats->nr_frames >= stats->nr_slabs);
}

static void test_enumeration(void **state)
{
    unsigned before = 0, after = 0;

    slab_for_each_cache(count_cache, &before);
    assert_non_null(slab_cache_create("one more", 10, 0, NULL));
    slab_for_each_cache(count_cache, &after);
    assert_int_equal(after, before + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_alignment),
        cmocka_unit_test(test_constructor),
        cmocka_unit_test(test_zalloc),
        cmocka_unit_test(test_memory_comes_back),
        cmocka_unit_test(test_exhaustion),
        cmocka_unit_test(test_random_walk),
        cmocka_unit_test(test_failure_injected),
        cmocka_unit_test(test_enumeration),
        cmocka_unit_test(test_bugs_are_found),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}
