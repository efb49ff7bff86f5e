/*
 * lib/utf: every code point there and back; what is no UTF-8.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <base/errno.h>
#include <utf/utf.h>

static void test_round_trip(void **state)
{
    (void)state;
    for (uint32_t c = 0; c < 0x110100; c++) {
        bool is_scalar = c < 0x110000 && (c < 0xd800 || c >= 0xe000);
        char utf8[4], back[4];
        uint16_t utf16[2];
        uint32_t decoded;
        int length = utf8_encode(utf8, c), nr_units;

        assert_int_equal(length > 0, is_scalar);
        if (!is_scalar)
            continue;
        assert_int_equal(utf8_decode(utf8, (size_t)length, &decoded), length);
        assert_int_equal(decoded, c);
        for (int cut = 1; cut < length; cut++)
            assert_int_equal(utf8_decode(utf8, (size_t)cut, &decoded), -EILSEQ);
        nr_units = utf8_to_utf16(utf8, (size_t)length, utf16, 2);
        assert_int_equal(nr_units, c >= 0x10000 ? 2 : 1);
        assert_int_equal(utf16_to_utf8(utf16, (size_t)nr_units, back, 4), length);
        assert_memory_equal(back, utf8, (size_t)length);
        assert_int_equal(utf8_to_utf16(utf8, (size_t)length, utf16, (size_t)nr_units - 1),
                         -ENAMETOOLONG);
        assert_int_equal(utf16_to_utf8(utf16, (size_t)nr_units, back, (size_t)length - 1),
                         -ENAMETOOLONG);
    }
}

static void test_malformed(void **state)
{
    static const char *const bad[] = {"\x80",
                                      "\xc0\x80",
                                      "\xc1\xbf",
                                      "\xe0\x80\x80",
                                      "\xed\xa0\x80",
                                      "\xf0\x80\x80\x80",
                                      "\xf4\x90\x80\x80",
                                      "\xf8\x88\x80\x80\x80",
                                      "\xff",
                                      "\xc3("};
    uint32_t c;
    char out[8];

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
        assert_int_equal(utf8_decode(bad[i], strlen(bad[i]), &c), -EILSEQ);
    assert_int_equal(utf16_to_utf8((uint16_t[]){0xd800}, 1, out, 8), -EILSEQ);
    assert_int_equal(utf16_to_utf8((uint16_t[]){0xdc00, 0xd800}, 2, out, 8), -EILSEQ);
}

static void test_upper(void **state)
{
    (void)state;
    assert_int_equal(utf16_to_upper('q'), 'Q');
    assert_int_equal(utf16_to_upper('Q'), 'Q');
    assert_int_equal(utf16_to_upper('{'), '{');
    assert_int_equal(utf16_to_upper(0xe4), 0xc4);   /* a with diaeresis */
    assert_int_equal(utf16_to_upper(0xf7), 0xf7);   /* division sign */
    assert_int_equal(utf16_to_upper(0xff), 0x178);  /* y with diaeresis */
    assert_int_equal(utf16_to_upper(0x101), 0x100); /* a with macron */
    assert_int_equal(utf16_to_upper(0x13a), 0x139); /* l with acute */
    assert_int_equal(utf16_to_upper(0x17e), 0x17d); /* z with caron */
    assert_int_equal(utf16_to_upper(0x3b1), 0x391); /* alpha */
    assert_int_equal(utf16_to_upper(0x44f), 0x42f); /* ya */
    assert_int_equal(utf16_to_upper(0x451), 0x401); /* yo */
    for (uint32_t c = 0; c < 0x10000; c++)          /* what is upper case stays */
        assert_int_equal(utf16_to_upper(utf16_to_upper((uint16_t)c)), utf16_to_upper((uint16_t)c));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_malformed),
        cmocka_unit_test(test_upper),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
