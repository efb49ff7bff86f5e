/*
 * An emulated bank of NOR flash: two 16-bit chips side by side on a 32-bit bus, with the Intel
 * command set and a Common Flash Interface query (JESD68.01; Intel 28F128J3A data sheet), as on
 * QEMU's virt.
 *
 * The owner holds the bank's contents as pages. While the bank reads as memory (read-array mode)
 * the owner may let the guest read those pages without exits; the model reports when that begins
 * and ends. Programming clears bits, erasing sets a block to ones; both complete at once, so the
 * guest never sees the busy state.
 */
#ifndef VPFLASH_VPFLASH_H
#define VPFLASH_VPFLASH_H

#include <sync/mutex.h>
#include <vdev/vdev.h>

#define VPFLASH_BLOCK_SIZE  KIB(256) /* of the bank: 128 KiB in each chip */
#define VPFLASH_BUFFER_SIZE 1024     /* of the bank: 512 bytes in each chip */

enum vpflash_mode {
    VPFLASH_ARRAY,
    VPFLASH_STATUS,
    VPFLASH_ID,
    VPFLASH_QUERY,
    VPFLASH_PROGRAM,       /* next write is the datum */
    VPFLASH_ERASE,         /* next write confirms */
    VPFLASH_LOCK,          /* next write selects the action */
    VPFLASH_BUFFER_COUNT,  /* next write is the number of words less one */
    VPFLASH_BUFFER_DATA,   /* then the words */
    VPFLASH_BUFFER_CONFIRM /* then the confirmation */
};

/* All are called with the bank's lock held. */
struct vpflash_backing {
    /* Return the 4 KiB page `index` of the bank, for reading or writing; NULL: no memory. */
    uint8_t *(*page)(void *ctx, uint64_t index, bool is_write);
    /* Direct reads of the pages become allowed or forbidden. May be NULL. */
    void (*set_readable)(void *ctx, bool is_readable);
    void *ctx;
};

struct vpflash {
    struct vdev dev;
    struct vpflash_backing backing; /* [I] */

    struct mutex lock; /* a mutex: an erase takes long */
    enum vpflash_mode mode GUARDED_BY(&lock);
    uint8_t status GUARDED_BY(&lock); /* of both chips; bit 7: ready */

    /* The buffered program in progress: its window in the bank, aligned to its size. */
    uint64_t buffer_offset GUARDED_BY(&lock);
    unsigned nr_words_left GUARDED_BY(&lock);
    uint8_t buffer[VPFLASH_BUFFER_SIZE] GUARDED_BY(&lock);
};

/* size: a multiple of VPFLASH_BLOCK_SIZE, a power of two. */
void vpflash_init(struct vpflash *flash, const char *name, gpa_t base, uint64_t size,
                  struct vpflash_backing backing);

/* True if reads return the array. Without the lock a hint: it may change at once. */
static inline bool vpflash_reads_array(const struct vpflash *flash)
{
    return UNLOCKED(READ_ONCE(flash->mode), "looked at again by who acts on it") == VPFLASH_ARRAY;
}

#endif
