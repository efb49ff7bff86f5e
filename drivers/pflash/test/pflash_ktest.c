/* On a bank that asks for it: it begins with "trine-scratch". Its last two blocks may change. */
#include <base/errno.h>
#include <heap/heap.h>
#include <ktest/ktest.h>
#include <pflash/pflash.h>
#include <string/string.h>

static bool find_scratch(unsigned *bank, struct pflash_info *info)
{
    char start[13];

    for (*bank = 0; *bank < pflash_bank_count(); (*bank)++)
        if (pflash_read(*bank, 0, start, sizeof(start)) == 0 &&
            memcmp(start, "trine-scratch", 13) == 0 && pflash_bank_info(*bank, info) == 0 &&
            info->is_writable)
            return true;
    return false;
}

KTEST(pflash_erase_program_write)
{
    struct pflash_info info;
    unsigned bank;

    if (!find_scratch(&bank, &info))
        KTEST_SKIP("no scratch flash");
    uint32_t block = info.regions[info.nr_regions - 1].block_bytes;
    uint64_t last = info.nr_bytes - block, at = last - block;
    char *data = heap_alloc(4096), *back = heap_alloc(4096);
    KTEST_REQUIRE(data != NULL && back != NULL);

    KTEST_EXPECT_EQ(pflash_erase(bank, at, 2 * block), 0);
    KTEST_EXPECT_EQ(pflash_read(bank, last - 2048, back, 4096), 0);
    for (unsigned i = 0; i < 4096; i++)
        KTEST_EXPECT(back[i] == (char)0xff);

    /* At an odd place, across the block boundary and many write buffers. */
    for (unsigned i = 0; i < 4096; i++)
        data[i] = (char)(i * 11 + i / 256);
    KTEST_EXPECT_EQ(pflash_program(bank, last - 1023, data, 4095), 0);
    KTEST_EXPECT_EQ(pflash_read(bank, last - 1023, back, 4095), 0);
    KTEST_EXPECT(memcmp(data, back, 4095) == 0);

    KTEST_EXPECT_EQ(pflash_program(bank, last - 1023, "\xff\xff\xff\xff", 4),
                    -EIO);                                          /* would set bits */
    KTEST_EXPECT_EQ(pflash_write(bank, last - 3, "seven !", 7), 0); /* erases both blocks */
    memcpy(data + 1020, "seven !", 7);
    KTEST_EXPECT_EQ(pflash_read(bank, last - 1023, back, 4095), 0);
    KTEST_EXPECT(memcmp(data, back, 4095) == 0);
    heap_free(data);
    heap_free(back);
}

KTEST(pflash_refuses)
{
    struct pflash_info info;
    unsigned bank;
    char byte = 0;

    KTEST_EXPECT_EQ(pflash_read(99, 0, &byte, 1), -ENODEV);
    if (!find_scratch(&bank, &info))
        KTEST_SKIP("no scratch flash");
    KTEST_EXPECT_EQ(pflash_read(bank, info.nr_bytes, &byte, 1), -EINVAL);
    KTEST_EXPECT_EQ(pflash_program(bank, UINT64_MAX, &byte, 2), -EINVAL);
    KTEST_EXPECT_EQ(pflash_erase(bank, 1, info.regions[0].block_bytes), -EINVAL);
    KTEST_EXPECT_EQ(pflash_erase(bank, 0, info.regions[0].block_bytes - 1), -EINVAL);
    KTEST_EXPECT_EQ(pflash_read(bank, info.nr_bytes, &byte, 0), 0);
}
