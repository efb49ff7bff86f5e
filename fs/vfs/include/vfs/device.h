/*
 * Device files: drivers by device number. An inode of type S_IFCHR or S_IFBLK on any file system is
 * opened with the file_ops registered here for its rdev. Ranges are never removed.
 */
#ifndef VFS_DEVICE_H
#define VFS_DEVICE_H

#include <vfs/file.h>
#include <vfs/stat.h>

struct device_range {
    struct list node;
    const char *name;   /* for /proc/devices */
    uint32_t mode_type; /* S_IFCHR or S_IFBLK */
    devno_t first;
    uint32_t nr;
    const struct file_ops *ops; /* ops->open finds the device by file_inode(file)->rdev */
    void *context;
};

/* Register a range, which must never be freed. -EBUSY: it overlaps another. */
int device_range_register(struct device_range *range);
const struct device_range *device_range_find(uint32_t mode_type, devno_t rdev);
/* Call fn for each range, in order of registration. */
void device_range_for_each(void (*fn)(const struct device_range *range, void *ctx), void *ctx);

#endif
