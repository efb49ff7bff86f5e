/*
 * ramfs: a file system that lives in memory alone; mounted as "ramfs" (no limit), "tmpfs" (options
 * size=, nr_inodes=, mode=, uid=, gid=; half of RAM by default) or "rootfs", which is a tmpfs, too.
 * Names are pinned dentries, bodies are page-cache pages. A file's body may begin as a piece of
 * memory that somebody else filled (the initrd): pages are made, or aliased, from it only when
 * somebody maps or writes them.
 */
#ifndef RAMFS_RAMFS_H
#define RAMFS_RAMFS_H

#include <vfs/vfs.h>

/* Registers ramfs, tmpfs and rootfs. */
int ramfs_init(void);

/* A superblock outside the registry, for devfs and memfd. magic: Linux's number; is_limited: to a
 * tmpfs's default size. */
int ramfs_superblock_create(const struct fs_type *type, uint64_t magic, bool is_limited,
                            struct superblock **out);
/* A new inode of a ramfs superblock, with one reference. */
struct inode *ramfs_inode_create(struct superblock *sb, uint32_t mode, devno_t rdev);
/* A symbolic link's inode. */
struct inode *ramfs_symlink_create(struct superblock *sb, const char *target, size_t len);
/*
 * The regular file's first `size` bytes are the memory at `body`, which stays unchanged as long as
 * the file has them. The file must be empty. Sets the size. owns_frames: body is page aligned, in
 * the direct map, and one reference of each of its whole pages' frames is the file's from now on,
 * which can so hand the pages to the page cache as they are, and frees them when it goes. Otherwise
 * the memory lives for ever.
 */
void ramfs_set_body(struct inode *inode, const void *body, size_t size, bool owns_frames);

#endif
