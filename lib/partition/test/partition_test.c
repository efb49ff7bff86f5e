#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include <base/errno.h>
#include <crc32/crc32.h>

#include <partition/partition.h>

#define NR_SECTORS 4096u

static uint8_t disk[NR_SECTORS * 512];
static uint8_t block[4096];
static struct partition_source source;
static struct partition_table table;
static unsigned nr_refused, last_refused;
static uint64_t bad_block;

static int read_disk(struct partition_source *s, uint64_t at)
{
    assert_true(at < NR_SECTORS * 512ull / s->block_size);
    if (at == bad_block)
        return -EIO;
    memcpy(s->block, disk + at * s->block_size, s->block_size);
    return 0;
}

static void note_refused(struct partition_source *s, unsigned number, const char *why)
{
    nr_refused++;
    last_refused = number;
}

static void begin(uint32_t block_size)
{
    memset(disk, 0, sizeof(disk));
    source =
        (struct partition_source){NR_SECTORS, block_size, block, read_disk, note_refused, NULL};
    nr_refused = 0;
    bad_block = UINT64_MAX;
}

static int parse(void)
{
    nr_refused = 0;
    return partition_table_read(&source, &table);
}

static void put32(uint8_t *p, uint32_t v)
{
    memcpy(p, &v, 4);
}

static void put64(uint8_t *p, uint64_t v)
{
    memcpy(p, &v, 8);
}

static void put_mbr(uint64_t at, unsigned i, uint8_t type, uint32_t first, uint32_t nr)
{
    uint8_t *p = disk + at * source.block_size;

    p[446 + i * 16 + 4] = type;
    put32(p + 446 + i * 16 + 8, first);
    put32(p + 446 + i * 16 + 12, nr);
    p[510] = 0x55;
    p[511] = 0xaa;
}

static void expect(unsigned i, unsigned number, uint64_t first, uint64_t nr)
{
    assert_true(i < table.nr_partitions);
    assert_int_equal(table.partitions[i].number, number);
    assert_int_equal(table.partitions[i].first_sector, first);
    assert_int_equal(table.partitions[i].nr_sectors, nr);
}

static void no_table(void **state)
{
    begin(512);
    assert_int_equal(parse(), 0);
    assert_int_equal(table.scheme, PARTITION_NONE);
    memset(disk, 0xff, sizeof(disk));
    assert_int_equal(parse(), 0);
    assert_int_equal(table.nr_partitions + nr_refused, 0);
    source.nr_sectors = 0;
    assert_int_equal(parse(), 0);
    begin(512);
    bad_block = 0;
    assert_int_equal(parse(), -EIO);
}

/* A FAT boot sector: the signature, and text where the entries would be. */
static void boot_sector_of_a_file_system(void **state)
{
    begin(512);
    memcpy(disk + 440, "is not a bootable disk.  Please insert a bootable floppy", 56);
    disk[510] = 0x55;
    disk[511] = 0xaa;
    assert_int_equal(parse(), 0);
    assert_int_equal(table.scheme, PARTITION_NONE);
    assert_int_equal(nr_refused, 0);
}

static void mbr_primary(void **state)
{
    for (uint32_t size = 512; size <= 4096; size *= 8) {
        uint32_t k = size / 512;
        begin(size);
        put_mbr(0, 0, 0x83, 8, 16);
        put_mbr(0, 2, 0x0c, 24, NR_SECTORS / k - 24);
        assert_int_equal(parse(), 0);
        assert_int_equal(table.scheme, PARTITION_MBR);
        assert_int_equal(table.nr_partitions, 2);
        expect(0, 1, 8 * k, 16 * k);
        expect(1, 3, 24 * k, NR_SECTORS - 24 * k);
        assert_int_equal(nr_refused, 0);
    }
}

