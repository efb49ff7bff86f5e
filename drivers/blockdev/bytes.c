/*
 * Block I/O at any byte: whole blocks directly, parts of a block by read-modify-write.
 */
#include <blockdev/blockdev.h>

#include <base/errno.h>
#include <frame/frame.h>
#include <string/string.h>

#include "internal.h"

static int check_bytes(const struct block_device *dev, uint64_t offset, size_t nr_bytes)
{
    uint64_t end = dev->nr_sectors << SECTOR_SHIFT;
    return offset <= end && nr_bytes <= end - offset ? 0 : -ENXIO;
}

/*
 * Read or write part of one block: [offset, offset + nr_bytes) does not cross a block boundary.
 * block: a buffer.
 */
static int move_part(struct block_device *dev, enum block_op op, uint64_t offset, char *data,
                     size_t nr_bytes, struct frame *block)
{
    char *bytes = frame_to_virt(block);
    uint32_t per_block = dev->block_size / SECTOR_SIZE;
    uint64_t sector = ALIGN_DOWN(offset, dev->block_size) >> SECTOR_SHIFT;
    size_t skip = offset & (dev->block_size - 1);

    int err = block_read_frames(dev, sector, &block, 0, per_block);
    if (err != 0)
        return err;
    if (op == BLOCK_READ) {
        memcpy(data, bytes + skip, nr_bytes);
        return 0;
    }
    memcpy(bytes + skip, data, nr_bytes);
    return block_write_frames(dev, sector, &block, 0, per_block);
}

static int move_bytes(struct block_device *dev, enum block_op op, uint64_t offset, char *data,
                      size_t nr_bytes)
{
    int err = check_bytes(dev, offset, nr_bytes);
    struct frame *block = frame_alloc(0, 0); /* no block is larger than a page */

    if (err == 0 && !block)
        err = -ENOMEM;
    while (err == 0 && nr_bytes > 0) {
        size_t skip = offset & (dev->block_size - 1);
        size_t now;

        if (skip == 0 && nr_bytes >= dev->block_size) {
            now = ALIGN_DOWN(MIN(nr_bytes, (size_t)1 << 30), dev->block_size);
            err = block_move_bounced(dev, op, offset >> SECTOR_SHIFT, data,
                                     (uint32_t)(now >> SECTOR_SHIFT));
        } else {
            now = MIN(nr_bytes, dev->block_size - skip);
            err = move_part(dev, op, offset, data, now, block);
        }
        offset += now;
        data += now;
        nr_bytes -= now;
    }
    if (block)
        frame_put(block);
    return err;
}

int block_read_bytes(struct block_device *dev, uint64_t offset, void *data, size_t nr_bytes)
{
    return move_bytes(dev, BLOCK_READ, offset, data, nr_bytes);
}

int block_write_bytes(struct block_device *dev, uint64_t offset, const void *data, size_t nr_bytes)
{
    return move_bytes(dev, BLOCK_WRITE, offset, (char *)(uintptr_t)data, nr_bytes);
}
