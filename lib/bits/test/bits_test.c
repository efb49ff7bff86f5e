/*
 * lib/bits: what the host's compiler provides; the table-driven half is proved by bits_prove.c and
 * tested on the machine by everything that uses it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <bits/bits.h>

static void test_each_bit(void **state)
{
    for (unsigned n = 0; n < 64; n++) {
        uint64_t bit = 1ull << n;

        assert_int_equal(bit_lowest64(bit), n);
        assert_int_equal(bit_lowest64(~0ull << n), n);
        assert_int_equal(bit_highest64(bit), n);
        assert_int_equal(bit_highest64(bit | (bit - 1)), n);
        assert_int_equal(bit_index64(bit), n);
        assert_int_equal(bit_ctz64(bit), n);
        assert_int_equal(bit_clz64(bit), 63 - n);
        assert_int_equal(bit_popcount64(bit - 1), n);
        assert_int_equal(bit_log2_up64(bit), n);
        if (n < 32)
            assert_int_equal(bit_highest32((uint32_t)bit), n);
        if (n < 63)
            assert_int_equal(bit_log2_up64(bit + 1), n == 0 ? 1 : n + 1);
    }
    assert_int_equal(bit_ctz64(0), 64);
    assert_int_equal(bit_clz64(0), 64);
    assert_int_equal(bit_popcount64(~0ull), 64);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_each_bit)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
