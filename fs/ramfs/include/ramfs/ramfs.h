/*
 * ramfs: a file system in memory; mounted as "ramfs" (no limit), "tmpfs" (options size=,
 * nr_inodes=, mode=, uid=, gid=; half of RAM by default) or "rootfs", which is a tmpfs, too. Names
 * are pinned dentries, bodies are page-cache pages. A file's body may begin as a memory range that
 * is filled already (the initrd): pages are made from it, or aliased, only when they are mapped or
 * written.
 */
#ifndef RAMFS_RAMFS_H
#define RAMFS_RAMFS_H

#include <vfs/vfs.h>

/* Register ramfs, tmpfs and rootfs. */
int ramfs_init(void);

/* Create a superblock outside the registry, for devfs and memfd. magic: Linux's number; is_limited:
 * to a tmpfs's default size. */
int ramfs_superblock_create(const struct fs_type *type, uint64_t magic, bool is_limited,
                            struct superblock **out);
/* Create an inode of a ramfs superblock, with one reference. */
struct inode *ramfs_inode_create(struct superblock *sb, uint32_t mode, devno_t rdev);
/* Create a symbolic link's inode. */
struct inode *ramfs_symlink_create(struct superblock *sb, const char *target, size_t len);
/*
 * Make the memory at `body`, which must not change, the first `size` bytes of an empty regular
 * file. Sets the size. owns_frames: body is page aligned and in the direct map, and the file takes
 * over one reference to the frame of each whole page; it can then add these pages to the page
 * cache, and frees them at its end. Otherwise the memory must never be freed.
 */
void ramfs_set_body(struct inode *inode, const void *body, size_t size, bool owns_frames);

#endif
