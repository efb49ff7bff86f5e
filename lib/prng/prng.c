/*
 * xoshiro256** and splitmix64.
 */
#include <prng/prng.h>

uint64_t prng_splitmix64(uint64_t *state)
{
    uint64_t z = (*state += 0x9e3779b97f4a7c15ull);

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    return z ^ (z >> 31);
}

static uint64_t rotate_left(uint64_t x, unsigned n)
{
    return x << n | x >> (64 - n);
}

void prng_init(struct prng *prng, uint64_t seed)
{
    for (unsigned i = 0; i < 4; i++)
        prng->s[i] = prng_splitmix64(&seed);
}

uint64_t prng_next(struct prng *prng)
{
    uint64_t *s = prng->s;
    uint64_t result = rotate_left(s[1] * 5, 7) * 9;
    uint64_t t = s[1] << 17;

    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate_left(s[3], 45);
    return result;
}

uint64_t prng_below(struct prng *prng, uint64_t bound)
{
    /* The lowest 2^64 mod bound results would make the remainders uneven. */
    uint64_t uneven = -bound % bound;
    uint64_t x;

    do {
        x = prng_next(prng);
    } while (x < uneven);
    return x % bound;
}

void prng_fill(struct prng *prng, void *buf, size_t nr_bytes)
{
    uint8_t *bytes = buf;
    uint64_t x = 0;

    for (size_t i = 0; i < nr_bytes; i++, x >>= 8) {
        if (i % 8 == 0)
            x = prng_next(prng);
        bytes[i] = (uint8_t)x;
    }
}
