/*
 * Hash functions: FNV-1a (Fowler, Noll, Vo) for short trusted keys, SipHash-1-3 (Aumasson and
 * Bernstein 2012) with a secret key where an adversary picks the keys, and the finaliser of
 * MurmurHash3 for integers.
 */
#ifndef HASH_HASH_H
#define HASH_HASH_H

#include <base/types.h>

#define HASH_FNV_INIT 0xcbf29ce484222325ull

/* Goes on from hash, HASH_FNV_INIT at first. */
static inline uint64_t hash_fnv(uint64_t hash, const void *data, size_t nr_bytes)
{
    const uint8_t *bytes = data;

    for (size_t i = 0; i < nr_bytes; i++) {
        hash = (hash ^ bytes[i]) * 0x100000001b3ull;
    }
    return hash;
}

/* A bijection of 64 bits that spreads every input bit over the result. */
static inline uint64_t hash_u64(uint64_t x)
{
    x = (x ^ (x >> 33)) * 0xff51afd7ed558ccdull;
    x = (x ^ (x >> 33)) * 0xc4ceb9fe1a85ec53ull;
    return x ^ (x >> 33);
}

uint64_t hash_sip(const uint64_t key[2], const void *data, size_t nr_bytes);

#endif
