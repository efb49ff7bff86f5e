/*
 * Inodes and superblocks: a file, whatever its names; and a mounted file system. What a file system
 * implements are the ops of these two.
 *
 * Life of an inode: inode_alloc (one reference), then filled in by the file system; every dentry
 * and every open file holds a reference; with the last one gone ops->evict runs (nlink == 0: the
 * file is deleted, free its body) and the memory goes. An inode that its file system has given a
 * number (inode_enter) and that has a name outlives its last reference, unused, and is found again
 * by that number, until many others are unused or memory is asked back.
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

/* A directory operation that a file system leaves NULL is answered with -EPERM. */
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
     * Moves old to the name of `new` (whose inode is replaced if it has one: the op drops its
     * nlink). Both dirs are locked. flags: RENAME_EXCHANGE or 0 (NOREPLACE was checked above).
     */
    int (*rename)(struct inode *old_dir, struct dentry *old, struct inode *new_dir,
                  struct dentry *new, unsigned flags);

    /* Symbolic links. readlink: the text into buf, its length returned, no NUL. */
    ssize_t (*readlink)(struct inode *inode, char *buf, size_t size);
    /* A link that leads to an object and not to a name (/proc/PID/fd/3): the path, with references.
     */
    int (*follow)(struct inode *inode, const struct cred *cred, struct path *out);

    /* Any. NULL: the inode's own fields are the truth. inode->lock is held for setattr. */
    int (*getattr)(struct inode *inode, struct vfs_stat *out);
    /* Checked already. NULL: the fields are set; a size change calls truncate. */
    int (*setattr)(struct inode *inode, const struct vfs_attr *attr);
    /* inode->size is the old size. Shrinks or grows the body; vfs sets inode->size and calls
     * pagecache_truncate. NULL: nothing to do. */
    int (*truncate)(struct inode *inode, uint64_t size);
    /* Instead of the mode bits; want is MAY_*. NULL: inode_permission_generic. */
    int (*permission)(struct inode *inode, const struct cred *cred, unsigned want);
    /* Writes the attributes back (fsync, sync). */
    int (*write_inode)(struct inode *inode);
};

/* [w] lock to write (unchecked: one word each, read without; clang knows no lock for writes alone)
 */
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
    int32_t nr_writers;       /* [a] open for writing; negative: being executed, -ETXTBSY */
    void *pipe;               /* [w] of a FIFO that is open */
    void *private;            /* the file system's */
    /* The inode cache's. [c] the chain's lock (unchecked: found by hash) */
    uint64_t number;         /* [c] */
    bool is_numbered;        /* [c] to write */
    struct list cache_node;  /* [c] */
    struct list unused_node; /* self-linked: in use, or leaving (unchecked: icache.c's lock) */
};

/* REQUIRES(inode->lock) or what else keeps its links. */
static inline void inode_nlink_add(struct inode *inode, int n)
{
    WRITE_ONCE(inode->nlink, inode->nlink + (uint32_t)n);
}

/* Others may change it meanwhile, but for the type. */
static inline uint32_t inode_mode(const struct inode *inode)
{
    return READ_ONCE(inode->mode);
}

#define MAY_EXEC  1u
#define MAY_WRITE 2u
#define MAY_READ  4u

/*
 * A new inode of sb with one reference, times now, nlink 1, ops NULL; NULL without memory. The
 * memory is sb->ops->inode_size bytes with struct inode first, so that a file system embeds it.
 */
struct inode *inode_alloc(struct superblock *sb, uint32_t mode);
/* Sets owner and group for a file made in dir by cred (set-group-id directories pass their group
 * on). */
void inode_init_owner(struct inode *inode, const struct inode *dir, const struct cred *cred);
static inline void inode_get(struct inode *inode)
{
    __atomic_fetch_add(&inode->nr_refs, 1, __ATOMIC_RELAXED);
}
void inode_put(struct inode *inode);

/*
 * The inode cache. A number is the file system's own: what names the file on its disk. Whoever
 * makes inodes holds a lock of the file system's from a find without success to the enter.
 *
 * find: the inode with that number, with a reference. -ENOENT: there is none. -EAGAIN: its last
 * user has left and ops->evict has not run yet; wait for that without the lock it takes.
 */