static void mbr_lies(void **state)
{
    begin(512);
    put_mbr(0, 0, 0x83, 0, 100);          /* covers the table */
    put_mbr(0, 1, 0x83, 100, NR_SECTORS); /* beyond the end */
    put_mbr(0, 2, 0x83, 0xffffffff, 0xffffffff);
    put_mbr(0, 3, 0x83, 100, 10);
    assert_int_equal(parse(), 0);
    assert_int_equal(nr_refused, 3);
    assert_int_equal(table.nr_partitions, 1);
    expect(0, 4, 100, 10);

    put_mbr(0, 0, 0x83, 109, 10); /* overlaps the one that comes later, which is then refused */
    assert_int_equal(parse(), 0);
    expect(0, 1, 109, 10);
    assert_int_equal(table.nr_partitions, 1);
}

static void mbr_logical(void **state)
{
    begin(512);
    put_mbr(0, 0, 0x83, 8, 8);
    put_mbr(0, 1, 0x05, 100, 1000);
    put_mbr(100, 0, 0x83, 2, 50);
    put_mbr(100, 1, 0x05, 200, 100);
    put_mbr(300, 0, 0x83, 2, 50);
    assert_int_equal(parse(), 0);
    assert_int_equal(table.nr_partitions, 3);
    expect(1, 5, 102, 50);
    expect(2, 6, 302, 50);

    put_mbr(300, 1, 0x05, 200, 100); /* the second record links to itself: overlaps without end */
    assert_int_equal(parse(), 0);
    assert_int_equal(table.nr_partitions, 3);
    assert_true(nr_refused > 0);

    put_mbr(300, 0, 0, 0, 0); /* the same with an empty entry */
    put_mbr(300, 1, 0x05, 200, 100);
    assert_int_equal(parse(), 0);
    assert_int_equal(nr_refused, 1);

    put_mbr(300, 1, 0x05, 5000, 100); /* out of the extended partition */
    assert_int_equal(parse(), 0);
    assert_int_equal(nr_refused, 1);

    put_mbr(300, 1, 0x05, 500, 100); /* to something that is no boot record */
    assert_int_equal(parse(), 0);
    assert_int_equal(nr_refused, 1);
    assert_int_equal(table.nr_partitions, 2);
}

/*
 * --- GPT -----------------------------------------------------------------------------------------
 */

static uint8_t *gpt_entry(uint64_t array, unsigned i)
{
    return disk + array * source.block_size + i * 128;
}

static void gpt_seal(uint64_t at, uint64_t other, uint64_t array, uint32_t nr)
{
    uint8_t *h = disk + at * source.block_size;
    uint64_t last = (uint64_t)NR_SECTORS * 512 / source.block_size - 1;

    memset(h, 0, 92);
    memcpy(h, "EFI PART", 8);
    put32(h + 8, 0x10000);
    put32(h + 12, 92);
    put64(h + 24, at);
    put64(h + 32, other);
    put64(h + 40, 40);
    put64(h + 48, last - 40);
    put64(h + 72, array);
    put32(h + 80, nr);
    put32(h + 84, 128);
    put32(h + 88, crc32(disk + array * source.block_size, nr * 128ul));
    put32(h + 16, crc32(h, 92));
}

static uint64_t last_block(void)
{
    return (uint64_t)NR_SECTORS * 512 / source.block_size - 1;
}

static void put_gpt(uint32_t block_size)
{
    begin(block_size);
    put_mbr(0, 0, 0xee, 1, 0xffffffff);
    uint64_t backup_array = last_block() - 33;
    for (unsigned copy = 0; copy < 2; copy++) {
        uint64_t array = copy == 0 ? 2 : backup_array;
        uint8_t *p = gpt_entry(array, 0);
        p[0] = 1;
        put64(p + 32, 50);
        put64(p + 40, 99);
        p = gpt_entry(array, 4);
        p[15] = 1;
        put64(p + 32, 100);
        put64(p + 40, 100);
    }
    gpt_seal(1, last_block(), 2, 128);
    gpt_seal(last_block(), 1, backup_array, 128);
}

static void gpt_good(void **state)
{
    for (uint32_t size = 512; size <= 4096; size *= 8) {
        uint32_t k = size / 512;
        put_gpt(size);
        assert_int_equal(parse(), 0);
        assert_int_equal(table.scheme, PARTITION_GPT);
        assert_int_equal(table.nr_partitions, 2);
        assert_int_equal(nr_refused, 0);
        expect(0, 1, 50 * k, 50 * k);
        expect(1, 5, 100 * k, 1 * k);
    }
}

