#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <random/random.h>

static void never_twice_the_same(void **state)
{
    static uint8_t seen[256][32];

    for (unsigned i = 0; i < 256; i++) {
        random_bytes(seen[i], 32);
        for (unsigned k = 0; k < i; k++)
            assert_memory_not_equal(seen[i], seen[k], 32);
    }
}

/* Small requests share an output; a larger one that comes between takes what it needs of its
 * own. */
static void small_ones_differ(void **state)
{
    static uint64_t seen[2048];

    for (unsigned i = 0; i < sizeof(seen) / sizeof(seen[0]); i++) {
        uint8_t between[29];

        seen[i] = random_u64();
        if (i % 3 == 0)
            random_bytes(between, i % sizeof(between));
        for (unsigned k = 0; k < i; k++)
            assert_int_not_equal(seen[i], seen[k]);
    }
}

/* Every length, at every alignment: exactly that many bytes are written, and all of them. */
static void fills_exactly(void **state)
{
    for (size_t n = 0; n <= 200; n++) {
        uint8_t any[256] = {0}, buffer[256];
        for (unsigned round = 0; round < 16; round++) {
            memset(buffer, 0, sizeof(buffer));
            random_bytes(buffer + n % 8, n);
            for (size_t i = 0; i < sizeof(buffer); i++)
                any[i] |= buffer[i];
        }
        for (size_t i = 0; i < sizeof(buffer); i++)
            assert_int_equal(any[i] != 0, i >= n % 8 && i < n % 8 + n);
    }
}

/* A coarse check that catches a stuck bit or a wrong length, not a statistical suite. */
static void bits_are_balanced(void **state)
{
    static uint8_t data[65536];
    unsigned ones[8] = {0};

    random_bytes(data, sizeof(data));
    for (size_t i = 0; i < sizeof(data); i++)
        for (unsigned b = 0; b < 8; b++)
            ones[b] += data[i] >> b & 1;
    for (unsigned b = 0; b < 8; b++)
        assert_in_range(ones[b], 32768 - 1024, 32768 + 1024); /* 8 standard deviations */
}

static void below_its_bound(void **state)
{
    unsigned count[6] = {0};

    assert_int_equal(random_below(1), 0);
    for (unsigned i = 0; i < 6000; i++) {
        uint64_t v = random_below(6);
        assert_true(v < 6);
        count[v]++;
    }
    for (unsigned i = 0; i < 6; i++)
        assert_in_range(count[i], 800, 1200);
    for (unsigned i = 0; i < 100; i++)
        assert_true(random_below((1ull << 63) + 1) <= 1ull << 63);
}

/* Seeding is for ever: this one comes last. */
static void seeded_after_256_bits(void **state)
{
    uint8_t seed[16] = {1, 2, 3};

    assert_false(random_is_seeded());
    random_init(NULL, 0);
    random_add(seed, sizeof(seed), 0);
    assert_false(random_is_seeded());
    random_init(seed, sizeof(seed));
    assert_false(random_is_seeded());
    random_add(seed, sizeof(seed), 128);
    assert_true(random_is_seeded());
    random_add(seed, sizeof(seed), 0xffffffff);
    assert_true(random_is_seeded());
    random_add_jitter();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(never_twice_the_same), cmocka_unit_test(fills_exactly),
        cmocka_unit_test(small_ones_differ),    cmocka_unit_test(bits_are_balanced),
        cmocka_unit_test(below_its_bound),      cmocka_unit_test(seeded_after_256_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
