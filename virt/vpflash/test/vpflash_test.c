/*
 * The flash model as a CFI driver sees it: query, identification, word and buffered program, erase,
 * errors of sequence, and when the bank may be read as memory.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <vpflash/vpflash.h>

#define BANK_SIZE MIB(1)

static struct vpflash flash;
static uint8_t bank[BANK_SIZE];
static bool is_readable, is_out_of_memory;

static uint8_t *page(void *ctx, uint64_t index, bool is_write)
{
    (void)ctx;
    assert_true(index < BANK_SIZE / PAGE_SIZE);
    return is_write && is_out_of_memory ? NULL : &bank[index * PAGE_SIZE];
}

static void set_readable(void *ctx, bool readable)
{
    (void)ctx;
    assert_int_not_equal(is_readable, readable);
    is_readable = readable;
}

static uint32_t rd(uint64_t offset)
{
    return (uint32_t)flash.dev.ops->read(&flash.dev, offset, 4);
}

static void wr(uint64_t offset, uint32_t value)
{
    flash.dev.ops->write(&flash.dev, offset, 4, value);
}

static int setup(void **state)
{
    (void)state;
    memset(bank, 0xff, sizeof(bank));
    memcpy(bank, "contents", 8);
    is_readable = true;
    is_out_of_memory = false;
    vpflash_init(&flash, "pflash", GPA(0x20000000), BANK_SIZE,
                 (struct vpflash_backing){page, set_readable, NULL});
    return 0;
}

static void test_reads_as_memory(void **state)
{
    (void)state;
    assert_memory_equal(&(uint32_t){rd(0)}, "cont", 4);
    assert_true(flash.dev.ops->read(&flash.dev, 0, 8) == 0x73746e65746e6f63ull);
    assert_int_equal(flash.dev.ops->read(&flash.dev, 3, 1), 't');
}

/* Only reads, and only while the array answers them. */
static void test_is_memory_while_it_reads_its_array(void **state)
{
    const struct vdev_ops *ops = flash.dev.ops;

    (void)state;
    assert_true(ops->is_memory(&flash.dev, false));
    assert_false(ops->is_memory(&flash.dev, true));
    wr(0, 0x00700070);
    assert_false(ops->is_memory(&flash.dev, false));
    wr(0, 0x00ff00ff);
    assert_true(ops->is_memory(&flash.dev, false));
}

static void test_query(void **state)
{
    (void)state;
    wr(0x55 * 4, 0x00980098);
    assert_false(is_readable);
    assert_int_equal(rd(0x10 * 4), 'Q' | 'Q' << 16);
    assert_int_equal(rd(0x11 * 4), 'R' | 'R' << 16);
    assert_int_equal(rd(0x12 * 4), 'Y' | 'Y' << 16);
    assert_int_equal(rd(0x13 * 4) & 0xff, 1);
    assert_int_equal(rd(0x27 * 4) & 0xff, 19); /* 512 KiB in each of two chips */
    assert_int_equal((rd(0x2d * 4) & 0xff) + 1, BANK_SIZE / VPFLASH_BLOCK_SIZE);
    assert_int_equal(((rd(0x30 * 4) & 0xff) << 8 | (rd(0x2f * 4) & 0xff)) * 256, KIB(128));
    assert_int_equal(rd(0x31 * 4) & 0xff, 'P');
    wr(0, 0x00ff00ff);
    assert_true(is_readable);
    assert_memory_equal(&(uint32_t){rd(0)}, "cont", 4);
}

static void test_id(void **state)
{
    (void)state;
    wr(0, 0x00900090);
    assert_int_equal(rd(0), 0x00890089);
    assert_int_equal(rd(4), 0x00180018);
    assert_int_equal(rd(8), 0);
}

static void test_program_clears_bits(void **state)
{
    (void)state;
    wr(0x1000, 0x00400040);
    wr(0x1000, 0xff00ff0f);
    assert_int_equal(rd(0), 0x00800080);
    wr(0x1000, 0x00400040);
    wr(0x1000, 0x0ffffff0);
    wr(0, 0x00ff00ff);
    assert_int_equal(rd(0x1000), 0x0f00ff00);
    assert_int_equal(rd(0x1004), 0xffffffff);
}

