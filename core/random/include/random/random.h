/*
 * Random numbers: stack canaries, AT_RANDOM, address layout, getrandom(), hash seeds.
 *
 * A generator with fast key erasure over ChaCha20 (RFC 8439; Bernstein, "Fast-key-erasure
 * random-number generators", 2017): every output first replaces the key, and what small requests
 * take of one output is erased as they do, so that a later leak of the state does not tell earlier
 * outputs. Seeds are mixed in as they come: the device tree's rng-seed, virtio-rng, time jitter.
 * Nothing blocks: before the first real seed the numbers come from the cycle and time counters
 * alone, and random_is_seeded() says so.
 */
#ifndef RANDOM_RANDOM_H
#define RANDOM_RANDOM_H

#include <base/types.h>

/*
 * First seed: /chosen/rng-seed (the caller passes its bytes, or NULL, 0) and the counters. Called
 * once, as early as the tree can be read; random_bytes also works before (from the counters).
 */
void random_init(const void *seed, size_t nr_bytes);

/* Fill data with nr_bytes random bytes. Any context, never fails, never sleeps. */
void random_bytes(void *data, size_t nr_bytes);

uint64_t random_u64(void);

/* Uniform in 0 .. bound-1; bound > 0. */
uint64_t random_below(uint64_t bound);

/*
 * Mix in bytes of a source; entropy_bits is the caller's estimate of their entropy (0 is fine:
 * mixing never makes the state worse). Any context.
 */
void random_add(const void *data, size_t nr_bytes, unsigned entropy_bits);

/*
 * Mix in the time of an event (an interrupt, a key), without credit. Any context, cheap.
 */
void random_add_jitter(void);

/* True once at least 256 bits were credited. */
bool random_is_seeded(void);

#endif
