/*
 * The virtual file system: names to inodes, inodes to files, one tree over many file systems.
 *
 * Every call by name takes a vfs_context (credentials, root, current directory, umask) and `at`,
 * the directory that a relative name starts from (NULL: context->cwd). Names are NUL-terminated
 * kernel memory. All of these may sleep; they return 0 or -errno with the errors that POSIX and
 * Linux's manual pages give.
 *
 * The walk follows "Linux VFS" terms. A step into a cached name costs a hash probe under one
 * spinlock for the whole walk; a miss or a symbolic link leaves that fast loop.
 */
#ifndef VFS_VFS_H
#define VFS_VFS_H

#include <vfs/cred.h>
#include <vfs/dentry.h>
#include <vfs/file.h>
#include <vfs/inode.h>
#include <vfs/stat.h>

struct vfs_context {
    const struct cred *cred;
    struct path root;
    struct path cwd;
    uint32_t umask;
};

/* Initialise the caches and the empty tree. Once, after the heap and the slab caches. */
int vfs_init(void);
/* Mount the first file system as "/" and set up vfs_kernel_context. */
int vfs_mount_root(const char *fs_name, const char *source, unsigned mount_flags,
                   const char *options);
/* The kernel's own context: cred_kernel, the root mount. */
extern struct vfs_context vfs_kernel_context;

/* Operations of FIFOs on any file system; set once by fs/fifo. */
extern const struct file_ops *vfs_fifo_ops;

#define LOOKUP_NO_FOLLOW  BIT(0) /* do not follow a symbolic link as last component */
#define LOOKUP_DIRECTORY  BIT(1) /* -ENOTDIR otherwise */
#define LOOKUP_EMPTY_PATH BIT(2) /* "" is `at` itself (AT_EMPTY_PATH) */

/* Resolve a name to a path; put it with path_put(). */
int vfs_lookup(const struct vfs_context *context, const struct path *at, const char *name,
               unsigned flags, struct path *out) MUST_CHECK;
/* flags: O_*; mode: permission bits of a new file, before the umask. */
int vfs_open(const struct vfs_context *context, const struct path *at, const char *name,
             unsigned flags, uint32_t mode, struct file **out) MUST_CHECK;
/* Open a path that is resolved already (exec, O_PATH descriptors). */
int vfs_open_path(const struct path *path, const struct cred *cred, unsigned flags,
                  struct file **out) MUST_CHECK;

int vfs_mkdir(const struct vfs_context *context, const struct path *at, const char *name,
              uint32_t mode);
/* mode with its type: S_IFREG, S_IFCHR, S_IFBLK, S_IFIFO, S_IFSOCK. */
int vfs_mknod(const struct vfs_context *context, const struct path *at, const char *name,
              uint32_t mode, devno_t rdev);
int vfs_symlink(const struct vfs_context *context, const char *target, const struct path *at,
                const char *name);
/* Add a name for the file at `old`. */
int vfs_link(const struct vfs_context *context, const struct path *old, const struct path *at,
             const char *name);
int vfs_unlink(const struct vfs_context *context, const struct path *at, const char *name);
int vfs_rmdir(const struct vfs_context *context, const struct path *at, const char *name);
#define RENAME_NOREPLACE 1u
#define RENAME_EXCHANGE  2u
int vfs_rename(const struct vfs_context *context, const struct path *old_at, const char *old_name,
               const struct path *new_at, const char *new_name, unsigned flags);
/* Read the link's text; returns its length, truncated to size, no NUL. */
ssize_t vfs_readlink(const struct path *path, char *buf, size_t size);

int vfs_getattr(const struct path *path, struct vfs_stat *out);
int vfs_getattr_inode(struct inode *inode, struct vfs_stat *out);
/* Change attributes if cred permits. Size: vfs_truncate(). */
int vfs_setattr(const struct path *path, const struct cred *cred, struct vfs_attr *attr);
int vfs_truncate(const struct path *path, const struct cred *cred, uint64_t size);
int vfs_statfs(const struct path *path, struct vfs_statfs *out);
/* The same for a file that no mount leads to. */
int superblock_statfs(struct superblock *sb, struct vfs_statfs *out);
/* Check access for MAY_*; also -EROFS for writing to a read-only mount. */
int vfs_access(const struct path *path, const struct cred *cred, unsigned want);

/*
 * Build the name of a path as seen from root ("/a/b") in buf; returns its start within buf (the
 * text is built from the end). NULL: it does not fit. *is_reachable = false if root is not above
 * it.
 */
char *vfs_path_string(const struct path *root, const struct path *path, char *buf, size_t size,
                      bool *is_reachable);

/* Mount fs_name at the directory `name`. flags: MOUNT_*. */
int vfs_mount(const struct vfs_context *context, const char *source, const char *name,
              const char *fs_name, unsigned flags, const char *options);
int vfs_bind_mount(const struct vfs_context *context, const char *source, const char *name);
int vfs_move_mount(const struct vfs_context *context, const char *source, const char *name);
int vfs_remount(const struct vfs_context *context, const char *name, unsigned flags,
                const char *options);
/* Unmount. -EBUSY while files, directories or mounts below are in use, unless is_lazy. */
int vfs_unmount(const struct vfs_context *context, const char *name, bool is_lazy);
/* Call fn for each mount in order, with a reference and without a lock. fn returns non-zero to
 * stop. */
int vfs_mount_for_each(int (*fn)(struct mount *mount, void *ctx), void *ctx);
/* Write everything back. */
int vfs_sync(void);
int vfs_sync_superblock(struct superblock *sb);

#endif