static void test_erase(void **state)
{
    (void)state;
    bank[VPFLASH_BLOCK_SIZE - 1] = bank[VPFLASH_BLOCK_SIZE] = 0;
    bank[2 * VPFLASH_BLOCK_SIZE - 1] = bank[2 * VPFLASH_BLOCK_SIZE] = 0;
    wr(VPFLASH_BLOCK_SIZE + 8, 0x00200020);
    wr(VPFLASH_BLOCK_SIZE + 8, 0x00d000d0);
    assert_int_equal(rd(0), 0x00800080);
    assert_int_equal(bank[VPFLASH_BLOCK_SIZE - 1], 0);
    assert_int_equal(bank[VPFLASH_BLOCK_SIZE], 0xff);
    assert_int_equal(bank[2 * VPFLASH_BLOCK_SIZE - 1], 0xff);
    assert_int_equal(bank[2 * VPFLASH_BLOCK_SIZE], 0);
}

static void test_erase_without_confirmation_is_an_error(void **state)
{
    (void)state;
    wr(0, 0x00200020);
    wr(0, 0x00ff00ff);
    assert_int_equal(rd(0), 0x00b000b0);
    assert_int_equal(bank[0], 'c');
    wr(0, 0x00500050); /* clear status */
    assert_int_equal(rd(0), 0x00800080);
}

static void test_buffered_program(void **state)
{
    (void)state;
    wr(0x2000, 0x00e800e8);
    assert_int_equal(rd(0x2000), 0x00800080);
    wr(0x2000, 0x00010001); /* two words */
    wr(0x2004, 0x11223344);
    wr(0x2008, 0x55667788);
    assert_int_equal(bank[0x2004], 0xff); /* not before the confirmation */
    wr(0x2000, 0x00d000d0);
    assert_int_equal(rd(0), 0x00800080);
    wr(0, 0x00ff00ff);
    assert_int_equal(rd(0x2000), 0xffffffff);
    assert_int_equal(rd(0x2004), 0x11223344);
    assert_int_equal(rd(0x2008), 0x55667788);
}

static void test_buffer_errors(void **state)
{
    (void)state;
    wr(0x2000, 0x00e800e8);
    wr(0x2000, 0x01000100); /* 257 words */
    assert_int_equal(rd(0), 0x00b000b0);
    wr(0, 0x00500050);

    wr(0x2000, 0x00e800e8);
    wr(0x2000, 0);
    wr(0x2400, 0); /* outside of the window */
    assert_int_equal(rd(0), 0x00b000b0);
    wr(0, 0x00500050);

    wr(0x2000, 0x00e800e8);
    wr(0x2000, 0);
    wr(0x2000, 0);
    wr(0x2000, 0x00ff00ff); /* not confirmed */
    assert_int_equal(rd(0), 0x00b000b0);
    assert_int_equal(bank[0x2000], 0xff);
}

static void test_no_memory_is_a_program_error(void **state)
{
    (void)state;
    is_out_of_memory = true;
    wr(0, 0x00400040);
    wr(0, 0);
    assert_int_equal(rd(0), 0x00900090);
    wr(0, 0x00500050);
    wr(0, 0x00200020);
    wr(0, 0x00d000d0);
    assert_int_equal(rd(0), 0x00a000a0);
    assert_int_equal(bank[0], 'c');
}

static void test_hostile_accesses(void **state)
{
    static const uint8_t cmds[] = {0xff, 0x40, 0x20, 0xd0, 0x60, 0x70, 0x90, 0x98, 0xe8, 0x00};
    uint64_t x = 1;

    (void)state;
    for (int i = 0; i < 200000; i++) {
        x = x * 6364136223846793005ull + 1442695040888963407ull;
        const unsigned size = 1u << (x >> 61 & 3);
        const uint64_t offset = (x >> 20) % (BANK_SIZE - 8);

        if (x >> 60 & 1)
            flash.dev.ops->write(&flash.dev, offset, size, cmds[(x >> 40) % sizeof(cmds)]);
        else
            flash.dev.ops->read(&flash.dev, offset, size);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_reads_as_memory, setup),
        cmocka_unit_test_setup(test_is_memory_while_it_reads_its_array, setup),
        cmocka_unit_test_setup(test_query, setup),
        cmocka_unit_test_setup(test_id, setup),
        cmocka_unit_test_setup(test_program_clears_bits, setup),
        cmocka_unit_test_setup(test_erase, setup),
        cmocka_unit_test_setup(test_erase_without_confirmation_is_an_error, setup),
        cmocka_unit_test_setup(test_buffered_program, setup),
        cmocka_unit_test_setup(test_buffer_errors, setup),
        cmocka_unit_test_setup(test_no_memory_is_a_program_error, setup),
        cmocka_unit_test_setup(test_hostile_accesses, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
