/*
 * What the files of the vfs share.
 */
#ifndef VFS_INTERNAL_H
#define VFS_INTERNAL_H

#include <lock/spinlock.h>
#include <vfs/vfs.h>

/* The names: hash table, dentry->parent, name and children, and the mount table. */
extern struct spinlock dcache_lock;

/* ---- dentry.c ---- */

int dentry_module_init(void);
/* Unhashed, one reference, takes one of parent (may be NULL: a root). NULL without memory. */
struct dentry *dentry_create(struct dentry *parent, const char *name, size_t name_len);
uint32_t name_hash(const struct dentry *parent, const char *name, size_t name_len);
/* No reference is taken. */
struct dentry *dcache_find(const struct dentry *parent, uint32_t hash, const char *name,
                           size_t name_len) REQUIRES(&dcache_lock);
/* For a dentry that is found under dcache_lock and may be unreferenced. */
void dentry_get_locked(struct dentry *dentry) REQUIRES(&dcache_lock);
/* Enters a dentry with its inode into the cache. */
void dentry_hash(struct dentry *dentry);
/* After a rename: old takes new's place and name; new is dropped if it was a name. */
void dentry_move(struct dentry *old, struct dentry *new);
void dentry_exchange(struct dentry *a, struct dentry *b);
/* Is `below` in the subtree of `above`? */
bool dentry_is_below(const struct dentry *below, const struct dentry *above);
/* Frees the whole tree of a superblock that nobody uses any more. */
void dentry_kill_tree(struct dentry *root);
/* The child with a reference, by the cache or by ops->lookup. dir->inode->lock is held. */
int dentry_lookup_locked(struct dentry *dir, const char *name, size_t name_len,
                         struct dentry **out);

/* ---- inode.c, fstype.c, file.c, mount.c ---- */

int inode_module_init(void);
void superblocks_init(void);
int superblock_for_each(int (*fn)(struct superblock *sb));
int file_module_init(void);
void mounts_init(void);
struct file_locks;
void file_locks_free(struct file_locks *locks);
void file_locks_release(struct file *file);
extern const struct file_ops file_ops_none;
/* Somebody without any capability: for what no right of the caller's excuses. */
extern const struct cred cred_nobody;

/* ---- attr.c ---- */

int inode_set_size(struct inode *inode, uint64_t size);
void inode_kill_set_id(struct inode *inode, const struct cred *cred);

/* What is mounted at (mount, dentry), or NULL. */
struct mount *mount_find(const struct mount *parent, const struct dentry *mountpoint)
    REQUIRES(&dcache_lock);

/* ---- lookup.c ---- */

/* The directory that holds the last component, and that component. */
struct parent_lookup {
    struct path dir; /* with references */
    const char *last;
    size_t last_len;
    bool has_trailing_slash;
    unsigned nr_links;       /* symbolic links that were followed */
    char *buffer;            /* owns the memory of `last` if not NULL */
    struct dentry *existing; /* vfs_open's: what has the name already, with a reference */
};
/* -ENOENT for "", -EBUSY, -EINVAL or -EEXIST for "/", ".", "..": last_len is then 0. */
int lookup_parent(const struct vfs_context *context, const struct path *at, const char *name,
                  struct parent_lookup *out);
void parent_lookup_put(struct parent_lookup *lookup);

/* ---- namei.c ---- */

void renames_init(void);
int create_file(const struct vfs_context *context, struct parent_lookup *where, uint32_t mode,
                struct dentry **out);

#endif
