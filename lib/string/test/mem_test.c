/*
 * The freestanding mem* and str* functions, compiled under other names, against the C library's.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <prng/prng.h>

/* Sizes 0 to 100 at all alignments, and some above one and several blocks. */
#define MAX_SIZE 400

static uint8_t *(*libc_memmove)(void *, const void *, size_t) = (void *)memmove;
static void *(*libc_memset)(void *, int, size_t) = memset;
static int (*libc_memcmp)(const void *, const void *, size_t) = memcmp;
static size_t (*libc_strlen)(const char *) = strlen;
static int (*libc_strcmp)(const char *, const char *) = strcmp;

#define STRING_IMPLEMENT
#define memcpy  my_memcpy
#define memmove my_memmove
#define memset  my_memset
#define memcmp  my_memcmp
#define memchr  my_memchr
#define strlen  my_strlen
#define strnlen my_strnlen
#define strcmp  my_strcmp
#define strncmp my_strncmp
#define strchr  my_strchr
#define strrchr my_strrchr
#define strstr  my_strstr
#define strlcpy my_strlcpy
#include "../mem.c"
#undef WHOLE_WORDS
#undef OFFSET
#define word_t str_word_t
#include "../str.c"

static size_t nth_size(unsigned n)
{
    return n <= 100 ? n : 100 + (n - 100) * 31;
}

static uint8_t arena[2][MAX_SIZE + 64], expected[MAX_SIZE + 64];

static void fill_arena(struct prng *prng)
{
    prng_fill(prng, arena, sizeof(arena));
}

static void test_memcpy(void **state)
{
    struct prng prng;

    (void)state;
    prng_init(&prng, 1);
    for (unsigned n = 0; nth_size(n) <= MAX_SIZE; n++) {
        for (unsigned d = 0; d < 8; d++) {
            for (unsigned s = 0; s < 8; s++) {
                fill_arena(&prng);
                libc_memmove(expected, arena[0], sizeof(expected));
                libc_memmove(expected + 16 + d, arena[1] + 16 + s, nth_size(n));
                assert_ptr_equal(memcpy(arena[0] + 16 + d, arena[1] + 16 + s, nth_size(n)),
                                 arena[0] + 16 + d);
                assert_int_equal(libc_memcmp(arena[0], expected, sizeof(expected)), 0);
            }
        }
    }
}

static void test_memmove_overlapping(void **state)
{
    struct prng prng;

    (void)state;
    prng_init(&prng, 2);
    for (int i = 0; i < 60000; i++) {
        size_t n = prng_below(&prng, 200);
        size_t d = prng_below(&prng, 200), s = prng_below(&prng, 200);

        if (i % 16 == 0)
            fill_arena(&prng);
        libc_memmove(expected, arena[0], sizeof(expected));
        libc_memmove(expected + d, expected + s, n);
        memmove(arena[0] + d, arena[0] + s, n);
        assert_int_equal(libc_memcmp(arena[0], expected, sizeof(expected)), 0);
    }
}

static void test_memset(void **state)
{
    struct prng prng;

    (void)state;
    prng_init(&prng, 3);
    fill_arena(&prng);
    for (unsigned n = 0; nth_size(n) <= MAX_SIZE; n++) {
        for (unsigned d = 0; d < 8; d++) {
            int byte = (int)prng_below(&prng, 1000) - 500;

            libc_memmove(expected, arena[0], sizeof(expected));
            libc_memset(expected + 16 + d, byte, nth_size(n));
            memset(arena[0] + 16 + d, byte, nth_size(n));
            assert_int_equal(libc_memcmp(arena[0], expected, sizeof(expected)), 0);
        }
    }
}

static int sign(int x)
{
    return (x > 0) - (x < 0);
}

static void test_memcmp(void **state)
{
    struct prng prng;

    (void)state;
    prng_init(&prng, 4);
    for (int i = 0; i < 60000; i++) {
        size_t n = prng_below(&prng, 80), a = prng_below(&prng, 9), b = prng_below(&prng, 9);

        fill_arena(&prng);
        libc_memmove(arena[0] + a, arena[1] + b, n);
        if (n && i % 2)
            arena[0][a + prng_below(&prng, n)] ^= (uint8_t)(1 + prng_below(&prng, 255));
        assert_int_equal(sign(memcmp(arena[0] + a, arena[1] + b, n)),
                         sign(libc_memcmp(arena[0] + a, arena[1] + b, n)));
    }
}

static void test_strings(void **state)
{
    struct prng prng;
    char a[64], b[64];

    (void)state;
    prng_init(&prng, 5);
    for (int i = 0; i < 40000; i++) {
        size_t n = prng_below(&prng, 40), at = prng_below(&prng, 9), bt = prng_below(&prng, 9);

        for (size_t j = 0; j < n; j++)
            a[at + j] = b[bt + j] = (char)(1 + prng_below(&prng, 255));
        a[at + n] = b[bt + n] = '\0';
        if (n && i % 2)
            a[at + prng_below(&prng, n)] = (char)prng_below(&prng, 256);
        assert_int_equal(strlen(a + at), libc_strlen(a + at));
        assert_int_equal(strnlen(a + at, 20), MIN(libc_strlen(a + at), (size_t)20));
        assert_int_equal(sign(strcmp(a + at, b + bt)), sign(libc_strcmp(a + at, b + bt)));
        assert_int_equal(sign(strncmp(a + at, b + bt, 64)), sign(libc_strcmp(a + at, b + bt)));
        assert_int_equal(strncmp(a + at, b + bt, 0), 0);
    }
    assert_string_equal(strchr("hello", 'l'), "llo");
    assert_string_equal(strchr("hello", '\0'), "");
    assert_null(strchr("hello", 'x'));
    assert_string_equal(strrchr("hello", 'l'), "lo");
    assert_null(strrchr("hello", 'x'));
    assert_string_equal(strstr("one two", "two"), "two");
    assert_string_equal(strstr("one two", ""), "one two");
    assert_null(strstr("one two", "three"));
    assert_non_null(memchr("abc", 'c', 3));
    assert_null(memchr("abc", 'c', 2));
}

static void test_strlcpy(void **state)
{
    char buf[4] = "xxx";

    (void)state;
    assert_int_equal(strlcpy(buf, "abcdef", 0), 6);
    assert_string_equal(buf, "xxx");
    assert_int_equal(strlcpy(buf, "abcdef", 4), 6);
    assert_string_equal(buf, "abc");
    assert_int_equal(strlcpy(buf, "z", 4), 1);
    assert_string_equal(buf, "z");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_memcpy),  cmocka_unit_test(test_memmove_overlapping),
        cmocka_unit_test(test_memset),  cmocka_unit_test(test_memcmp),
        cmocka_unit_test(test_strings), cmocka_unit_test(test_strlcpy),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