static void gpt_backup(void **state)
{
    static const unsigned damage[] = {512, 512 + 16, 512 + 40, 512 + 91, 1024, 1024 + 16000};

    for (unsigned i = 0; i < ARRAY_SIZE(damage); i++) {
        put_gpt(512);
        disk[damage[i]] ^= 1;
        assert_int_equal(parse(), 0);
        assert_int_equal(table.scheme, PARTITION_GPT);
        assert_int_equal(table.nr_partitions, 2);
        assert_int_equal(nr_refused, 1);
    }
    put_gpt(512);
    bad_block = 1; /* cannot be read */
    assert_int_equal(parse(), 0);
    assert_int_equal(table.nr_partitions, 2);

    put_gpt(512);
    disk[512 + 40] ^= 1;
    disk[last_block() * 512 + 40] ^= 1;
    assert_int_equal(parse(), 0);
    assert_int_equal(table.nr_partitions, 0);
    assert_int_equal(nr_refused, 2);
}

/* Sums right, content wrong: each field of the header in turn. */
static void gpt_lying_header(void **state)
{
    static const struct {
        unsigned at;
        uint64_t value;
        unsigned bytes;
    } lies[] = {
        {12, 91, 4},         {12, 513, 4},        {12, 0xffffffff, 4},
        {24, 2, 8},          {72, 0, 8},          {72, 1, 8},
        {72, NR_SECTORS, 8}, {72, UINT64_MAX, 8}, {72, NR_SECTORS - 4, 8},
        {80, 0, 4},          {80, 0xffffffff, 4}, {84, 0, 4},
        {84, 127, 4},        {84, 129, 4},        {84, 1024, 4},
        {84, 0xffffff80, 4}, {48, UINT64_MAX, 8}, {48, 10, 8},
    };
    for (unsigned i = 0; i < ARRAY_SIZE(lies); i++) {
        put_gpt(512);
        memset(disk + last_block() * 512, 0, 512);
        uint8_t *h = disk + 512;
        memcpy(h + lies[i].at, &lies[i].value, lies[i].bytes);
        put32(h + 16, 0);
        put32(h + 16, crc32(h, 92));
        assert_int_equal(parse(), 0);
        assert_int_equal(table.nr_partitions, 0);
        assert_int_equal(nr_refused, 2);
    }
}

static void gpt_lying_entries(void **state)
{
    static const uint64_t lies[][2] = {
        {99, 50}, {39, 50}, {50, NR_SECTORS - 1}, {0, UINT64_MAX}, {UINT64_MAX, 0},
        {60, 70}, {50, 99},
    };
    for (unsigned i = 0; i < ARRAY_SIZE(lies); i++) {
        put_gpt(512);
        put64(gpt_entry(2, 4) + 32, lies[i][0]);
        put64(gpt_entry(2, 4) + 40, lies[i][1]);
        gpt_seal(1, last_block(), 2, 128);
        assert_int_equal(parse(), 0);
        assert_int_equal(table.nr_partitions, 1);
        assert_int_equal(nr_refused, 1);
        assert_int_equal(last_refused, 5);
    }
    /* more partitions than there are numbers */
    put_gpt(512);
    for (unsigned i = 0; i < 128; i++) {
        uint8_t *p = gpt_entry(2, i);
        p[0] = 1;
        put64(p + 32, 200 + i);
        put64(p + 40, 200 + i);
    }
    gpt_seal(1, last_block(), 2, 128);
    assert_int_equal(parse(), 0);
    assert_int_equal(table.nr_partitions, PARTITIONS_MAX);
    assert_int_equal(nr_refused, 128 - PARTITIONS_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_table),          cmocka_unit_test(boot_sector_of_a_file_system),
        cmocka_unit_test(mbr_primary),       cmocka_unit_test(mbr_lies),
        cmocka_unit_test(mbr_logical),       cmocka_unit_test(gpt_good),
        cmocka_unit_test(gpt_backup),        cmocka_unit_test(gpt_lying_header),
        cmocka_unit_test(gpt_lying_entries),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
