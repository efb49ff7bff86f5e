/*
 * lib/sort against qsort.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <prng/prng.h>
#include <sort/sort.h>

static int compare_ints(const void *a, const void *b, void *ctx)
{
    int x = *(const int *)a, y = *(const int *)b;

    (void)ctx;
    return (x > y) - (x < y);
}

static int compare_for_qsort(const void *a, const void *b)
{
    return compare_ints(a, b, NULL);
}

static void test_sort(void **state)
{
    struct prng prng;
    int values[200], expected[200];

    (void)state;
    prng_init(&prng, 1);
    for (int round = 0; round < 2000; round++) {
        size_t nr_values = prng_below(&prng, 201), at;
        int key = (int)prng_below(&prng, 100);

        for (size_t i = 0; i < nr_values; i++) {
            values[i] = (int)prng_below(&prng, 100);
        }
        memcpy(expected, values, sizeof(values));
        qsort(expected, nr_values, sizeof(int), compare_for_qsort);
        sort(values, nr_values, sizeof(int), compare_ints, NULL);
        assert_memory_equal(values, expected, nr_values * sizeof(int));
        at = sort_lower_bound(values, nr_values, sizeof(int), &key, compare_ints, NULL);
        assert_true(at == nr_values || values[at] >= key);
        assert_true(at == 0 || values[at - 1] < key);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_sort)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
