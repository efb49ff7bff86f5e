/*
 * Counting zeros and ones in a word, cheaply on a base ISA.
 *
 * RV64IMAC has no instruction that counts zeros, and the compiler's fall-back is a call into a
 * library that the kernel does not link. Where the compiler may use Zbb these are one instruction;
 * elsewhere they are a multiplication by a de Bruijn sequence (Leiserson, Prokop, Randall: "Using
 * de Bruijn Sequences to Index a 1 in a Computer Word", 1998) and a table of 64 bytes.
 */
#ifndef BITS_BITS_H
#define BITS_BITS_H

#include <base/types.h>

#if defined(__riscv) && !defined(__riscv_zbb)

#define BITS_DE_BRUIJN 0x03f79d71b4cb0a89ull

/* bits_de_bruijn_table[(2^n * BITS_DE_BRUIJN) >> 58] = n */
extern const uint8_t bits_de_bruijn_table[64];

/* Index of the lowest set bit; x must not be 0. */
static inline unsigned bit_lowest64(uint64_t x)
{
    return bits_de_bruijn_table[((x & -x) * BITS_DE_BRUIJN) >> 58];
}

/* Index of the highest set bit; x must not be 0. */
unsigned bit_highest64(uint64_t x);

unsigned bit_popcount64(uint64_t x);

#else

static inline unsigned bit_lowest64(uint64_t x)
{
    return (unsigned)__builtin_ctzll(x);
}

static inline unsigned bit_highest64(uint64_t x)
{
    return 63 - (unsigned)__builtin_clzll(x);
}

static inline unsigned bit_popcount64(uint64_t x)
{
    return (unsigned)__builtin_popcountll(x);
}

#endif

/* Zero bits below the lowest set bit; 64 for 0. */
static inline unsigned bit_ctz64(uint64_t x)
{
    return x == 0 ? 64 : bit_lowest64(x);
}

/* Zero bits above the highest set bit; 64 for 0. */
static inline unsigned bit_clz64(uint64_t x)
{
    return x == 0 ? 64 : 63 - bit_highest64(x);
}

/* Smallest n with 2^n >= x; x at least 1. */
static inline unsigned bit_log2_up64(uint64_t x)
{
    return x <= 1 ? 0 : bit_highest64(x - 1) + 1;
}

#endif
