/*
 * One bank of NOR flash chips behind a bus, by the Common Flash Interface: query, program, erase,
 * lock. Independent of mappings, locks and threads; the caller provides the bus, so that the same
 * code runs against a model of a flash.
 *
 * Specs: JEDEC JESD68.01 (query structure), JEP137 (command-set identifiers), Intel "Common Flash
 * Memory Interface (CFI) and Command Sets" (AP-646) for commands and the status register.
 */
#ifndef CFI_CFI_H
#define CFI_CFI_H

#include <base/types.h>

#define CFI_REGIONS_MAX 4

struct cfi_bus {
    unsigned bytes;    /* width of an access: 1, 2 or 4 */
    uint64_t nr_bytes; /* length of the bank; offsets are below */
    /* Make one access; offset is a multiple of bytes. */
    uint32_t (*read)(struct cfi_bus *bus, uint64_t offset);
    void (*write)(struct cfi_bus *bus, uint64_t offset, uint32_t value);
    uint64_t (*now_ns)(struct cfi_bus *bus);
    /* Called between polls of a busy chip, after the first few; may sleep. */
    void (*pause)(struct cfi_bus *bus);
};

struct cfi_region {
    uint64_t offset;
    uint32_t block_bytes; /* all interleaved chips together */
    uint32_t nr_blocks;
};

/* [I] after cfi_query */
struct cfi {
    struct cfi_bus *bus;
    unsigned nr_chips;           /* side by side on the bus */
    uint64_t nr_bytes;           /* capacity of the chips that is visible in the bank */
    uint32_t write_buffer_bytes; /* all chips together; 0: word by word */
    bool has_locks;
    unsigned nr_regions;
    struct cfi_region regions[CFI_REGIONS_MAX];
    uint64_t program_ns, buffer_ns, erase_ns; /* longest time the chip may take */
};

/*
 * Probe for chips. 0; -ENODEV: nothing answers (plain memory is unchanged); -ENOTSUP: an unknown
 * command set; -EBADMSG: an implausible answer.
 */
MUST_CHECK int cfi_query(struct cfi *cfi, struct cfi_bus *bus);

/*
 * Clear bits so that the range becomes data; any alignment. Does nothing if a bit would have to be
 * set: -EIO, as for a failed program. -EACCES (locked), -ETIMEDOUT. Reads as memory again
 * afterwards.
 */
MUST_CHECK int cfi_program(struct cfi *cfi, uint64_t offset, const void *data, size_t nr_bytes);

/* Find the block that contains offset: its start and length; false: beyond the chips. */
MUST_CHECK bool cfi_block(const struct cfi *cfi, uint64_t offset, uint64_t *start,
                          uint32_t *nr_bytes);

/* Erase the block that starts at offset. -EIO, -EACCES, -ETIMEDOUT. */
MUST_CHECK int cfi_erase_block(struct cfi *cfi, uint64_t offset);

/* Lock or unlock the block that starts at offset. -EOPNOTSUPP, -EIO, -ETIMEDOUT. */
MUST_CHECK int cfi_lock_block(struct cfi *cfi, uint64_t offset, bool is_locked);

#endif
