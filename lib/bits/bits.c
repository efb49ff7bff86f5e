/*
 * The table-driven half of <bits/bits.h>, for machines without Zbb.
 */
#include <bits/bits.h>

#if defined(__riscv) && !defined(__riscv_zbb)

const uint8_t bits_de_bruijn_table[64] = {
     0,  1, 48,  2, 57, 49, 28,  3, 61, 58, 50, 42, 38, 29, 17,  4,
    62, 55, 59, 36, 53, 51, 43, 22, 45, 39, 33, 30, 24, 18, 12,  5,
    63, 47, 56, 27, 60, 41, 37, 16, 54, 35, 52, 21, 44, 32, 23, 11,
    46, 26, 40, 15, 34, 20, 31, 10, 25, 14, 19,  9, 13,  8,  7,  6,
};

/* Smears the highest bit downwards, then isolates it. */
unsigned bit_highest64(uint64_t x)
{
    x |= x >> 1;
    x |= x >> 2;
    x |= x >> 4;
    x |= x >> 8;
    x |= x >> 16;
    x |= x >> 32;
    return bits_de_bruijn_table[((x ^ (x >> 1)) * BITS_DE_BRUIJN) >> 58];
}

/* Counts in pairs, nibbles and bytes, then adds the bytes up by a multiplication. */
unsigned bit_popcount64(uint64_t x)
{
    x -= (x >> 1) & 0x5555555555555555ull;
    x = (x & 0x3333333333333333ull) + ((x >> 2) & 0x3333333333333333ull);
    x = (x + (x >> 4)) & 0x0f0f0f0f0f0f0f0full;
    return (unsigned)((x * 0x0101010101010101ull) >> 56);
}

#endif
