/*
 * A disk in memory and a system with ramfs as its root, for the tests and the fuzz target.
 */
#ifndef FAT_TEST_DISK_H
#define FAT_TEST_DISK_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <base/errno.h>
#include <blockdev/blockdev.h>
#include <fat/fat.h>
#include <frame/frame.h>
#include <heap/heap.h>
#include <host/host.h>
#include <log/log.h>
#include <ramfs/ramfs.h>
#include <vfs/vfs.h>

static uint8_t *disk_data;
static uint64_t disk_size;
static uint64_t disk_fail_after = UINT64_MAX; /* transfers until -EIO */

/* Answers at once. */
static void disk_submit(struct block_device *dev, struct block_request *rq)
{
    uint64_t offset = rq->disk_sector * SECTOR_SIZE;
    int error = disk_fail_after == 0 ? -EIO : 0;

    (void)dev;
    disk_fail_after -= disk_fail_after != UINT64_MAX && disk_fail_after != 0;
    for (unsigned i = 0; i < rq->nr_segments && error == 0; i++) {
        const struct block_segment *segment = &rq->segments[i];

        if (offset > disk_size || segment->len > disk_size - offset)
            error = -EIO;
        else if (rq->op == BLOCK_READ)
            memcpy(segment->data, disk_data + offset, segment->len);
        else if (rq->op == BLOCK_WRITE)
            memcpy(disk_data + offset, segment->data, segment->len);
        offset += segment->len;
    }
    block_complete(rq, error);
}

static const struct block_ops disk_ops = {.submit = disk_submit};
static struct block_device disk = {
    .ops = &disk_ops,
    .nr_sectors = 1,
    .block_size = 512,
    .max_segments = 16,
    .max_segment_bytes = 1 << 20,
    .max_sectors = 2048,
};

/* The whole system below the file system, a ramfs root with /mnt and /disk. Once per process. */
static inline int disk_system_init(void)
{
    const struct frame_range ram = {PADDR(0x80000000), MIB(256)};

    host_ram_init(ram.start, ram.size);
    if (frame_init(&ram, 1, NULL, 0) != 0 || heap_init() != 0 || vfs_init() != 0 ||
        ramfs_init() != 0 || fat_init() != 0 || vfs_mount_root("rootfs", "rootfs", 0, "") != 0)
        return -1;
    if (block_register(&disk, "vd") != 0)
        return -1;
    if (vfs_mkdir(&vfs_kernel_context, NULL, "/mnt", 0755) != 0)
        return -1;
    return vfs_mknod(&vfs_kernel_context, NULL, "/disk", S_IFBLK | 0600,
                     DEVNO(disk.major, disk.minor));
}

static inline int disk_mount(void)
{
    disk.nr_sectors = disk_size / 512;
    return vfs_mount(&vfs_kernel_context, "/disk", "/mnt", "vfat", 0, "");
}

static inline int disk_unmount(void)
{
    return vfs_unmount(&vfs_kernel_context, "/mnt", false);
}

static inline void disk_set(const void *data, size_t size)
{
    free(disk_data);
    disk_data = malloc(size ? size : 1);
    memcpy(disk_data, data, size);
    disk_size = size;
}

#endif
