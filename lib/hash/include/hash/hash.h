/*
 * The finaliser of MurmurHash3: an integer hash, not safe against chosen keys.
 */
#ifndef HASH_HASH_H
#define HASH_HASH_H

#include <base/types.h>

/* A bijection of 64 bits that spreads every input bit over the result. */
static inline uint64_t hash_u64(uint64_t x)
{
    x = (x ^ (x >> 33)) * 0xff51afd7ed558ccdull;
    x = (x ^ (x >> 33)) * 0xc4ceb9fe1a85ec53ull;
    return x ^ (x >> 33);
}

#endif
