/*
 * Counts zeros and ones in a word: cheap on the base ISA, by Zbb if the machine has it.
 *
 * RV64IMAC has no instruction that counts zeros, and the compiler's fall-back is a call into a
 * library that the kernel does not link. Where the compiler may use Zbb these are one instruction;
 * elsewhere the lowest bit is found by a multiplication with a de Bruijn sequence (Leiserson,
 * Prokop, Randall: "Using de Bruijn Sequences to Index a 1 in a Computer Word", 1998) and a table
 * of 64 bytes, the highest by a table of 256.
 *
 * A generic kernel contains both: the first instruction of the table-driven code is a *site*, which
 * the boot code overwrites with a jump to the Zbb instruction if every hart has it
 * (arch_zbb_enable()). So neither needs a test.
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

/*
 * A site. True: use Zbb. False: *tables is set, at no further cost. The list of sites is debug
 * information, so that it does not keep unused code in the image; tools/zbb_sites.py makes the
 * boot's table from it. Code compiled for size has no sites.
 */
static ALWAYS_INLINE bool bits_have_zbb(const struct bits_tables **tables)
{
#if defined(__CPROVER__) || defined(__OPTIMIZE_SIZE__)
    *tables = &bits_tables;
    return false;
#else
    const struct bits_tables *t;

    __asm__ goto(".option push\n"
                 ".option norelax\n"
                 "771: lla %0, bits_tables\n"
                 ".option pop\n"
                 ".pushsection .debug_zbb_sites, \"\", @progbits\n"
                 ".8byte 771b, %l[zbb]\n"
                 ".popsection"
                 : "=r"(t)
                 :
                 :
                 : zbb);
    *tables = t;
    return false;
zbb:
    return true;
#endif
}

#define BITS_ZBB(instruction, x)                                                                   \
    ({                                                                                             \
        uint64_t zbb_result_;                                                                      \
        __asm__(".option push\n.option arch, +zbb\n" instruction " %0, %1\n.option pop"            \
                : "=r"(zbb_result_)                                                                \
                : "r"(x));                                                                         \
        (unsigned)zbb_result_;                                                                     \
    })

static inline unsigned bits_table_highest32(const struct bits_tables *tables, uint32_t x)
{
    if (x < 1u << 16)
        return x < 1u << 8 ? tables->highest[x] : 8u + tables->highest[x >> 8];
    return x < 1u << 24 ? 16u + tables->highest[x >> 16] : 24u + tables->highest[x >> 24];
}

/* n of 2^n. */
static inline unsigned bit_index64(uint64_t power_of_2)
{
    const struct bits_tables *tables;

    if (bits_have_zbb(&tables))
        return BITS_ZBB("ctz", power_of_2);
    return tables->index[power_of_2 * tables->factor >> 58];
}

/* Index of the lowest set bit; x must not be 0. */
static inline unsigned bit_lowest64(uint64_t x)
{
    const struct bits_tables *tables;

    if (bits_have_zbb(&tables))
        return BITS_ZBB("ctz", x);
    return tables->index[(x & -x) * tables->factor >> 58];
}

/* Index of the highest set bit; x must not be 0. */
static inline unsigned bit_highest32(uint32_t x)
{
    const struct bits_tables *tables;

    if (bits_have_zbb(&tables))
        return BITS_ZBB("clzw", x) ^ 31;
    return bits_table_highest32(tables, x);
}

static inline unsigned bit_highest64(uint64_t x)
{
    const struct bits_tables *tables;

    if (bits_have_zbb(&tables))
        return BITS_ZBB("clz", x) ^ 63;
    return x >> 32 != 0 ? 32 + bits_table_highest32(tables, (uint32_t)(x >> 32))
                        : bits_table_highest32(tables, (uint32_t)x);
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
