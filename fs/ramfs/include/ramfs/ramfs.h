/*
 * ramfs: a file system that lives in memory alone; mounted as "ramfs" (no limit), "tmpfs" (options size=,
 * nr_inodes=, mode=, uid=, gid=; half of RAM by default) or "rootfs". Names are pinned dentries, bodies
 * are page-cache pages. A file's body may begin as a piece of memory that somebody else filled (the
 * initrd): pages are made, or aliased, from it only when somebody maps or writes them.
 */
#ifndef RAMFS_RAMFS_H
#define RAMFS_RAMFS_H

#include <vfs/vfs.h>

/* Registers ramfs, tmpfs and rootfs. */
int ramfs_init(void);

/* A superblock outside the registry, for devfs and memfd. magic: Linux's number. */
int ramfs_superblock_create(const struct fs_type *type, uint64_t magic, struct superblock **out);
/* A new inode of a ramfs superblock, with one reference. */
struct inode *ramfs_inode_create(struct superblock *sb, uint32_t mode, devno_t rdev);
/* A symbolic link's inode. */
struct inode *ramfs_symlink_create(struct superblock *sb, const char *target, size_t len);
/*
 * The regular file's first `size` bytes are the memory at `body`, which must live and stay unchanged as
 * long as the system runs. The file must be empty. Sets the size.
 */
void ramfs_set_body(struct inode *inode, const void *body, size_t size);

#endif
