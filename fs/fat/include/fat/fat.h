/*
 * FAT12, FAT16 and FAT32, read and write, with long names, after Microsoft's "FAT32 File System
 * Specification" (fatgen103, 2000). Mounted as "vfat" (or "msdos", which is the same here).
 *
 * Options: uid=, gid=, umask=, fmask=, dmask= (octal); utf8, iocharset=, codepage=, shortname=,
 * errors= and quiet are accepted and mean nothing.
 *
 * FAT cannot store owners and permissions (one owner and mask for all; a file without write
 * permission is stored as read-only), links and devices. Names keep their case and match in any
 * case.
 *
 * A damaged image gives -EUCLEAN or -EIO and a line in the log: every cluster number is checked
 * before use, and looping chains are detected.
 */
#ifndef FAT_FAT_H
#define FAT_FAT_H

#include <base/types.h>

/* Register the file system; after vfs_init(). */
int fat_init(void);

#endif
