#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <base/errno.h>

#include "model_flash.h"

#define BANK_BYTES  (1u << 20)
#define BLOCK_BYTES (64u << 10)

static struct model_flash m;
static struct cfi cfi;

static const struct {
    unsigned bus_bytes, nr_chips, buffer_bits;
} layouts[] = {{4, 2, 11}, {4, 1, 5}, {4, 4, 5}, {2, 1, 0}, {2, 2, 4}, {1, 1, 0}, {1, 1, 3}};

static void begin(unsigned layout)
{
    model_init(&m, layouts[layout].bus_bytes, layouts[layout].nr_chips, BANK_BYTES, BLOCK_BYTES,
               layouts[layout].buffer_bits);
    assert_int_equal(cfi_query(&cfi, &m.bus), 0);
}

static void finds_every_layout(void **state)
{
    for (unsigned i = 0; i < ARRAY_SIZE(layouts); i++) {
        begin(i);
        assert_int_equal(cfi.nr_chips, layouts[i].nr_chips);
        assert_int_equal(cfi.nr_bytes, BANK_BYTES);
        assert_int_equal(cfi.nr_regions, 1);
        assert_int_equal(cfi.regions[0].block_bytes, BLOCK_BYTES);
        assert_int_equal(cfi.regions[0].nr_blocks, 16);
        unsigned bits = layouts[i].buffer_bits;
        assert_int_equal(cfi.write_buffer_bytes,
                         bits == 0 ? 0 : (1u << bits) * layouts[i].nr_chips);
        assert_true(cfi.has_locks);
        assert_int_equal(model_read(&m.bus, 0) & 0xff, m.memory[0]); /* memory again */
        model_fini(&m);
    }
}

static void memory_and_rom_are_left_alone(void **state)
{
    for (int rom = 0; rom < 2; rom++) {
        model_init(&m, 4, 2, 1 << 16, 1 << 12, 5);
        uint8_t *copy = malloc(1 << 16);
        memcpy(copy, m.memory, 1 << 16);
        m.is_plain_memory = !rom;
        m.is_rom = rom;
        assert_int_equal(cfi_query(&cfi, &m.bus), -ENODEV);
        assert_memory_equal(copy, m.memory, 1 << 16);
        free(copy);
        model_fini(&m);
    }
}

static void refuses_nonsense(void **state)
{
    static const struct {
        unsigned at;
        uint8_t value;
        int error;
    } cases[] = {
        {0x13, 2, -ENOTSUP},   /* AMD's command set */
        {0x27, 60, -EBADMSG},  /* size */
        {0x27, 21, -EBADMSG},  /* larger than the bank */
        {0x2a, 30, -EBADMSG},  /* write buffer */
        {0x2c, 0, -EBADMSG},   /* no regions */
        {0x2c, 200, -EBADMSG}, /* too many */
        {0x2d, 99, -EBADMSG},  /* blocks do not add up to the size */
    };
    for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
        model_init(&m, 4, 2, BANK_BYTES, BLOCK_BYTES, 5);
        m.query[cases[i].at] = cases[i].value;
        assert_int_equal(cfi_query(&cfi, &m.bus), cases[i].error);
        assert_int_equal(m.chips[0].mode, MODEL_ARRAY);
        model_fini(&m);
    }
}

/* One range at one place: the range becomes the data, nothing else changes. */
static void program_and_check(uint64_t at, size_t n, uint8_t *expected)
{
    uint8_t data[200];

    memset(m.memory, 0xff, BANK_BYTES);
    for (unsigned i = 0; i < 64; i++)
        m.memory[(at + i * 5) % BANK_BYTES] &= (uint8_t) ~(1u << i % 8);
    memcpy(expected, m.memory, BANK_BYTES);
    for (size_t i = 0; i < n; i++)
        expected[at + i] = data[i] = (uint8_t)(i * 37 + 1) & m.memory[at + i];
    assert_int_equal(cfi_program(&cfi, at, data, n), 0);
    assert_memory_equal(m.memory, expected, BANK_BYTES);
    assert_int_equal(m.chips[0].mode, MODEL_ARRAY);
}

static void programs_any_range(void **state)
{
    static const uint64_t offsets[] = {0, 1, 2, 3, 5, 30, 31, 63, 127, 4093, 65533, 0xffffd};
    static const size_t lengths[] = {0, 1, 2, 3, 4, 7, 33, 64, 200};
    uint8_t *expected = malloc(BANK_BYTES);

    for (unsigned l = 0; l < ARRAY_SIZE(layouts); l++) {
        begin(l);
        m.busy_polls = l;
        for (unsigned i = 0; i < ARRAY_SIZE(offsets); i++) {
            for (unsigned k = 0; k < ARRAY_SIZE(lengths); k++)
                if (offsets[i] + lengths[k] <= BANK_BYTES)
                    program_and_check(offsets[i], lengths[k], expected);
        }
        model_fini(&m);
    }
    free(expected);
}

