/*
 * Counting zeros and ones in a word, cheaply on a base ISA.
 *
 * RV64IMAC has no instruction that counts zeros, and the compiler's fall-back is a call into a
 * library that the kernel does not link. Where the compiler may use Zbb these are one instruction;
 * elsewhere the lowest bit is found by a multiplication with a de Bruijn sequence (Leiserson,
 * Prokop, Randall: "Using de Bruijn Sequences to Index a 1 in a Computer Word", 1998) and a table
 * of 64 bytes, the highest by a table of 256.
 */
#ifndef BITS_BITS_H
#define BITS_BITS_H

#include <base/types.h>

#if defined(__riscv) && !defined(__riscv_zbb)

/* The factor lies beside the table, so that one address serves both. */
struct bits_tables {
    uint64_t factor;   /* a de Bruijn sequence: the top 6 bits of 2^n * factor differ for all n */
    uint8_t index[64]; /* index[2^n * factor >> 58] = n */
    uint8_t highest[256]; /* index of the highest set bit of a byte */
};

extern const struct bits_tables bits_tables;

/* n of 2^n. */
static inline unsigned bit_index64(uint64_t power_of_2)
{
    return bits_tables.index[power_of_2 * bits_tables.factor >> 58];
}

/* Index of the lowest set bit; x must not be 0. */
static inline unsigned bit_lowest64(uint64_t x)
{
    return bit_index64(x & -x);
}

/* Index of the highest set bit; x must not be 0. */
static inline unsigned bit_highest32(uint32_t x)
{
    if (x < 1u << 16)
        return x < 1u << 8 ? bits_tables.highest[x] : 8u + bits_tables.highest[x >> 8];
    return x < 1u << 24 ? 16u + bits_tables.highest[x >> 16] : 24u + bits_tables.highest[x >> 24];
}

static inline unsigned bit_highest64(uint64_t x)
{
    return x >> 32 != 0 ? 32 + bit_highest32((uint32_t)(x >> 32)) : bit_highest32((uint32_t)x);
}

unsigned bit_popcount64(uint64_t x);

#else

static inline unsigned bit_index64(uint64_t power_of_2)
{
    return (unsigned)__builtin_ctzll(power_of_2);
}

static inline unsigned bit_lowest64(uint64_t x)
{
    return (unsigned)__builtin_ctzll(x);
}

static inline unsigned bit_highest32(uint32_t x)
{
    return 31 - (unsigned)__builtin_clz(x);
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
