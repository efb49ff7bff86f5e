/*
 * Inodes and superblocks: a file, whatever its names; and a mounted file system. A file system
 * implements the ops of these two.
 *
 * Life of an inode: inode_alloc (one reference), then filled in by the file system; every dentry
 * and every open file holds a reference; dropping the last one runs ops->evict (nlink == 0: the
 * file is deleted, free its body) and frees the memory. An inode that has a number (inode_enter)
 * and a name outlives its last reference: it is kept unused and found again by that number, until
 * there are too many or memory is short.
 *
 * Locks: inode->lock (mutex, may sleep) serialises changes: writes and truncation of a file,
 * entries of a directory. Two directories (rename) are locked in the order vfs_rename documents.
 * The page cache has its own lock and reads take none of the inode's.
 */
#ifndef VFS_INODE_H
#define VFS_INODE_H

#include <base/types.h>
#include <list/list.h>
#include <pagecache/pagecache.h>
#include <sync/mutex.h>
#include <vfs/cred.h>
#include <vfs/stat.h>

struct dentry;
struct file;
struct file_ops;
struct inode;
struct path;
struct superblock;
struct file_locks;

/* A directory operation that is NULL fails with -EPERM. */
struct inode_ops {
    /*
     * Directories. `dentry` is new, has a name (dentry->name, name_len), and no inode; dir->lock is
     * held, permission has been checked, and for all but lookup the name is known not to exist
     * (exists, for unlink, rmdir, rename). On success of lookup, create, mkdir, mknod, symlink and
     * link the op has called dentry_attach(dentry, inode), which takes over one reference of the
     * inode's.
     */
    int (*lookup)(struct inode *dir, struct dentry *dentry); /* -ENOENT: no such name */
    int (*create)(struct inode *dir, struct dentry *dentry, uint32_t mode, const struct cred *cred);
    int (*mkdir)(struct inode *dir, struct dentry *dentry, uint32_t mode, const struct cred *cred);
    int (*mknod)(struct inode *dir, struct dentry *dentry, uint32_t mode, devno_t rdev,
                 const struct cred *cred);
    int (*symlink)(struct inode *dir, struct dentry *dentry, const char *target,
                   const struct cred *cred);
    int (*link)(struct inode *dir, struct dentry *dentry, struct inode *inode);
    int (*unlink)(struct inode *dir, struct dentry *dentry); /* lowers the inode's nlink */
    int (*rmdir)(struct inode *dir, struct dentry *dentry);  /* -ENOTEMPTY */
    /*
     * Move old to the name of `new` (whose inode, if any, is replaced: the op drops its nlink).
     * Both dirs are locked. flags: RENAME_EXCHANGE or 0 (NOREPLACE was checked above).
     */
    int (*rename)(struct inode *old_dir, struct dentry *old, struct inode *new_dir,
                  struct dentry *new, unsigned flags);

    /* Symbolic links. readlink: the text into buf, its length returned, no NUL. */
    ssize_t (*readlink)(struct inode *inode, char *buf, size_t size);
    /* A link to an object, not to a name (/proc/PID/fd/3): get the path, with references. */
    int (*follow)(struct inode *inode, const struct cred *cred, struct path *out);

    /* Any type. NULL: the inode's own fields are authoritative. inode->lock is held for setattr. */
    int (*getattr)(struct inode *inode, struct vfs_stat *out);
    /* The request is validated. NULL: vfs sets the fields; a size change calls truncate. */
    int (*setattr)(struct inode *inode, const struct vfs_attr *attr);
    /* inode->size is the old size. Shrinks or grows the body; vfs sets inode->size and calls
     * pagecache_truncate. NULL: nothing to do. */
    int (*truncate)(struct inode *inode, uint64_t size);
    /* Check access instead of the mode bits; want is MAY_*. NULL: inode_permission_generic(). */
    int (*permission)(struct inode *inode, const struct cred *cred, unsigned want);
    /* Write the attributes back (fsync, sync). */
    int (*write_inode)(struct inode *inode);
};

