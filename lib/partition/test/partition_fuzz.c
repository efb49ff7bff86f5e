/*
 * Partition tables from any bytes. The input is the disk's first blocks; a GPT's sums are made
 * right first, so that what lies behind them is reached.
 */
#include <stdlib.h>
#include <string.h>

#include <crc32/crc32.h>

#include <partition/partition.h>

#define NR_BLOCKS 64u

static uint8_t disk[NR_BLOCKS * 512];
static unsigned nr_reads;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int read_disk(struct partition_source *source, uint64_t at)
{
    if (at >= NR_BLOCKS || nr_reads++ > 10000)
        abort();
    memcpy(source->block, disk + at * 512, 512);
    return 0;
}

static uint32_t get32(const uint8_t *p)
{
    uint32_t v;
    memcpy(&v, p, 4);
    return v;
}

static void put32(uint8_t *p, uint32_t v)
{
    memcpy(p, &v, 4);
}

static void make_sums_right(uint8_t *header)
{
    uint32_t header_bytes = get32(header + 12);
    uint64_t array = get32(header + 72);
    uint64_t bytes = (uint64_t)get32(header + 80) * get32(header + 84);

    if (array < NR_BLOCKS && bytes <= (NR_BLOCKS - array) * 512)
        put32(header + 88, crc32(disk + array * 512, bytes));
    put32(header + 16, 0);
    if (header_bytes <= 512)
        put32(header + 16, crc32(header, header_bytes));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct partition_table table;
    uint8_t *block = malloc(512); /* so that an access beyond it is seen */
    struct partition_source source = {NR_BLOCKS, 512, block, read_disk, NULL, NULL};

    memset(disk, 0, sizeof(disk));
    memcpy(disk, data, MIN(size, sizeof(disk)));
    disk[510] = 0x55;
    disk[511] = 0xaa;
    if (size > 0 && data[0] & 1) {
        disk[446 + 4] = 0xee;
        disk[446] = disk[462] = disk[478] = disk[494] = 0;
        memcpy(disk + 512, "EFI PART", 8);
        make_sums_right(disk + 512);
    }
    nr_reads = 0;
    if (partition_table_read(&source, &table) != 0 || table.nr_partitions > PARTITIONS_MAX)
        abort();
    for (unsigned i = 0; i < table.nr_partitions; i++) {
        const struct partition *p = &table.partitions[i];
        if (p->first_sector == 0 || p->nr_sectors == 0 || p->first_sector >= NR_BLOCKS ||
            p->nr_sectors > NR_BLOCKS - p->first_sector || p->number == 0 ||
            p->number > PARTITIONS_MAX)
            abort();
        for (unsigned k = 0; k < i; k++) {
            const struct partition *q = &table.partitions[k];
            if (p->first_sector < q->first_sector + q->nr_sectors &&
                q->first_sector < p->first_sector + p->nr_sectors)
                abort();
        }
    }
    free(block);
    return 0;
}
