/*
 * Hostile SBI arguments: hart masks, fence ranges, console buffers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <vsbi/vsbi.h>

static void test_probe(void **state)
{
    (void)state;
    assert_int_equal(vsbi_probe(SBI_EXT_BASE), 1);
    assert_int_equal(vsbi_probe(SBI_EXT_DBCN), 1);
    assert_int_equal(vsbi_probe(0), 1);
    assert_int_equal(vsbi_probe(8), 1);
    assert_int_equal(vsbi_probe(9), 0);
    assert_int_equal(vsbi_probe(0x504d55), 0);
    assert_int_equal(vsbi_probe(UINT64_MAX), 0);
}

static void test_harts(void **state)
{
    uint64_t harts;

    (void)state;
    assert_int_equal(vsbi_harts(0, UINT64_MAX, 4, &harts), 0);
    assert_int_equal(harts, 0xf);
    assert_int_equal(vsbi_harts(0x3, 2, 4, &harts), 0);
    assert_int_equal(harts, 0xc);
    assert_int_equal(vsbi_harts(0, 77, 4, &harts), 0);
    assert_int_equal(harts, 0);
    assert_int_equal(vsbi_harts(1, 4, 4, &harts), SBI_ERR_INVALID_PARAM);
    assert_int_equal(vsbi_harts(0x10, 0, 4, &harts), SBI_ERR_INVALID_PARAM);
    assert_int_equal(vsbi_harts(UINT64_MAX, 1, 64, &harts), SBI_ERR_INVALID_PARAM);
    assert_int_equal(vsbi_harts(1, 1ul << 63, 4, &harts), SBI_ERR_INVALID_PARAM);
    assert_int_equal(vsbi_harts(UINT64_MAX, 0, 64, &harts), 0);
    assert_true(harts == UINT64_MAX);
}

/* Against the definition, bit by bit. */
static void test_harts_against_the_definition(void **state)
{
    (void)state;
    for (unsigned nr_harts = 1; nr_harts <= 9; nr_harts++) {
        for (uint64_t base = 0; base < 12; base++) {
            for (uint64_t mask = 0; mask < 512; mask++) {
                uint64_t expected = 0, harts = 0;
                int result = 0;

                for (unsigned bit = 0; bit < 64; bit++) {
                    if (!(mask >> bit & 1))
                        continue;
                    if (base + bit >= nr_harts)
                        result = SBI_ERR_INVALID_PARAM;
                    else
                        expected |= 1ul << (base + bit);
                }
                assert_int_equal(vsbi_harts(mask, base, nr_harts, &harts), result);
                if (result == 0)
                    assert_true(harts == expected);
            }
        }
    }
}

static void test_range(void **state)
{
    struct vsbi_range r;

    (void)state;
    assert_int_equal(vsbi_range(0, 0, &r), 0);
    assert_int_equal(r.nr_pages, 0);
    assert_int_equal(vsbi_range(0x1000, UINT64_MAX, &r), 0);
    assert_int_equal(r.nr_pages, 0);
    assert_int_equal(vsbi_range(0x1fff, 2, &r), 0);
    assert_int_equal(r.nr_pages, 2);
    assert_int_equal(r.start, 0x1000);
    assert_int_equal(vsbi_range(0xfffffffffffff000, 0x1000, &r), 0);
    assert_int_equal(r.nr_pages, 1);
    assert_int_equal(vsbi_range(0xfffffffffffff000, 0x1001, &r), SBI_ERR_INVALID_ADDRESS);
    assert_int_equal(vsbi_range(0, 32 * 4096, &r), 0);
    assert_int_equal(r.nr_pages, 32);
    assert_int_equal(vsbi_range(0, 32 * 4096 + 1, &r), 0);
    assert_int_equal(r.nr_pages, 0);
}

static void test_buffer(void **state)
{
    gpa_t gpa;

    (void)state;
    assert_int_equal(vsbi_buffer(16, 0x80000000, 0, &gpa), 0);
    assert_int_equal(gpa.v, 0x80000000);
    assert_int_equal(vsbi_buffer(16, 0x80000000, 1, &gpa), SBI_ERR_INVALID_PARAM);
    assert_int_equal(vsbi_buffer(2, (1ul << 56) - 1, 0, &gpa), SBI_ERR_INVALID_PARAM);
    assert_int_equal(vsbi_buffer(UINT64_MAX, 1, 0, &gpa), SBI_ERR_INVALID_PARAM);
    assert_int_equal(vsbi_buffer(0, UINT64_MAX, 0, &gpa), SBI_ERR_INVALID_PARAM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_probe),
        cmocka_unit_test(test_harts),
        cmocka_unit_test(test_harts_against_the_definition),
        cmocka_unit_test(test_range),
        cmocka_unit_test(test_buffer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
