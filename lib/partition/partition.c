#include <partition/partition.h>

#include <crc32/crc32.h>
#include <string/string.h>

#define MBR_ENTRIES     446 /* offset of the four entries in a boot record */
#define MBR_ENTRY_BYTES 16
#define EBR_STEPS_MAX   64 /* links of a chain that are followed, empty ones included */

#define GPT_HEADER_BYTES 92
#define GPT_ENTRY_BYTES  128
#define GPT_ENTRIES_MAX  1024 /* entries that are read at all */

static uint32_t le32(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static uint64_t le64(const uint8_t *p)
{
    return le32(p) | (uint64_t)le32(p + 4) << 32;
}

static void refuse(struct partition_source *source, unsigned number, const char *why)
{
    if (source->refuse)
        source->refuse(source, number, why);
}

static uint64_t nr_blocks(const struct partition_source *source)
{
    return source->nr_sectors / (source->block_size / PARTITION_SECTOR_SIZE);
}

/* Add the entry to the table, or refuse it. first and nr count blocks. */
static void add(struct partition_source *source, struct partition_table *table, unsigned number,
                uint64_t first, uint64_t nr)
{
    uint32_t per_block = source->block_size / PARTITION_SECTOR_SIZE;

    if (number > PARTITIONS_MAX) {
        refuse(source, number, "number too large");
        return;
    }
    if (first == 0 || nr == 0) {
        refuse(source, number, first == 0 ? "covers the partition table" : "empty");
        return;
    }
    if (first >= nr_blocks(source) || nr > nr_blocks(source) - first) {
        refuse(source, number, "reaches beyond the disk");
        return;
    }
    struct partition new = {number, first * per_block, nr * per_block};
    for (unsigned i = 0; i < table->nr_partitions; i++) {
        const struct partition *old = &table->partitions[i];
        if (new.first_sector < old->first_sector + old->nr_sectors &&
            old->first_sector < new.first_sector + new.nr_sectors) {
            refuse(source, number, "overlaps another");
            return;
        }
    }
    table->partitions[table->nr_partitions++] = new;
}

struct mbr_entry {
    uint8_t status, type;
    uint32_t first, nr;
};

static struct mbr_entry mbr_entry(const uint8_t *block, unsigned i)
{
    const uint8_t *p = block + MBR_ENTRIES + i * MBR_ENTRY_BYTES;
    return (struct mbr_entry){p[0], p[4], le32(p + 8), le32(p + 12)};
}

static bool has_boot_signature(const uint8_t *block)
{
    return block[510] == 0x55 && block[511] == 0xaa;
}

static bool is_extended(uint8_t type)
{
    return type == 0x05 || type == 0x0f || type == 0x85;
}

/*
 * The logical partitions of an extended one: a list of boot records, each with one partition
 * (counted from that record) and a link to the next record (counted from the start of the extended
 * partition).
 */
static void read_logical(struct partition_source *source, struct partition_table *table,
                         struct mbr_entry extended)
{
    uint64_t at = extended.first;
    unsigned number = 5;

    for (unsigned step = 0;; step++) {
        if (step == EBR_STEPS_MAX) {
            refuse(source, number, "endless chain of logical partitions");
            return;
        }
        if (at >= nr_blocks(source) || source->read(source, at) != 0 ||
            !has_boot_signature(source->block)) {
            refuse(source, number, "broken chain of logical partitions");
            return;
        }
        struct mbr_entry entry = mbr_entry(source->block, 0);
        struct mbr_entry link = mbr_entry(source->block, 1);
        if (entry.type != 0 && entry.nr != 0)
            add(source, table, number++, at + entry.first, entry.nr);
        if (!is_extended(link.type) || link.nr == 0 || number > PARTITIONS_MAX)
            return;
        if (link.first == 0 || link.first >= extended.nr) {
            refuse(source, number, "broken chain of logical partitions");
            return;
        }
        at = (uint64_t)extended.first + link.first;
    }
}

static bool is_zero_guid(const uint8_t *guid)
{
    uint8_t any = 0;
    for (unsigned i = 0; i < 16; i++)
        any |= guid[i];
    return any == 0;
}

struct gpt {
    uint64_t first_usable, last_usable; /* blocks */
    uint64_t entries;                   /* block */
    uint32_t nr_entries, entry_bytes, entries_crc;
};

/* Read the header in block `at`; NULL unless it is one with a correct checksum (5.3.2). */
static bool gpt_header(struct partition_source *source, uint64_t at, struct gpt *gpt)
{
    uint8_t *p = source->block;

    if (at == 0 || at >= nr_blocks(source) || source->read(source, at) != 0)
        return false;
    if (memcmp(p, "EFI PART", 8) != 0)
        return false;
    uint32_t header_bytes = le32(p + 12);
    if (header_bytes < GPT_HEADER_BYTES || header_bytes > source->block_size)
        return false;
    uint32_t crc = le32(p + 16);
    memset(p + 16, 0, 4); /* the sum is taken with its own field zero */
    if (crc32(p, header_bytes) != crc || le64(p + 24) != at)
        return false;

    *gpt = (struct gpt){
        .first_usable = le64(p + 40),
        .last_usable = le64(p + 48),
        .entries = le64(p + 72),
        .nr_entries = le32(p + 80),
        .entry_bytes = le32(p + 84),
        .entries_crc = le32(p + 88),
    };
    return true;
}

/* Return the number of blocks of the entry array; 0: the header is invalid. */
static uint64_t gpt_array_blocks(struct partition_source *source, const struct gpt *gpt)
{
    /* 128 * 2^n bytes an entry (5.3.2), and entries do not straddle blocks */
    if (gpt->entry_bytes < GPT_ENTRY_BYTES || gpt->entry_bytes > source->block_size ||
        !IS_POWER_OF_2(gpt->entry_bytes))
        return 0;
    if (gpt->nr_entries == 0 || gpt->nr_entries > GPT_ENTRIES_MAX)
        return 0;
    uint64_t bytes = (uint64_t)gpt->nr_entries * gpt->entry_bytes;
    uint64_t nr = (bytes + source->block_size - 1) / source->block_size;
    if (gpt->entries < 2 || gpt->entries >= nr_blocks(source) ||
        nr > nr_blocks(source) - gpt->entries)
        return 0;
    if (gpt->first_usable > gpt->last_usable || gpt->last_usable >= nr_blocks(source))
        return 0;
    return nr;
}

static bool gpt_array_is_whole(struct partition_source *source, const struct gpt *gpt)
{
    uint64_t nr = gpt_array_blocks(source, gpt);
    uint64_t left = (uint64_t)gpt->nr_entries * gpt->entry_bytes;
    uint32_t crc = 0;

    for (uint64_t i = 0; i < nr; i++) {
        if (source->read(source, gpt->entries + i) != 0)
            return false;
        uint64_t now = MIN(left, (uint64_t)source->block_size);
        crc = crc32_update(crc, source->block, now);
        left -= now;
    }
    return nr != 0 && crc == gpt->entries_crc;
}

static void gpt_entry(struct partition_source *source, struct partition_table *table,
                      const struct gpt *gpt, unsigned number, const uint8_t *p)
{
    uint64_t first = le64(p + 32);
    uint64_t last = le64(p + 40);

    if (is_zero_guid(p))
        return;
    if (first > last || first < gpt->first_usable || last > gpt->last_usable)
        refuse(source, number, "outside the usable blocks");
    else
        add(source, table, number, first, last - first + 1);
}

static void read_gpt(struct partition_source *source, struct partition_table *table)
{
    struct gpt gpt;

    bool is_primary = gpt_header(source, 1, &gpt) && gpt_array_is_whole(source, &gpt);
    if (!is_primary) {
        refuse(source, 0, "the primary GPT is damaged");
        if (!gpt_header(source, nr_blocks(source) - 1, &gpt) || !gpt_array_is_whole(source, &gpt)) {
            refuse(source, 0, "so is the backup GPT");
            return;
        }
    }
    table->scheme = PARTITION_GPT;
    uint32_t per_block = source->block_size / gpt.entry_bytes;
    for (uint32_t i = 0; i < gpt.nr_entries; i++) {
        if (i % per_block == 0 && source->read(source, gpt.entries + i / per_block) != 0) {
            refuse(source, i + 1, "cannot be read");
            return;
        }
        gpt_entry(source, table, &gpt, i + 1, source->block + (i % per_block) * gpt.entry_bytes);
    }
}

int partition_table_read(struct partition_source *source, struct partition_table *table)
{
    struct mbr_entry entries[4];

    *table = (struct partition_table){.scheme = PARTITION_NONE};
    if (nr_blocks(source) < 3)
        return 0;
    int err = source->read(source, 0);
    if (err != 0)
        return err;
    if (!has_boot_signature(source->block))
        return 0;
    for (unsigned i = 0; i < 4; i++) {
        entries[i] = mbr_entry(source->block, i);
        /*
         * A file system's boot sector also has the signature, and code in place of the entries.
         */
        if ((entries[i].status & 0x7f) != 0)
            return 0;
    }
    for (unsigned i = 0; i < 4; i++) {
        if (entries[i].type == 0xee) {
            read_gpt(source, table);
            return 0;
        }
    }

    bool has_extended = false;
    for (unsigned i = 0; i < 4; i++) {
        if (entries[i].type == 0 || entries[i].nr == 0)
            continue;
        table->scheme = PARTITION_MBR;
        if (!is_extended(entries[i].type)) {
            add(source, table, i + 1, entries[i].first, entries[i].nr);
        } else if (has_extended) {
            refuse(source, i + 1, "second extended partition");
        } else {
            has_extended = true;
            read_logical(source, table, entries[i]);
        }
    }
    return 0;
}