/* [w] lock to write (unchecked: one word each, read without; clang knows no lock for writes
 * alone) */
struct inode {
    const struct inode_ops *ops;     /* [I] */
    const struct file_ops *file_ops; /* [I] */
    struct superblock *sb;           /* [I] */
    uint32_t nr_refs;                /* [a] */
    uint32_t mode;                   /* [w] */
    uint32_t uid;                    /* [w] */
    uint32_t gid;                    /* [w] */
    uint32_t nlink;                  /* [w] */
    devno_t rdev;                    /* [I] */
    uint64_t ino;                    /* [I] */
    uint64_t size;                   /* [w] */
    int64_t atime_ns, mtime_ns, ctime_ns, btime_ns;
    struct mutex lock;
    struct pagecache cache;   /* of a regular file or block device */
    struct file_locks *locks; /* record locks and flock, made at the first */
    int32_t nr_writers;       /* [a] opens for writing; negative: executions, -ETXTBSY */
    void *pipe;               /* [w] the ring of an open FIFO */
    void *private;            /* the file system's */
    /* Private to the inode cache. [c] the chain's lock (unchecked: found by hash) */
    uint64_t number;        /* [c] */
    bool is_numbered;       /* [c] to write */
    struct list cache_node; /* [c] */
    struct list
        unused_node; /* self-linked: in use, or being evicted (unchecked: icache.c's lock) */
};

/* REQUIRES(inode->lock), or another lock that keeps nlink stable. */
static inline void inode_nlink_add(struct inode *inode, int n)
{
    WRITE_ONCE(inode->nlink, inode->nlink + (uint32_t)n);
}

/* The permission bits may change at any time, the type never. */
static inline uint32_t inode_mode(const struct inode *inode)
{
    return READ_ONCE(inode->mode);
}

#define MAY_EXEC  1u
#define MAY_WRITE 2u
#define MAY_READ  4u

/*
 * Allocate an inode of sb with one reference, times now, nlink 1, ops NULL; NULL: no memory. The
 * memory is sb->ops->inode_size bytes with struct inode first, so that a file system can embed it.
 */
struct inode *inode_alloc(struct superblock *sb, uint32_t mode);
/* Set owner and group for a file that cred creates in dir (set-group-id directories pass on their
 * group). */
void inode_init_owner(struct inode *inode, const struct inode *dir, const struct cred *cred);
static inline void inode_get(struct inode *inode)
{
    __atomic_fetch_add(&inode->nr_refs, 1, __ATOMIC_RELAXED);
}
void inode_put(struct inode *inode);

/*
 * The inode cache. The number is chosen by the file system and identifies the file on its disk. A
 * creator of inodes holds a lock of the file system from the failed find to the enter.
 *
 * inode_find: get the inode with that number, with a reference. -ENOENT: not cached. -EAGAIN: it is
 * being evicted; wait for the end of that without the lock that ops->evict takes.
 */
int inode_find(struct superblock *sb, uint64_t number, struct inode **out) MUST_CHECK;
/* Return the ino of that inode, 0: not cached. */
uint64_t inode_find_ino(struct superblock *sb, uint64_t number);
/* The caller has a reference, or is ops->evict. To change the number, leave and enter. */
void inode_enter(struct inode *inode, uint64_t number);
void inode_leave(struct inode *inode);
/* Free up to nr unused inodes; returns how many. Sleeps. */
size_t inode_shrink(size_t nr);

/*
 * Count writers and executions of a file, which exclude each other (-ETXTBSY).
 */
int inode_allow_write(struct inode *inode) MUST_CHECK;
void inode_end_write(struct inode *inode);
int inode_deny_write(struct inode *inode) MUST_CHECK;
void inode_end_deny_write(struct inode *inode);

