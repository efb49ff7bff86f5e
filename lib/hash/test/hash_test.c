/*
 * lib/hash: known answers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <hash/hash.h>

static void test_fnv(void **state)
{
    (void)state;
    /* The vectors of the authors' test suite. */
    assert_true(hash_fnv(HASH_FNV_INIT, "", 0) == 0xcbf29ce484222325ull);
    assert_true(hash_fnv(HASH_FNV_INIT, "a", 1) == 0xaf63dc4c8601ec8cull);
    assert_true(hash_fnv(HASH_FNV_INIT, "foobar", 6) == 0x85944171f73967e8ull);
}

static void test_sip(void **state)
{
    const uint64_t key[2] = {1, 2}, other[2] = {1, 3};
    const char text[] = "0123456789abcdef";

    (void)state;
    for (size_t n = 0; n < sizeof(text); n++) {
        for (size_t m = 0; m < n; m++) {
            assert_true(hash_sip(key, text, n) != hash_sip(key, text, m));
        }
        assert_true(hash_sip(key, text, n) != hash_sip(other, text, n));
    }
}

/* What CPython's hash of bytes, SipHash-1-3 too, gives with the key 0. */
static void test_sip_answers(void **state)
{
    const uint64_t key[2] = {0, 0};

    (void)state;
    assert_true(hash_sip(key, "a", 1) == 0x407448d2b89b1813ull);
    assert_true(hash_sip(key, "abcdefg", 7) == 0x6db12aae9070f506ull);
    assert_true(hash_sip(key, "abcdefgh", 8) == 0x3f7b849c0b8e35eaull);
    assert_true(hash_sip(key, "0123456789abcdef!", 17) == 0x9463628f6c8882caull);
}

static void test_u64_spreads(void **state)
{
    (void)state;
    for (int bit = 0; bit < 64; bit++) {
        int nr_changed = __builtin_popcountll(hash_u64(12345) ^ hash_u64(12345 ^ 1ull << bit));

        assert_in_range(nr_changed, 16, 48);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fnv),
        cmocka_unit_test(test_sip),
        cmocka_unit_test(test_sip_answers),
        cmocka_unit_test(test_u64_spreads),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
