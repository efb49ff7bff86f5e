/*
 * Block devices as files: /dev/vda and its partitions, read and written through a page cache of
 * their own. One cache a device, whatever inode it is opened by. A file system that is mounted from
 * the device goes past this cache: writing to the device of a mounted file system is as unwise as
 * it is elsewhere.
 */
#ifndef BLOCKFILE_BLOCKFILE_H
#define BLOCKFILE_BLOCKFILE_H

/* Gives every device, present and to come, a name in devfs. After devfs_init. */
int blockfile_init(void);

#endif