int inode_find(struct superblock *sb, uint64_t number, struct inode **out) MUST_CHECK;
/* The ino of that inode, 0: there is none. */
uint64_t inode_find_ino(struct superblock *sb, uint64_t number);
/* The caller has a reference, or is ops->evict. A file that gets another number leaves and enters.
 */
void inode_enter(struct inode *inode, uint64_t number);
void inode_leave(struct inode *inode);
/* Frees up to nr unused inodes; returns how many. Sleeps. */
size_t inode_shrink(size_t nr);

/*
 * Leave to write, against leave to execute (-ETXTBSY): a file is open for writing by somebody, or
 * is being executed by somebody, never both.
 */
int inode_allow_write(struct inode *inode) MUST_CHECK;
void inode_end_write(struct inode *inode);
int inode_deny_write(struct inode *inode) MUST_CHECK;
void inode_end_deny_write(struct inode *inode);

/* 0 or -EACCES. */
int inode_permission(struct inode *inode, const struct cred *cred, unsigned want);
/* cred owns the file or has CAP_FOWNER. */
bool inode_is_owner(const struct inode *inode, const struct cred *cred);
/* Wall-clock time now, as inodes keep it. */
int64_t inode_now_ns(void);
void inode_touch_mtime(struct inode *inode); /* mtime and ctime = now */

/* ---- superblock ---- */

struct fs_type;

struct superblock_ops {
    size_t inode_size; /* at least sizeof(struct inode) */
    /* The last reference of the inode is gone; free what hangs off it. The page cache is destroyed
     * (not written) before if nlink == 0, written back and then destroyed otherwise. May be NULL.
     */
    void (*evict)(struct inode *inode);
    int (*statfs)(struct superblock *sb, struct vfs_statfs *out);
    int (*sync)(
        struct superblock *sb); /* data and inodes were written; write the rest. May be NULL */
    /* Changes of the mount options, as mount(2) gives them. May be NULL: they are ignored. */
    int (*remount)(struct superblock *sb, const char *options);
    /* The last mount is gone and every inode evicted: free private. May be NULL. */
    void (*destroy)(struct superblock *sb);
    /* For names that are equal in several spellings; both or neither, and neither may sleep. Names
     * with equal hashes and names_equal share a dentry. */
    uint32_t (*hash_name)(const char *name, size_t name_len);
    bool (*names_equal)(const char *a, size_t a_len, const char *b, size_t b_len);
    /* Appends ",option" words for /proc/mounts. May be NULL. */
    int (*show_options)(struct superblock *sb, char *buf, size_t size);
};

#define SB_READ_ONLY BIT(0)
/* A directory's names are all in the dentry cache (memory file systems): a miss is -ENOENT. */
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
     * Makes (or, with another reference, shares) a superblock with its root dentry. `source` as
     * given to mount(2); `device` is the block device's inode if FS_NEEDS_DEVICE; options the
     * comma-separated words, never NULL. Unknown options: one log line and -EINVAL.
     */
    int (*mount)(const struct fs_type *type, const char *source, struct inode *device,
                 unsigned flags, const char *options, struct superblock **out);
};

/* At most 32 types; the type must live for ever. */
int fs_type_register(const struct fs_type *type);
const struct fs_type *fs_type_find(const char *name);
/* The i-th registered type or NULL, for /proc/filesystems. */
const struct fs_type *fs_type_at(unsigned i);

/* A superblock with one reference and no root yet; ops->inode_size must be set. NULL without
 * memory. */
struct superblock *superblock_alloc(const struct fs_type *type, const struct superblock_ops *ops);
/* Gives sb its root directory; takes over the inode's reference. */
int superblock_set_root(struct superblock *sb, struct inode *root) MUST_CHECK;
void superblock_get(struct superblock *sb);
void superblock_put(struct superblock *sb);
static inline uint64_t superblock_next_ino(struct superblock *sb)
{
    return __atomic_add_fetch(&sb->next_ino, 1, __ATOMIC_RELAXED);
}

#endif
