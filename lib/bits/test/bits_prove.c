/*
 * Bounded proofs of the table-driven half of lib/bits, over all words.
 *
 * cbmc: lib/bits/bits.c -D__riscv --unwind 66 --function prove_lowest
 * bound: prove_lowest: all 64-bit words but 0
 * cbmc: lib/bits/bits.c -D__riscv --unwind 66 --function prove_highest
 * bound: prove_highest: all 64-bit words but 0
 * cbmc: lib/bits/bits.c -D__riscv --unwind 66 --function prove_popcount
 * bound: prove_popcount: all 64-bit words
 */
#include <bits/bits.h>

uint64_t nondet_u64(void);
void __CPROVER_assume(bool condition);
void __CPROVER_assert(bool condition, const char *text);

/* Bound: none; every 64-bit word but 0. */
void prove_lowest(void)
{
    uint64_t x = nondet_u64();

    __CPROVER_assume(x != 0);
    unsigned n = bit_lowest64(x);

    __CPROVER_assert(n < 64, "an index");
    __CPROVER_assert(x >> n & 1, "the bit is set");
    __CPROVER_assert((x & ((1ull << n) - 1)) == 0, "no lower bit is set");
    __CPROVER_assert(bit_index64(1ull << n) == n, "index of a power of two");
    __CPROVER_assert(bit_ctz64(0) == 64, "ctz of 0");
}

void prove_highest(void)
{
    uint64_t x = nondet_u64();

    __CPROVER_assume(x != 0);
    unsigned n = bit_highest64(x);

    __CPROVER_assert(n < 64, "an index");
    __CPROVER_assert(x >> n == 1, "the bit is set and no higher one");
    __CPROVER_assert(bit_clz64(x) == 63 - n, "clz");
    if (x <= 1ull << 63) {
        unsigned up = bit_log2_up64(x);

        __CPROVER_assert(1ull << up >= x && (up == 0 || 1ull << (up - 1) < x), "log2, rounded up");
    }
}

/* One bit more is one more: with popcount(0) = 0 that is the definition. */
void prove_popcount(void)
{
    uint64_t x = nondet_u64();

    __CPROVER_assert(bit_popcount64(0) == 0, "of 0");
    if (x != 0)
        __CPROVER_assert(bit_popcount64(x) == bit_popcount64(x & (x - 1)) + 1, "of one bit more");
}
