/*
 * The formatter against the C library's snprintf, for all combinations of flags, widths and
 * precisions.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static int (*libc_snprintf)(char *, size_t, const char *, ...) = snprintf;

#define PRINTF_IMPLEMENT
#define snprintf  my_snprintf
#define vsnprintf my_vsnprintf
#include "../snprintf.c"

/* The formats under test are put together at run time. */
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-security"

#define EXPECT_SAME(...)                                                                           \
    do {                                                                                           \
        char ours[256], theirs[256];                                                               \
        int rc = snprintf(ours, sizeof(ours), __VA_ARGS__);                                        \
        assert_int_equal(rc, libc_snprintf(theirs, sizeof(theirs), __VA_ARGS__));                  \
        assert_string_equal(ours, theirs);                                                         \
    } while (0)

static const char *const widths[] = {"", "1", "8", "20", "40"};
static const char *const precisions[] = {"", ".", ".0", ".1", ".7", ".30"};

/* Calls check with each flags, width and precision, as "%-08.3". */
static void for_each_prefix(void (*check)(const char *prefix))
{
    for (unsigned flags = 0; flags < 32; flags++) {
        for (size_t w = 0; w < ARRAY_SIZE(widths); w++) {
            for (size_t p = 0; p < ARRAY_SIZE(precisions); p++) {
                char prefix[32];

                libc_snprintf(prefix, sizeof(prefix), "%%%s%s%s%s%s%s%s", flags & 1 ? "-" : "",
                              flags & 2 ? "0" : "", flags & 4 ? "+" : "", flags & 8 ? " " : "",
                              flags & 16 ? "#" : "", widths[w], precisions[p]);
                check(prefix);
            }
        }
    }
}

static void check_integers(const char *prefix)
{
    static const long long values[] = {0,          1,       -1,      42,       -12345,
                                       255,        INT_MAX, INT_MIN, LONG_MAX, LONG_MIN,
                                       0xdeadbeef, 128,     -129,    65535,    010};
    static const char conversions[] = "diuxXo";

    for (size_t v = 0; v < ARRAY_SIZE(values); v++) {
        for (size_t c = 0; c < sizeof(conversions) - 1; c++) {
            char fmt[48];

            libc_snprintf(fmt, sizeof(fmt), "[%s%c]", prefix, conversions[c]);
            EXPECT_SAME(fmt, (int)values[v]);
            libc_snprintf(fmt, sizeof(fmt), "[%shh%c]", prefix, conversions[c]);
            EXPECT_SAME(fmt, (int)values[v]);
            libc_snprintf(fmt, sizeof(fmt), "[%sh%c]", prefix, conversions[c]);
            EXPECT_SAME(fmt, (int)values[v]);
            libc_snprintf(fmt, sizeof(fmt), "[%sl%c]", prefix, conversions[c]);
            EXPECT_SAME(fmt, (long)values[v]);
            libc_snprintf(fmt, sizeof(fmt), "[%sll%c]", prefix, conversions[c]);
            EXPECT_SAME(fmt, values[v]);
            libc_snprintf(fmt, sizeof(fmt), "[%sz%c]", prefix, conversions[c]);
            EXPECT_SAME(fmt, (size_t)values[v]);
        }
    }
}

static void test_integers(void **state)
{
    (void)state;
    for_each_prefix(check_integers);
}

static void check_text(const char *prefix)
{
    char fmt[48];

    libc_snprintf(fmt, sizeof(fmt), "[%ss]", prefix);
    /* The effect of flags other than - on %s is undefined. */
    if (!strpbrk(prefix, "0+ #") || strchr(prefix, '.')) {
        if (!strpbrk(prefix, "+ #") && strncmp(prefix, "%0", 2) && strncmp(prefix, "%-0", 3)) {
            EXPECT_SAME(fmt, "");
            EXPECT_SAME(fmt, "hello");
            EXPECT_SAME(fmt, "a text that is longer than all those widths and precisions");
        }
    }
}

static void test_text(void **state)
{
    char unterminated[3] = {'a', 'b', 'c'};
    char buf[32];

    (void)state;
    for_each_prefix(check_text);
    EXPECT_SAME("%c%5c%-5c|", 'a', 'b', 'c');
    EXPECT_SAME("%.3s", unterminated);
    EXPECT_SAME("%*s|%-*s|%*s", 6, "ab", 6, "cd", -6, "ef");
    EXPECT_SAME("%.*s|%.*s", 1, "ab", -1, "cd");
    EXPECT_SAME("%*d|%*.*d", 6, 1, 9, 4, 2);
    EXPECT_SAME("%d%%", 100);
    EXPECT_SAME("plain");
    EXPECT_SAME("%p", (void *)0x1234abcdul);
    EXPECT_SAME("%20p|%-20p|", (void *)0x12, (void *)0x34);
    snprintf(buf, sizeof(buf), "%s %p", (char *)NULL, NULL);
    assert_string_equal(buf, "(null) 0x0");
}

static void test_unknown_conversion_ends_interpretation(void **state)
{
    const char *fmt = "%d %f %s";
    char buf[32];

    (void)state;
    assert_int_equal(snprintf(buf, sizeof(buf), fmt, 7), 7);
    assert_string_equal(buf, "7 %f %s");
    fmt = "100%";
    snprintf(buf, sizeof(buf), fmt);
    assert_string_equal(buf, "100%");
}

static void test_cut(void **state)
{
    char buf[5] = "xxxx";

    (void)state;
    assert_int_equal(snprintf(NULL, 0, "%d", 12345), 5);
    assert_int_equal(snprintf(buf, 1, "%d", 12345), 5);
    assert_string_equal(buf, "");
    assert_int_equal(snprintf(buf, 5, "%08d", 12345), 8);
    assert_string_equal(buf, "0001");
    assert_int_equal(snprintf(buf, 5, "%s%s", "ab", "cde"), 5);
    assert_string_equal(buf, "abcd");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_integers),
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_unknown_conversion_ends_interpretation),
        cmocka_unit_test(test_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
