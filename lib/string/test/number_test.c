/*
 * Numbers in text.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <base/errno.h>
#include <string/string.h>

static void expect_u64(const char *s, unsigned base, int rc, uint64_t value, const char *rest)
{
    const char *end = NULL;
    uint64_t out = 77;

    assert_int_equal(str_to_u64(s, &end, base, &out), rc);
    assert_int_equal(out, rc ? 77 : value);
    assert_string_equal(end, rest);
}

static void test_u64(void **state)
{
    (void)state;
    expect_u64("0", 0, 0, 0, "");
    expect_u64("010", 0, 0, 10, "");
    expect_u64("12ab", 10, 0, 12, "ab");
    expect_u64("12ab", 16, 0, 0x12ab, "");
    expect_u64("0x12aBg", 0, 0, 0x12ab, "g");
    expect_u64("0x12aB", 16, 0, 0x12ab, "");
    expect_u64("0xg", 0, 0, 0, "xg");
    expect_u64("0b101", 0, 0, 5, "");
    expect_u64("0b1", 16, 0, 0xb1, "");
    expect_u64("777", 8, 0, 0777, "");
    expect_u64("zz", 36, 0, 35 * 36 + 35, "");
    expect_u64("18446744073709551615", 0, 0, UINT64_MAX, "");
    expect_u64("18446744073709551616x", 0, -ERANGE, 0, "x");
    expect_u64("0xffffffffffffffff", 0, 0, UINT64_MAX, "");
    expect_u64("0x10000000000000000", 0, -ERANGE, 0, "");
    expect_u64("", 0, -EINVAL, 0, "");
    expect_u64("-1", 0, -EINVAL, 0, "-1");
    expect_u64(" 1", 0, -EINVAL, 0, " 1");
    expect_u64("9", 8, -EINVAL, 0, "9");
}

static void expect_size(const char *s, int rc, uint64_t value, const char *rest)
{
    const char *end = NULL;
    uint64_t out = 77;

    assert_int_equal(str_to_size(s, &end, &out), rc);
    assert_int_equal(out, rc ? 77 : value);
    assert_string_equal(end, rest);
}

static void test_size(void **state)
{
    (void)state;
    expect_size("4096", 0, 4096, "");
    expect_size("64K", 0, 65536, "");
    expect_size("0x10m,", 0, MIB(16), ",");
    expect_size("1G@", 0, GIB(1), "@");
    expect_size("2T", 0, GIB(2048), "");
    expect_size("16777216T", -ERANGE, 0, "");
    expect_size("K", -EINVAL, 0, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_u64),
        cmocka_unit_test(test_size),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
