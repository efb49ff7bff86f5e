/*
 * lib/prng: repeats with its seed, stays below its bounds, reaches all of a small range evenly.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <prng/prng.h>

static void test_repeats(void **state)
{
    struct prng a, b, c;
    int nr_equal = 0;

    (void)state;
    prng_init(&a, 7);
    prng_init(&b, 7);
    prng_init(&c, 8);
    for (int i = 0; i < 1000; i++) {
        uint64_t x = prng_next(&a);

        assert_true(x == prng_next(&b));
        nr_equal += x == prng_next(&c);
    }
    assert_int_equal(nr_equal, 0);
}

static void test_below_is_even(void **state)
{
    unsigned counts[7] = {0};
    struct prng prng;

    (void)state;
    prng_init(&prng, 1);
    for (int i = 0; i < 70000; i++) {
        uint64_t x = prng_below(&prng, 7);

        assert_true(x < 7);
        counts[x]++;
    }
    for (int i = 0; i < 7; i++)
        assert_in_range(counts[i], 9500, 10500);
    assert_int_equal(prng_below(&prng, 1), 0);
}

static void test_fill(void **state)
{
    uint8_t buf[16] = {0};
    struct prng prng;

    (void)state;
    for (size_t n = 0; n < 16; n++) {
        prng_init(&prng, n);
        buf[n] = 0xaa;
        prng_fill(&prng, buf, n);
        assert_int_equal(buf[n], 0xaa);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_repeats),
        cmocka_unit_test(test_below_is_even),
        cmocka_unit_test(test_fill),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