static void setting_a_bit_is_an_error_before_anything_happens(void **state)
{
    uint8_t data[64];

    begin(0);
    memset(m.memory, 0xff, BANK_BYTES);
    m.memory[40] = 0xfe;
    memset(data, 0x55, sizeof(data)); /* wants bit 0 of byte 40 set */
    assert_int_equal(cfi_program(&cfi, 0, data, sizeof(data)), -EIO);
    for (unsigned i = 0; i < 64; i++)
        assert_int_equal(m.memory[i], i == 40 ? 0xfe : 0xff);
    model_fini(&m);
}

static void erases_one_block(void **state)
{
    uint8_t *expected = malloc(BANK_BYTES);

    for (unsigned l = 0; l < ARRAY_SIZE(layouts); l++) {
        uint64_t start;
        uint32_t bytes;

        begin(l);
        memcpy(expected, m.memory, BANK_BYTES);
        m.busy_polls = 100;
        assert_true(cfi_block(&cfi, 3 * BLOCK_BYTES + 17, &start, &bytes));
        assert_int_equal(start, 3 * BLOCK_BYTES);
        assert_int_equal(bytes, BLOCK_BYTES);
        assert_int_equal(cfi_erase_block(&cfi, start), 0);
        assert_true(m.nr_pauses > 0);
        memset(expected + start, 0xff, bytes);
        assert_memory_equal(m.memory, expected, BANK_BYTES);
        model_fini(&m);
    }
    free(expected);
}

static void blocks_of_several_regions(void **state)
{
    uint64_t start;
    uint32_t bytes;

    /* 15 blocks of 64 KiB and 4 of 16 KiB, as a top-boot part has */
    model_init(&m, 2, 1, BANK_BYTES, BLOCK_BYTES, 5);
    m.query[0x2c] = 2;
    m.query[0x2d] = 14;
    m.query[0x31] = 3;
    m.query[0x32] = 0;
    m.query[0x33] = 0x40;
    m.query[0x34] = 0;
    m.query[0x15] = 0;
    assert_int_equal(cfi_query(&cfi, &m.bus), 0);
    assert_int_equal(cfi.nr_regions, 2);
    assert_false(cfi.has_locks);
    assert_true(cfi_block(&cfi, 15 * 65536 + 0x4001, &start, &bytes));
    assert_int_equal(start, 15 * 65536 + 0x4000);
    assert_int_equal(bytes, 0x4000);
    assert_false(cfi_block(&cfi, BANK_BYTES, &start, &bytes));
    assert_int_equal(cfi_lock_block(&cfi, 0, true), -EOPNOTSUPP);
    model_fini(&m);
}

static void locked_blocks(void **state)
{
    uint8_t zero[4] = {0};

    for (unsigned l = 0; l < ARRAY_SIZE(layouts); l++) {
        begin(l);
        m.memory[0] = 0xff;
        assert_int_equal(cfi_lock_block(&cfi, 0, true), 0);
        assert_int_equal(cfi_program(&cfi, 0, zero, 4), -EACCES);
        assert_int_equal(cfi_erase_block(&cfi, 0), -EACCES);
        assert_int_equal(m.memory[0], 0xff);
        assert_int_equal(cfi_lock_block(&cfi, 0, false), 0);
        assert_int_equal(cfi_program(&cfi, 0, zero, 4), 0);
        assert_int_equal(m.memory[0], 0);
        model_fini(&m);
    }
}

static void errors_are_told_and_leave_memory_readable(void **state)
{
    uint8_t zero[4] = {0};

    for (unsigned l = 0; l < ARRAY_SIZE(layouts); l++) {
        begin(l);
        m.memory[0] = 0xff;
        m.fails_program = m.fails_erase = true;
        assert_int_equal(cfi_program(&cfi, 0, zero, 4), -EIO);
        assert_int_equal(cfi_erase_block(&cfi, 0), -EIO);
        m.fails_program = m.fails_erase = false;
        assert_int_equal(cfi_program(&cfi, 0, zero, 4), 0); /* the status was cleared */

        m.memory[8] = 0xff;
        m.drops_writes = true; /* says success, does nothing */
        assert_int_equal(cfi_program(&cfi, 8, zero, 4), -EIO);
        m.drops_writes = false;

        m.never_ready = true;
        assert_int_equal(cfi_erase_block(&cfi, 0), -ETIMEDOUT);
        model_fini(&m);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_every_layout),
        cmocka_unit_test(memory_and_rom_are_left_alone),
        cmocka_unit_test(refuses_nonsense),
        cmocka_unit_test(programs_any_range),
        cmocka_unit_test(setting_a_bit_is_an_error_before_anything_happens),
        cmocka_unit_test(erases_one_block),
        cmocka_unit_test(blocks_of_several_regions),
        cmocka_unit_test(locked_blocks),
        cmocka_unit_test(errors_are_told_and_leave_memory_readable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
