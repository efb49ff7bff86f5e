/*
 * Counting on the machine: by tables, or by Zbb where the boot has changed the text.
 */
#include <bits/bits.h>
#include <ktest/ktest.h>

/* Hides where a value comes from, so that nothing is computed by the compiler. */
static uint64_t opaque(uint64_t x)
{
    __asm__ volatile("" : "+r"(x));
    return x;
}

KTEST(zbb_or_tables_count_each_bit)
{
    for (unsigned n = 0; n < 64; n++) {
        uint64_t bit = opaque(1ull << n);
        uint64_t noise = opaque(0x9e3779b97f4a7c15ull * (n + 1));

        KTEST_EXPECT_EQ(bit_index64(bit), n);
        KTEST_EXPECT_EQ(bit_lowest64(bit), n);
        KTEST_EXPECT_EQ(bit_lowest64(bit | noise << n), n);
        KTEST_EXPECT_EQ(bit_highest64(bit), n);
        KTEST_EXPECT_EQ(bit_highest64(bit | (noise & (bit - 1))), n);
        KTEST_EXPECT_EQ(bit_ctz64(bit), n);
        KTEST_EXPECT_EQ(bit_clz64(bit), 63 - n);
        KTEST_EXPECT_EQ(bit_popcount64(bit - 1), n);
        if (n < 32) {
            KTEST_EXPECT_EQ(bit_highest32((uint32_t)bit), n);
            KTEST_EXPECT_EQ(bit_highest32((uint32_t)(bit | (noise & (bit - 1)))), n);
        }
    }
    KTEST_EXPECT_EQ(bit_ctz64(opaque(0)), 64);
    KTEST_EXPECT_EQ(bit_clz64(opaque(0)), 64);
}