/* 0 or -EACCES. */
int inode_permission(struct inode *inode, const struct cred *cred, unsigned want);
/* True if cred owns the file or has CAP_FOWNER. */
bool inode_is_owner(const struct inode *inode, const struct cred *cred);
/* Return the present wall-clock time in the format of inodes. */
int64_t inode_now_ns(void);
void inode_touch_mtime(struct inode *inode); /* mtime and ctime = now */

/* ---- superblock ---- */

struct fs_type;

struct superblock_ops {
    size_t inode_size; /* at least sizeof(struct inode) */
    /* The last reference was dropped: free what the file system added. The page cache was destroyed
     * before, after write-back unless nlink == 0. May be NULL. */
    void (*evict)(struct inode *inode);
    int (*statfs)(struct superblock *sb, struct vfs_statfs *out);
    int (*sync)(struct superblock *sb); /* write the rest, after data and inodes. May be NULL */
    /* Change the mount options as mount(2) asks. NULL: they are ignored. */
    int (*remount)(struct superblock *sb, const char *options);
    /* Free private: the last mount is gone and every inode evicted. May be NULL. */
    void (*destroy)(struct superblock *sb);
    /* For names with several spellings; set both or neither; must not sleep. Names with equal
     * hashes for which names_equal is true share a dentry. */
    uint32_t (*hash_name)(const char *name, size_t name_len);
    bool (*names_equal)(const char *a, size_t a_len, const char *b, size_t b_len);
    /* Append ",option" words for /proc/mounts. May be NULL. */
    int (*show_options)(struct superblock *sb, char *buf, size_t size);
};

#define SB_READ_ONLY BIT(0)
/* All names are in the dentry cache (memory file systems): a miss is -ENOENT. */
#define SB_NAMES_IN_CACHE BIT(1)

struct superblock {
    const struct fs_type *type;
    const struct superblock_ops *ops; /* [I] */
    struct dentry *root;              /* [I] holds a reference */
    devno_t dev;                      /* [I] anonymous or the block device's */
    uint32_t block_size;              /* [I] */
    uint64_t magic;                   /* [I] */
    unsigned flags;                   /* SB_* */
    uint32_t nr_refs;                 /* [a] mounts */
    uint64_t next_ino;                /* [a] for file systems that number as they go */
    char source[64];                  /* for /proc/mounts */
    struct list node;                 /* [vfs] all superblocks */
    void *private;
};

/* A file system that can be mounted. */
#define FS_NEEDS_DEVICE BIT(0) /* source names a block device */
struct fs_type {
    const char *name;
    unsigned flags; /* FS_* */
    /*
     * Create a superblock with its root dentry (or share one, with another reference). `source` as
     * given to mount(2); `device` is the block device's inode if FS_NEEDS_DEVICE; options are
     * comma-separated words, never NULL. Unknown options: one log line and -EINVAL.
     */
    int (*mount)(const struct fs_type *type, const char *source, struct inode *device,
                 unsigned flags, const char *options, struct superblock **out);
};

/* Register a type, which must never be freed. At most 32. */
int fs_type_register(const struct fs_type *type);
const struct fs_type *fs_type_find(const char *name);
/* The i-th registered type or NULL, for /proc/filesystems. */
const struct fs_type *fs_type_at(unsigned i);

/* Allocate a superblock with one reference and no root yet; ops->inode_size must be set. NULL: no
 * memory. */
struct superblock *superblock_alloc(const struct fs_type *type, const struct superblock_ops *ops);
/* Set the root directory of sb; takes over the inode's reference. */
int superblock_set_root(struct superblock *sb, struct inode *root) MUST_CHECK;
void superblock_get(struct superblock *sb);
void superblock_put(struct superblock *sb);
static inline uint64_t superblock_next_ino(struct superblock *sb)
{
    return __atomic_add_fetch(&sb->next_ino, 1, __ATOMIC_RELAXED);
}

#endif
