/*
 * Partition tables, parsed from any disk that can be read: no devices, no allocation, no state.
 *
 * GPT by the UEFI Specification 2.10, chapter 5; MBR as PCs wrote it since 1983, with the chain of
 * extended boot records. The disk's content is not trusted: every entry is checked against the
 * disk's size and the other entries before it is reported, and every loop has a bound of its own.
 */
#ifndef PARTITION_PARTITION_H
#define PARTITION_PARTITION_H

#include <base/types.h>

#define PARTITIONS_MAX        15 /* per disk, so that minor numbers go in sixteens */
#define PARTITION_SECTOR_SIZE 512u

enum partition_scheme { PARTITION_NONE, PARTITION_MBR, PARTITION_GPT };

struct partition {
    unsigned number;       /* 1 .. PARTITIONS_MAX, as Linux numbers them; logical ones from 5 */
    uint64_t first_sector; /* of 512 bytes */
    uint64_t nr_sectors;
};

struct partition_table {
    enum partition_scheme scheme;
    unsigned nr_partitions;
    struct partition partitions[PARTITIONS_MAX];
};

struct partition_source {
    uint64_t nr_sectors; /* of the disk, of 512 bytes */
    uint32_t block_size; /* the unit that tables count in: 512 .. 4096 */
    uint8_t *block;      /* memory for one block */
    /* Read one block into source->block; 0 or negative errno. */
    int (*read)(struct partition_source *source, uint64_t block);
    /* An entry (number 0: the table itself) is not used. May be NULL. */
    void (*refuse)(struct partition_source *source, unsigned number, const char *why);
    void *ctx;
};

/*
 * 0 with table filled in (scheme PARTITION_NONE: there is none), or the error of a read that failed
 * before anything was known.
 */
MUST_CHECK int partition_table_read(struct partition_source *source, struct partition_table *table);

#endif
