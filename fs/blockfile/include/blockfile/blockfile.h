/*
 * Block devices as files: /dev/vda and its partitions, read and written through a page cache of
 * their own, one per device whatever inode it is opened by. A file system mounted from the device
 * bypasses this cache, so do not write to the device of a mounted file system.
 */
#ifndef BLOCKFILE_BLOCKFILE_H
#define BLOCKFILE_BLOCKFILE_H

/* Give every present and future device a name in devfs. After devfs_init(). */
int blockfile_init(void);

#endif
