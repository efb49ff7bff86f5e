/*
 * Numbers of file systems in statfs(2): Linux's uapi/linux/magic.h.
 */
#ifndef VFS_MAGIC_H
#define VFS_MAGIC_H

#define DEVPTS_MAGIC 0x1cd1ul
#define FAT_MAGIC    0x4d44ul
#define PIPEFS_MAGIC 0x50495045ul
#define PROC_MAGIC   0x9fa0ul
#define RAMFS_MAGIC  0x858458f6ul
#define SYSFS_MAGIC  0x62656572ul
#define TMPFS_MAGIC  0x01021994ul

#endif
