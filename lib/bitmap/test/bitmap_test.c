/*
 * lib/bitmap against an array of bools.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <base/errno.h>
#include <bitmap/bitmap.h>
#include <prng/prng.h>

#define MAX_BITS 300

static size_t model_next(const bool *model, size_t nr_bits, size_t from, bool value)
{
    while (from < nr_bits && model[from] != value)
        from++;
    return MIN(from, nr_bits);
}

static size_t model_run(const bool *model, size_t nr_bits, size_t from, size_t count, size_t align)
{
    for (size_t i = from; i + count <= nr_bits && i < nr_bits; i++)
        if (i % align == 0 && model_next(model, i + count, i, true) == i + count)
            return i;
    return nr_bits;
}

static void test_against_model(void **state)
{
    struct prng prng;

    (void)state;
    prng_init(&prng, 1);
    for (int round = 0; round < 3000; round++) {
        size_t nr_bits = 1 + prng_below(&prng, MAX_BITS), count = 0;
        BITMAP_DECLARE(map, MAX_BITS);
        bool model[MAX_BITS] = {false};

        /* Bits behind the end must not matter, and must stay. */
        memset(map, 0xff, sizeof(map));
        bitmap_zero(map, nr_bits);
        for (int step = 0; step < 12; step++) {
            size_t first = prng_below(&prng, nr_bits), n = prng_below(&prng, nr_bits - first + 1);
            bool value = prng_below(&prng, 2);

            if (step % 3 == 0) {
                (value ? bitmap_set : bitmap_clear)(map, first);
                model[first] = value;
                continue;
            }
            (value ? bitmap_set_range : bitmap_clear_range)(map, first, n);
            memset(model + first, value, n);
        }
        for (size_t i = 0; i < nr_bits; i++) {
            size_t length = prng_below(&prng, 80), align = 1ul << prng_below(&prng, 5);

            count += model[i];
            assert_int_equal(bitmap_test(map, i), model[i]);
            assert_int_equal(bitmap_next_set(map, nr_bits, i), model_next(model, nr_bits, i, true));
            assert_int_equal(bitmap_next_clear(map, nr_bits, i),
                             model_next(model, nr_bits, i, false));
            assert_int_equal(bitmap_find_clear_run(map, nr_bits, i, length, align),
                             model_run(model, nr_bits, i, length, align));
        }
        assert_int_equal(bitmap_count(map, nr_bits), count);
        for (size_t i = nr_bits; i < MAX_BITS; i++)
            assert_true(bitmap_test(map, i));
        count = 0;
        bitmap_for_each_set(bit, map, nr_bits) {
            assert_true(model[bit]);
            count++;
        }
        assert_int_equal(count, bitmap_count(map, nr_bits));
    }
}

static void test_take(void **state)
{
    BITMAP_DECLARE(map, 70) = {0};
    size_t bit;

    (void)state;
    for (size_t i = 0; i < 70; i++) {
        assert_int_equal(bitmap_take(map, 70, 0, &bit), 0);
        assert_int_equal(bit, i);
    }
    assert_int_equal(bitmap_take(map, 70, 0, &bit), -ENOSPC);
    bitmap_clear(map, 3);
    assert_int_equal(bitmap_take(map, 70, 4, &bit), -ENOSPC);
    assert_int_equal(bitmap_take(map, 70, 1, &bit), 0);
    assert_int_equal(bit, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_against_model),
        cmocka_unit_test(test_take),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
