/*
 * The kernel's own memcpy and its siblings, as the machine runs them: all alignments against loops
 * of bytes.
 */
#include <ktest/ktest.h>
#include <string/string.h>

#define ARENA 320

static uint8_t from[ARENA], to[ARENA], expected[ARENA];

static void fill(uint8_t *bytes, unsigned seed)
{
    for (unsigned i = 0; i < ARENA; i++)
        bytes[i] = (uint8_t)(seed = seed * 1103515245u + 12345u, seed >> 16);
}

static bool is_expected(void)
{
    for (unsigned i = 0; i < ARENA; i++)
        if (to[i] != expected[i])
            return false;
    return true;
}

KTEST(memory_copies_at_all_alignments)
{
    unsigned nr_bad = 0;

    for (unsigned d = 0; d < 8; d++) {
        for (unsigned s = 0; s < 8; s++) {
            for (size_t n = 0; n < 200; n += n < 40 ? 1 : 23) {
                fill(from, d * 8 + s);
                fill(to, 99);
                fill(expected, 99);
                for (size_t i = 0; i < n; i++)
                    *(volatile uint8_t *)&expected[8 + d + i] = from[8 + s + i];
                memcpy(to + 8 + d, from + 8 + s, n);
                nr_bad += !is_expected();
            }
        }
    }
    KTEST_EXPECT(nr_bad == 0);
}

KTEST(memory_moves_over_itself)
{
    unsigned nr_bad = 0;

    for (unsigned d = 0; d < 20; d++) {
        for (unsigned s = 0; s < 20; s++) {
            for (size_t n = 1; n < 150; n += 37) {
                fill(from, n);
                fill(to, n);
                fill(expected, n);
                for (size_t i = 0; i < n; i++)
                    *(volatile uint8_t *)&expected[d + i] = from[s + i];
                memmove(to + d, to + s, n);
                nr_bad += !is_expected();
            }
        }
    }
    KTEST_EXPECT(nr_bad == 0);
}

KTEST(memory_is_set_and_compared)
{
    unsigned nr_bad = 0;

    for (unsigned d = 0; d < 8; d++) {
        for (size_t n = 0; n < 150; n += n < 20 ? 1 : 13) {
            fill(to, d);
            fill(expected, d);
            for (size_t i = 0; i < n; i++)
                *(volatile uint8_t *)&expected[d + i] = 0xa5;
            memset(to + d, 0xa5, n);
            nr_bad += memcmp(to, expected, ARENA) != 0;
            if (n > 0) {
                to[d + n - 1] ^= 0x80; /* now the smaller one */
                nr_bad += memcmp(to + d, expected + d, n) >= 0;
            }
        }
    }
    KTEST_EXPECT(nr_bad == 0);
    KTEST_EXPECT(strlen("") == 0 && strlen("seven..") == 7 && strlen("and a longer one") == 16);
    KTEST_EXPECT(strcmp("abcdefgh", "abcdefgi") < 0 && strcmp("same same", "same same") == 0);
}
