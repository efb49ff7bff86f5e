/*
 * Shared by the files of fs/vfs only.
 */
#ifndef VFS_INTERNAL_H
#define VFS_INTERNAL_H

#include <lock/spinlock.h>
#include <vfs/vfs.h>

/* The shape of the tree: see <vfs/dentry.h>. */
extern struct spinlock rename_lock;
/* The mount table. */
extern struct spinlock mount_lock;

/* A chain of the hash table of names. */
struct bucket {
    struct spinlock lock;
    struct dentry *first GUARDED_BY(&lock);
};
#define NR_NAME_BUCKETS 1024u /* a power of two */
extern struct bucket name_buckets[NR_NAME_BUCKETS];

static inline struct bucket *bucket_of(uint32_t hash)
{
    return &name_buckets[hash & (NR_NAME_BUCKETS - 1)];
}

/* ---- dcache.c ---- */

void dcache_init(void);
/* Insert into the bucket, which is that of hash, and among the children of its parent. */
void dcache_insert(struct bucket *bucket, struct dentry *dentry, uint32_t hash)
    REQUIRES(&bucket->lock);
/* Remove from both. The lock of its bucket is held. */
void dcache_remove(struct dentry *dentry);
/* Remove from the list of unused dentries, if listed. The bucket's lock is held. */
void unused_forget(struct dentry *dentry);
/* Wait until no dentry of the unused file system is being evicted. May sleep. */
void dcache_stop_evictions(const struct superblock *sb);

/* ---- dentry.c ---- */

int dentry_module_init(void);
/* Allocate an unhashed dentry with one reference; takes one to parent (NULL: a root). NULL: no
 * memory. */
struct dentry *dentry_create(struct dentry *parent, const char *name, size_t name_len);
uint32_t name_hash(const struct dentry *parent, const char *name, size_t name_len);
/* No reference is taken. */
struct dentry *bucket_find(const struct bucket *bucket, const struct dentry *parent, uint32_t hash,
                           const char *name, size_t name_len) REQUIRES(&bucket->lock);
/* Lock and return the bucket of a dentry; NULL: unhashed. The caller has a reference. */
struct bucket *dentry_bucket_lock(struct dentry *dentry);
/* Return its directory with a reference. */
struct dentry *dentry_get_parent(const struct dentry *dentry);
/* Hash a dentry with its inode. */
void dentry_hash(struct dentry *dentry);
/* Complete a rename: old takes new's place and name; new is dropped if it was hashed. */
void dentry_move(struct dentry *old, struct dentry *new);
void dentry_exchange(struct dentry *a, struct dentry *b);
/* True if `below` is in the subtree of `above`. */
bool dentry_is_below(const struct dentry *below, const struct dentry *above);
/*
 * Free a dentry that nobody can find or holds; may sleep. The caller takes over its reference to
 * the parent (NULL: it was a root).
 */
struct dentry *dentry_destroy(struct dentry *dentry);
/* Free the whole tree of an unused superblock. */
void dentry_kill_tree(struct dentry *root);
/* Find a child by the cache or by ops->lookup, with a reference. dir->inode->lock is held. */
int dentry_lookup_locked(struct dentry *dir, const char *name, size_t name_len,
                         struct dentry **out);

/* ---- icache.c ---- */

void inode_cache_init(void);
/* Drop what may be the last reference to a numbered inode. False: the caller must destroy it. */
bool inode_keep(struct inode *inode);
/* Evict all inodes of an unused file system, waiting for those that others evict. Sleeps. */
void inode_evict_all(const struct superblock *sb);

/* ---- inode.c, fstype.c, file.c, mount.c ---- */

/* Write back and free an inode that nobody refers to or can find. Sleeps. */
void inode_destroy(struct inode *inode);

int inode_module_init(void);
void superblocks_init(void);
int superblock_for_each(int (*fn)(struct superblock *sb));
int file_module_init(void);
void mounts_init(void);
struct file_locks;
void file_locks_free(struct file_locks *locks);
void file_locks_release(struct file *file);
/* Credentials without any capability: for checks that no capability overrides. */
extern const struct cred cred_nobody;

/* ---- attr.c ---- */

int inode_set_size(struct inode *inode, uint64_t size);
void inode_kill_set_id(struct inode *inode, const struct cred *cred);

/* Return the mount at (mount, dentry), or NULL. */
struct mount *mount_find(const struct mount *parent, const struct dentry *mountpoint)
    REQUIRES(&mount_lock);

/* ---- lookup.c ---- */

/* Result of a walk to the parent: the directory, and the last component. */
struct parent_lookup {
    struct path dir; /* with references */
    const char *last;
    size_t last_len;
    bool has_trailing_slash;
    unsigned nr_links;       /* symbolic links followed so far */
    char *buffer;            /* owns the memory of `last` if not NULL */
    struct dentry *existing; /* for vfs_open(): existing dentry of the name, with a reference */
};
/* -ENOENT for "", -EBUSY, -EINVAL or -EEXIST for "/", ".", "..": last_len is then 0. */
int lookup_parent(const struct vfs_context *context, const struct path *at, const char *name,
                  struct parent_lookup *out);
void parent_lookup_put(struct parent_lookup *lookup);

/* ---- namei.c, rename.c ---- */

void renames_init(void);
/* True for "/", "." and "..", which cannot be created or removed. */
bool parent_lookup_is_special(const struct parent_lookup *lookup);
/* Check that entries may be added to and removed from the directory; its lock is held. */
int may_change_dir(const struct path *dir, const struct cred *cred);
/* Check that the entry may be removed or replaced; its directory's lock is held. */
int may_remove(const struct path *dir, struct dentry *victim, const struct cred *cred);
int create_file(const struct vfs_context *context, struct parent_lookup *where, uint32_t mode,
                struct dentry **out);

#endif
