/*
 * The conformance tests of the heap contract: every provider's test/heap_test.c is this header and
 * a main() that calls heap_suite_run(). The host's RAM arena is made afresh by the first test only,
 * since providers keep their state in globals; so each test leaves the heap as it found it.
 */
#ifndef HEAPSUITE_HEAP_SUITE_H
#define HEAPSUITE_HEAP_SUITE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <faultinject/faultinject.h>
#include <frame/frame.h>
#include <heap/heap.h>
#include <host/host.h>

static uint64_t suite_random_state = 0x2545f4914f6cdd1dull;

static uint64_t suite_random(void)
{
    suite_random_state ^= suite_random_state << 13;
    suite_random_state ^= suite_random_state >> 7;
    suite_random_state ^= suite_random_state << 17;
    return suite_random_state;
}

static uint64_t suite_nr_blocks(void)
{
    struct heap_stats s;

    heap_stats(&s);
    return s.nr_blocks;
}

static int suite_setup(void **state)
{
    const struct frame_range ram = {PADDR(0x80000000), MIB(256)};

    host_ram_init(ram.start, ram.size);
    return frame_init(&ram, 1, NULL, 0) != 0 || heap_init() != 0;
}

static void suite_sizes(void **state)
{
    for (size_t size = 0; size < 200000; size += 1 + size / 7) {
        uint8_t *p = heap_alloc(size);

        assert_non_null(p);
        assert_int_equal((uintptr_t)p % HEAP_ALIGN, 0);
        assert_true(heap_usable_size(p) >= size);
        memset(p, 0xee, size);
        heap_free(p);
    }
    heap_free(NULL);
    heap_check();
    assert_int_equal(suite_nr_blocks(), 0);
}

static void suite_large(void **state)
{
    uint8_t *p = heap_alloc(MIB(40)), *q;

    assert_non_null(p);
    memset(p, 1, MIB(40));
    q = heap_realloc(p, MIB(50));
    assert_non_null(q);
    assert_int_equal(q[MIB(40) - 1], 1);
    heap_free(q);
    /* Of 256 MiB, with no regard to powers of two. */
    heap_shrink();
    p = heap_alloc(MIB(240));
    assert_non_null(p);
    assert_true(heap_usable_size(p) >= MIB(240));
    heap_free(p);
    assert_null(heap_alloc(SIZE_MAX));
    assert_null(heap_alloc(SIZE_MAX - 100));
    assert_null(heap_alloc(GIB(3)));
    assert_null(heap_alloc(MIB(300)));
    heap_check();
}

static void suite_zero(void **state)
{
    for (unsigned round = 0; round < 2; round++) {
        uint8_t *p = round == 0 ? heap_zalloc(5000) : heap_calloc(50, 100);

        assert_non_null(p);
        for (size_t i = 0; i < 5000; i++)
            assert_int_equal(p[i], 0);
        memset(p, 0xff, 5000);
        heap_free(p);
    }
    assert_null(heap_calloc(SIZE_MAX / 2, 3));
}

static void suite_aligned(void **state)
{
    for (size_t align = 1; align <= MIB(2); align *= 2) {
        void *p[3];

        for (unsigned i = 0; i < 3; i++) {
            p[i] = heap_alloc_aligned(align, 33 + i * 1000);
            assert_non_null(p[i]);
            assert_int_equal((uintptr_t)p[i] & (align - 1), 0);
            memset(p[i], 0xaa, 33 + i * 1000);
        }
        heap_check();
        for (unsigned i = 0; i < 3; i++)
            heap_free(p[i]);
    }
    assert_null(heap_alloc_aligned(48, 10));
    assert_null(heap_alloc_aligned(0, 10));
    assert_null(heap_alloc_aligned(GIB(2), 10));
    assert_int_equal(suite_nr_blocks(), 0);
}

static void suite_realloc(void **state)
{
    uint8_t *p = heap_realloc(NULL, 10);
    size_t size = 10;

    assert_non_null(p);
    memset(p, 7, size);
    for (unsigned i = 0; i < 300; i++) {
        size_t next = 1 + suite_random() % 20000;

        p = heap_realloc(p, next);
        assert_non_null(p);
        for (size_t k = 0; k < MIN(size, next); k++)
            assert_int_equal(p[k], 7);
        size = next;
        memset(p, 7, size);
    }
    heap_free(p);
    assert_int_equal(suite_nr_blocks(), 0);
}

struct suite_owned {
    uint8_t *p;
    size_t size;
    uint8_t pattern;
};

static void suite_expect_pattern(const struct suite_owned *o)
{
    for (size_t i = 0; i < o->size; i++)
        assert_int_equal(o->p[i], o->pattern);
}

/* Random sizes; contents are checked, so an overlap of two blocks shows. All memory comes back. */
static void suite_random_walk(void **state)
{
    static struct suite_owned owned[1000];
    struct frame_stats before, after;

    heap_shrink();
    frame_cache_drain();
    frame_stats(&before);
    for (unsigned step = 0; step < 40000; step++) {
        struct suite_owned *o = &owned[suite_random() % ARRAY_SIZE(owned)];

        if (!o->p) {
            o->size = suite_random() % (16ul << suite_random() % 12);
            o->p = heap_alloc(o->size);
            assert_non_null(o->p);
            o->pattern = (uint8_t)suite_random();
            memset(o->p, o->pattern, o->size);
        } else {
            suite_expect_pattern(o);
            heap_free(o->p);
            o->p = NULL;
        }
        if (step % 4000 == 0)
            heap_check();
    }
    for (size_t i = 0; i < ARRAY_SIZE(owned); i++) {
        if (owned[i].p) {
            suite_expect_pattern(&owned[i]);
            heap_free(owned[i].p);
            owned[i].p = NULL;
        }
    }
    heap_check();
    heap_shrink();
    frame_cache_drain();
    frame_stats(&after);
    frame_check();
    assert_int_equal(suite_nr_blocks(), 0);
    assert_int_equal(before.free + before.meta, after.free + after.meta);
}

