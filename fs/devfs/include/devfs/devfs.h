/*
 * devfs: the tree of device files. There is one tree, filled by devfs_add() as devices are found
 * and mountable anywhere as "devtmpfs"; otherwise it is a ramfs, to which programs may add names of
 * their own.
 *
 * It provides the memory devices: null, zero, full, random, urandom, kmsg. Terminals come from
 * linux/tty, block devices from fs/blockfile.
 */
#ifndef DEVFS_DEVFS_H
#define DEVFS_DEVFS_H

#include <vfs/device.h>

/* Register the file system and its own devices; after ramfs_init(). */
int devfs_init(void);
/*
 * Add a name ("vda", "pts/0": directories are created) for a device number; mode with type and
 * permissions. -EEXIST, -ENOMEM. The file_ops come from device_range_register().
 */
int devfs_add(const char *name, uint32_t mode, devno_t rdev);
int devfs_add_symlink(const char *name, const char *target);

#endif
