/*
 * Shared by the files of drivers/blockdev only.
 */
#ifndef BLOCKDEV_INTERNAL_H
#define BLOCKDEV_INTERNAL_H

#include <blockdev/blockdev.h>

/* Move whole blocks between a disk and memory of any kind, checked against the disk's end. */
int block_move_bounced(struct block_device *dev, enum block_op op, uint64_t sector, void *data,
                       uint32_t nr_sectors);

#endif