static void suite_exhaustion(void **state)
{
    struct frame_stats s;
    void *first = NULL;

    /* A chain of blocks until memory is out; then all of it comes back. */
    for (;;) {
        void **p = heap_alloc(100000);

        if (!p)
            break;
        *p = first;
        first = p;
    }
    assert_non_null(first);
    frame_stats(&s);
    assert_true(s.free < s.total / 20);
    while (first) {
        void *next = *(void **)first;

        heap_free(first);
        first = next;
    }
    heap_shrink();
    frame_cache_drain();
    frame_stats(&s);
    assert_true(s.free > s.total * 9 / 10);
    assert_non_null(first = heap_alloc(MIB(20)));
    heap_free(first);
}

static void suite_failure_injected(void **state)
{
    void *p;

    alloc_fail_set(1);
    assert_null(heap_alloc(100));
    p = heap_alloc(100);
    assert_non_null(p);
    alloc_fail_set(1);
    assert_null(heap_realloc(p, 100000));
    memset(p, 1, 100);
    heap_free(p);
    alloc_fail_set(0);
    assert_int_equal(suite_nr_blocks(), 0);
}

static void suite_bugs_are_found(void **state)
{
    uint8_t *p = heap_alloc(100), *q = heap_alloc(100);

    p[100] = 0;
    assert_true(HOST_PANICS(heap_free(p)));
    assert_non_null(strstr(host_panic_message, "overrun at byte 100"));
    p[100] = 0xbd;
    heap_free(p);
    assert_true(HOST_PANICS(heap_free(p)));
    assert_non_null(strstr(host_panic_message, "freed already"));
    assert_true(HOST_PANICS(heap_free(q + 16)));
    assert_true(HOST_PANICS(heap_free(q + 1)));
    heap_free(q);
    heap_shrink(); /* nothing is held back any more, and what was freed is still known */
    assert_true(HOST_PANICS(heap_free(p)));
    assert_non_null(strstr(host_panic_message, "freed already"));
}

/* A byte written after free, found by whatever call of the heap comes next, or later. */
static void suite_writes_after_free_are_found(void **state)
{
    static const size_t sizes[] = {1, 16, 100, 1000, 4000, 20000};

    for (unsigned i = 0; i < ARRAY_SIZE(sizes); i++) {
        uint8_t *p = heap_alloc(sizes[i]);
        size_t at = MIN(sizes[i] - 1, 3000ul);
        uint8_t before;

        heap_free(p);
        before = p[at];
        p[at] = 1;
        assert_true(HOST_PANICS((void)heap_alloc(sizes[i])));
        assert_non_null(strstr(host_panic_message, "after it was freed"));
        assert_true(HOST_PANICS(heap_check()));
        p[at] = before;
        for (unsigned k = 0; k < 10; k++) /* not among the last ones */
            heap_free(heap_alloc(10));
        p[at] = 1;
        heap_free(heap_alloc(10));
        assert_true(HOST_PANICS(heap_check()));
        p[at] = before;
        heap_check();
    }
    heap_shrink();
}

/* A string that grows step by step stays what it is, whether it moves or not. */
static void suite_growing(void **state)
{
    uint8_t *p = NULL, *behind = NULL;

    for (size_t size = 0; size < MIB(1); size += 999) {
        p = heap_realloc(p, size + 999);
        assert_non_null(p);
        assert_true(heap_usable_size(p) >= size + 999);
        memset(p + size, (int)(size / 999), 999);
        if (size / 999 % 100 == 50) { /* now and then something is in the way */
            heap_free(behind);
            behind = heap_alloc(30000);
        }
    }
    for (size_t i = 0; i < MIB(1); i++)
        assert_int_equal(p[i], (uint8_t)(i / 999));
    p = heap_realloc(p, 100000);
    assert_non_null(p);
    for (size_t i = 0; i < 100000; i++)
        assert_int_equal(p[i], (uint8_t)(i / 999));
    heap_free(p);
    heap_free(behind);
    heap_check();
    assert_int_equal(suite_nr_blocks(), 0);
}

static void suite_leaks(void **state)
{
    void *p[3];

    p[0] = heap_alloc(100);
    heap_leaks_mark();
    assert_int_equal(heap_leaks_report(), 0);
    p[1] = heap_alloc(10);
    p[2] = heap_zalloc(20);
    assert_int_equal(heap_leaks_report(), 2);
    heap_free(p[1]);
    assert_int_equal(heap_leaks_report(), 1);
    heap_free(p[2]);
    heap_free(p[0]);
    assert_int_equal(heap_leaks_report(), 0);
}

static int heap_suite_run(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(suite_sizes),      cmocka_unit_test(suite_large),
        cmocka_unit_test(suite_zero),       cmocka_unit_test(suite_aligned),
        cmocka_unit_test(suite_realloc),    cmocka_unit_test(suite_random_walk),
        cmocka_unit_test(suite_exhaustion), cmocka_unit_test(suite_failure_injected),
        cmocka_unit_test(suite_leaks),      cmocka_unit_test(suite_bugs_are_found),
        cmocka_unit_test(suite_growing),    cmocka_unit_test(suite_writes_after_free_are_found),
    };

    return cmocka_run_group_tests(tests, suite_setup, NULL);
}

#endif
