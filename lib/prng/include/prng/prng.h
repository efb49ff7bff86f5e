/*
 * Pseudo-random numbers: xoshiro256** (Blackman and Vigna 2018), seeded by splitmix64. For tests,
 * benches and spreading; not for secrets.
 */
#ifndef PRNG_PRNG_H
#define PRNG_PRNG_H

#include <base/types.h>

struct prng {
    uint64_t s[4]; /* never all zero */
};

void prng_init(struct prng *prng, uint64_t seed);
uint64_t prng_next(struct prng *prng);

/* Uniform in [0, bound), without bias; bound > 0. */
uint64_t prng_below(struct prng *prng, uint64_t bound);

void prng_fill(struct prng *prng, void *buf, size_t nr_bytes);

/* splitmix64 (Steele, Lea, Flood 2014): a state of one word, any value of which will do. */
uint64_t prng_splitmix64(uint64_t *state);

#endif
