/*
 * Parallel NOR flash that speaks the Common Flash Interface (JESD68.01, JEP137): the two banks of
 * QEMU's virt machine, from the device tree's cfi-flash node.
 *
 * Reading needs no driver: the banks are memory while in read-array mode, and pflash_bank_info
 * gives the address to map. Programming can only clear bits, erasing sets a whole block to ones;
 * both go through command cycles, in the Intel command set (0x0001, 0x0003), on any interleave the
 * query finds (QEMU: two 16-bit chips on a 32-bit bus). While a command runs, the bank does not
 * read as memory: do not read a mapping of it during pflash_program and pflash_erase.
 *
 * A bank that does not answer the query (passed through read-only by a hypervisor, or ROM or RAM)
 * can still be read: is_writable is false and the writing functions return -EROFS.
 */
#ifndef PFLASH_PFLASH_H
#define PFLASH_PFLASH_H

#include <base/types.h>

#define PFLASH_BANKS_MAX   4
#define PFLASH_REGIONS_MAX 4

struct pflash_region {
    uint64_t offset;      /* of the first block, from the start of the bank */
    uint32_t block_bytes; /* erase block, all interleaved chips together */
    uint32_t nr_blocks;
};

struct pflash_info {
    paddr_t pa;                  /* where it is memory */
    uint64_t nr_bytes;           /* of the device tree */
    bool is_writable;            /* answers CFI, and the command set is known */
    unsigned bus_bytes;          /* width of an access: 1, 2, 4 */
    unsigned nr_chips;           /* interleaved on the bus */
    uint32_t write_buffer_bytes; /* 0: no buffered program */
    unsigned nr_regions;
    struct pflash_region regions[PFLASH_REGIONS_MAX];
};

/* Return the number of banks from the device tree. */
unsigned pflash_bank_count(void);

/* Describe a bank; -ENODEV: no such bank. Any context. */
MUST_CHECK int pflash_bank_info(unsigned bank, struct pflash_info *info);

/*
 * Read through the driver's own mapping, after a running command. 0, -ENODEV, -EINVAL (out of the
 * bank). Sleeps.
 */
MUST_CHECK int pflash_read(unsigned bank, uint64_t offset, void *data, size_t nr_bytes);

/*
 * Clear bits: every byte becomes (old & data). Verified by reading back. 0, -ENODEV, -EINVAL,
 * -EROFS, -EACCES (a locked block), -EIO (program or voltage error, or a bit that would have to be
 * set), -ETIMEDOUT. Sleeps.
 */
MUST_CHECK int pflash_program(unsigned bank, uint64_t offset, const void *data, size_t nr_bytes);

/*
 * Set whole erase blocks to ones; offset and nr_bytes on block boundaries. Errors as above. Sleeps.
 */
MUST_CHECK int pflash_erase(unsigned bank, uint64_t offset, uint64_t nr_bytes);

/* Erase and program as needed so that the range reads as data; other bytes are kept. Sleeps. */
MUST_CHECK int pflash_write(unsigned bank, uint64_t offset, const void *data, size_t nr_bytes);

#endif
