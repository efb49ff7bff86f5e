/*
 * Dentries and mounts: the tree of names in memory, and the file systems mounted in it.
 *
 * A dentry links a name in a directory to an inode. It is found by (parent, name) in one hash table
 * and holds references to its parent and its inode. Unused dentries stay cached until memory is
 * short; memory file systems pin theirs as long as the name exists, since the dentries are all that
 * they have of a directory. There are no negative dentries.
 *
 * Locks, all private to vfs and none held over a whole walk: one per bucket of the table, under
 * which the names in it do not change, so that a walk takes no references to the dentries it
 * passes; rename_lock for the shape of the tree; each directory's children_lock; those of the
 * mounts and of the unused list. A directory's inode lock serialises changes of its entries and is
 * taken first; its holder may read the children without another lock.
 */
#ifndef VFS_DENTRY_H
#define VFS_DENTRY_H

#include <base/types.h>
#include <list/list.h>
#include <lock/annotations.h>
#include <lock/spinlock.h>

struct inode;
struct superblock;
PRIVATE_LOCK(spinlock, rename_lock);
PRIVATE_LOCK(spinlock, mount_lock);
PRIVATE_LOCK(spinlock, unused_lock);

#define NAME_MAX           255
#define PATH_MAX           4096
#define DENTRY_INLINE_NAME 32

#define DENTRY_HASHED BIT(0) /* in the hash table: the name exists */
#define DENTRY_PINNED BIT(1) /* pinned by a reference of its own until unhashed */
#define DENTRY_UNUSED BIT(2) /* in the list of unused dentries */
#define DENTRY_RECENT BIT(3) /* used again since it was listed */
#define DENTRY_VOLATILE                                                                            \
    BIT(4) /* [I] set by lookup: never hashed, each walk calls lookup again (pids) */
#define DENTRY_FOLDS BIT(5) /* [I] names are compared by the file system (sb->ops->names_equal) */

/*
 * [b] with the lock of the bucket it is in (unchecked: which one, its hash says)
 * [r] changed with rename_lock, the bucket's lock and the inode lock of the directory it is in,
 * read with any of them (unchecked: clang knows no lock that is one of several) [c] with the
 * parent's children_lock, or the inode lock of the directory (unchecked: likewise) [m] changed with
 * mount_lock (unchecked: one look without it decides whether to look with it)
 */
struct dentry {
    struct dentry *hash_next;   /* [b] */
    struct dentry **hash_pprev; /* [b] */
    struct dentry *parent;      /* [r] itself, for a root */
    struct inode *inode;        /* [I] once attached */
    uint32_t hash;              /* [r] of the name */
    uint32_t nr_refs;           /* [a] of a hashed dentry goes to and from 0 only under [b] */
    uint16_t name_len;          /* [r] */
    uint8_t flags;              /* [b] DENTRY_* */
    bool is_mountpoint;         /* [m] a mountpoint, in some mount */
    struct spinlock children_lock;
    const char *name; /* [r] inline_name or heap; NUL-terminated */
    char inline_name[DENTRY_INLINE_NAME];
    /* hashed children, in the order of their cookies */
    struct list children GUARDED_BY(&children_lock);
    struct list sibling; /* [c] */
    uint64_t cookie;     /* [c] directory offset of this name, for iterate; > 2 */
    uint64_t next_cookie GUARDED_BY(&children_lock); /* for the next child */
    struct list unused GUARDED_BY(&unused_lock);
    void *private; /* the file system's */
};

static inline void dentry_get(struct dentry *dentry)
{
    __atomic_fetch_add(&dentry->nr_refs, 1, __ATOMIC_RELAXED);
}
void dentry_put(struct dentry *dentry);

/*
 * For a file system's lookup, create, ...: attach the inode to the new dentry (takes over a
 * reference). With SB_NAMES_IN_CACHE the dentry is pinned.
 */
void dentry_attach(struct dentry *dentry, struct inode *inode);

/*
 * For the lookup of a file system where a name has several spellings: give the new dentry the
 * stored spelling, under which the name may be cached already. -ENOMEM.
 */
int dentry_set_name(struct dentry *dentry, const char *name, size_t name_len) MUST_CHECK;

/*
 * For populating a memory file system from the kernel (devfs, the initrd): add a child with this
 * name and inode to parent (takes over the reference, also on failure). -EEXIST, -ENOMEM.
 */
int dentry_add_child(struct dentry *parent, const char *name, size_t name_len, struct inode *inode,
                     struct dentry **out);
/* Return the cached child with a reference, or NULL. */
struct dentry *dentry_find_child(struct dentry *parent, const char *name, size_t name_len);
/* Unhash and unpin the dentry: the name is gone, references stay valid. */
void dentry_drop(struct dentry *dentry);
/* Return the inode number of its directory; for a root its own. */
uint64_t dentry_parent_ino(const struct dentry *dentry);
/* True if the directory has no hashed child. Its inode lock is held. */
bool dentry_is_empty_dir(struct dentry *dentry);
/* Free unused dentries; returns how many. */
size_t dentry_shrink(size_t nr);

/* ---- mounts ---- */

#define MOUNT_READ_ONLY BIT(0)
#define MOUNT_NOSUID    BIT(1)
#define MOUNT_NODEV     BIT(2)
#define MOUNT_NOEXEC    BIT(3)
#define MOUNT_NOATIME   BIT(4)
#define MOUNT_RELATIME  BIT(5)
#define MOUNT_STAND_IN                                                                             \
    BIT(6) /* made by the kernel; a mount of the same file system there replaces it */

/*
 * [m] changed with mount_mutex and mount_lock held, read with either (unchecked: clang knows no
 *     lock that is one of two)
 */
struct mount {
    struct mount *parent;      /* [m] NULL for the root */
    struct dentry *mountpoint; /* [m] in parent; a reference */
    struct dentry *root;       /* [I] a reference */
    struct superblock *sb;     /* [I] a reference */
    unsigned flags;            /* [m] MOUNT_*; a word, read without */
    uint32_t nr_refs;          /* [a] paths, files, child mounts */
    uint32_t id;               /* [I] for mountinfo; 0: made by path_of_inode(), outside the tree */
    struct mount *hash_next GUARDED_BY(&mount_lock);
    struct list node; /* [m] all mounts, in order of mounting */
};

/* A place in the tree of names. Holds a reference to each once it is returned. */
struct path {
    struct mount *mount;
    struct dentry *dentry;
};

static inline void mount_get(struct mount *mount)
{
    __atomic_fetch_add(&mount->nr_refs, 1, __ATOMIC_RELAXED);
}
void mount_put(struct mount *mount);

static inline void path_get(const struct path *path)
{
    mount_get(path->mount);
    dentry_get(path->dentry);
}
void path_put(struct path *path);

/* Make a path for an inode without a name (a pipe, a memfd), so that it can be reopened through
 * /proc/PID/fd. -ENOMEM. */
int path_of_inode(struct inode *inode, struct path *out) MUST_CHECK;
/* True if the path is in the tree, not made by path_of_inode(). */
static inline bool path_has_name(const struct path *path)
{
    return path->mount && path->mount->id != 0;
}

static inline bool path_is_same(const struct path *a, const struct path *b)
{
    return a->mount == b->mount && a->dentry == b->dentry;
}

#endif
