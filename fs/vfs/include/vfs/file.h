/*
 * Open files: what a descriptor refers to. What a kind of file can do is its file_ops.
 *
 * Life: vfs_open, file_alloc (pipes, sockets and other files without a name); references are
 * counted; with the last one ops->release runs.
 *
 * Locks: pos_lock serialises reads and writes that move the position, and is taken only if the file
 * is shared (two references) and seekable. The ops bring their own.
 */
#ifndef VFS_FILE_H
#define VFS_FILE_H

#include <base/types.h>
#include <sync/mutex.h>
#include <uio/uio.h>
#include <vfs/dentry.h>
#include <vfs/poll.h>

struct cred;
struct file;
struct inode;
struct pagecache;

/* Open flags: Linux's values for riscv (uapi/asm-generic/fcntl.h). */
#define O_ACCMODE   00000003
#define O_RDONLY    00000000
#define O_WRONLY    00000001
#define O_RDWR      00000002
#define O_CREAT     00000100
#define O_EXCL      00000200
#define O_NOCTTY    00000400
#define O_TRUNC     00001000
#define O_APPEND    00002000
#define O_NONBLOCK  00004000
#define O_DSYNC     00010000
#define O_ASYNC     00020000
#define O_DIRECT    00040000
#define O_LARGEFILE 00100000
#define O_DIRECTORY 00200000
#define O_NOFOLLOW  00400000
#define O_NOATIME   01000000
#define O_CLOEXEC   02000000
#define O_SYNC      04010000
#define O_PATH      010000000
#define O_TMPFILE   020200000

#define SEEK_SET  0
#define SEEK_CUR  1
#define SEEK_END  2
#define SEEK_DATA 3
#define SEEK_HOLE 4

/* Where iterate puts the entries of a directory. */
struct dir_sink {
    /* False: no more room, stop before this entry. pos: what to set the file's position to in order
     * to begin with this entry. */
    bool (*emit)(struct dir_sink *sink, const char *name, size_t name_len, uint64_t ino,
                 unsigned dt_type, uint64_t pos);
};

/* What an mmap of the file means; filled by ops->mmap. */
struct file_mapping {
    enum file_mapping_kind {
        FILE_MAPPING_CACHE,     /* pages of `cache`, offset as asked */
        FILE_MAPPING_ANONYMOUS, /* as if there were no file (/dev/zero) */
        FILE_MAPPING_PHYSICAL,  /* device memory from `pa` on */
    } kind;
    struct pagecache *cache;
    struct inode *inode; /* of the cache: its size bounds the mapping */
    paddr_t pa;
};

/* A NULL op: read, write: -EINVAL; iterate: -ENOTDIR; seek: like a regular file; poll: always
 * ready; ioctl: -ENOTTY; mmap: -ENODEV; fsync: -EINVAL; fallocate: -EOPNOTSUPP. */
struct file_ops {
    /* After vfs_open found inode and path; may replace file->ops (devices). */
    int (*open)(struct file *file);
    void (*release)(struct file *file);
    /* *pos is where to begin; the op moves it. Positionless files (pipes, terminals) ignore it. */
    ssize_t (*read)(struct file *file, struct uio *uio, uint64_t *pos);
    ssize_t (*write)(struct file *file, struct uio *uio, uint64_t *pos);
    int64_t (*seek)(struct file *file, int64_t offset, int whence);
    /* Emits entries from file->pos on and moves it. The directory's lock is held. */
    int (*iterate)(struct file *file, struct dir_sink *sink);
    /* The events that hold now; *head (if head is not NULL) = whom to add an entry to, NULL if the
     * answer can never change. */
    unsigned (*poll)(struct file *file, struct poll_head **head);
    /* arg: a number or a pointer into the current program. */
    long (*ioctl)(struct file *file, unsigned cmd, uint64_t arg);
    int (*mmap)(struct file *file, struct file_mapping *out);
    int (*fsync)(struct file *file, bool is_data_only);
    int (*fallocate)(struct file *file, int mode, uint64_t offset, uint64_t len);
    /* A name for /proc/PID/fd of a file without a path, e.g. "pipe:[12]". */
    int (*describe)(struct file *file, char *buf, size_t size);
    bool is_stream; /* lseek, pread and pwrite are -ESPIPE; no position, no pos_lock */
};

struct file {
    const struct file_ops *ops; /* [I] after open */
    struct inode *inode;        /* [I] a reference; NULL for files that have none */
    struct path path;           /* [I] references; dentry NULL for files without a name */
    uint32_t nr_refs;           /* [a] */
    unsigned flags;             /* O_*, without the creation flags; F_SETFL changes it */
    uint64_t pos;               /* pos_lock, if several may use the file */
    struct mutex pos_lock;
    void *private;  /* the ops' own */
    int owner_pid;  /* F_SETOWN */
    void *watchers; /* of vfs_file_gone: what follows this file without a reference (epoll) */
    bool can_read, can_write; /* [I] */
    bool is_noctty;           /* [I] opened with O_NOCTTY */
    bool is_writer;           /* [I] counted in inode->nr_writers */
    bool denies_write;        /* counted there as well, below 0: file_deny_write */
};

/*
 * Called by the last file_put of a file with watchers, before anything of it goes. Set once, by who
 * uses file->watchers. May sleep.
 */
extern void (*vfs_file_gone)(struct file *file);

/* A file without a name with one reference; NULL without memory. inode (may be NULL) gets a
 * reference. */
struct file *file_alloc(const struct file_ops *ops, struct inode *inode, unsigned flags);
static inline void file_get(struct file *file)
{
    __atomic_fetch_add(&file->nr_refs, 1, __ATOMIC_RELAXED);
}
void file_put(struct file *file);
/* Nobody opens its inode for writing until it is closed. -ETXTBSY: somebody has. Once per file. */
MUST_CHECK int file_deny_write(struct file *file);
/* Frees a file from file_alloc that nobody has seen yet, without its release op; NULL is allowed.
 */
void file_discard(struct file *file);

/* Kernel buffers; they move file->pos. Bytes moved or -errno. */
ssize_t file_read(struct file *file, void *buf, size_t n);
ssize_t file_write(struct file *file, const void *buf, size_t n);
ssize_t file_pread(struct file *file, void *buf, size_t n, uint64_t pos);
ssize_t file_pwrite(struct file *file, const void *buf, size_t n, uint64_t pos);
/* Any buffer. pos NULL: the file's own position, moved under its lock; else *pos, moved, like
 * pread. */
ssize_t file_read_uio(struct file *file, struct uio *uio, uint64_t *pos);
ssize_t file_write_uio(struct file *file, struct uio *uio, uint64_t *pos);

int64_t file_seek(struct file *file, int64_t offset, int whence);
int file_iterate(struct file *file, struct dir_sink *sink);
unsigned file_poll(struct file *file, struct poll_head **head);
long file_ioctl(struct file *file, unsigned cmd, uint64_t arg);
int file_mmap(struct file *file, struct file_mapping *out);
int file_fsync(struct file *file, bool is_data_only);
int file_fallocate(struct file *file, int mode, uint64_t offset, uint64_t len);
int file_truncate(struct file *file, uint64_t size);

/* Building blocks for file_ops. */
/* Regular files whose body is the page cache. */
ssize_t generic_file_read(struct file *file, struct uio *uio, uint64_t *pos);
ssize_t generic_file_write(struct file *file, struct uio *uio, uint64_t *pos);
int generic_file_mmap(struct file *file, struct file_mapping *out);
/* Positions 0 and 1 of a directory, "." and "..". False: the sink is full. */
bool generic_iterate_dots(struct file *file, struct dir_sink *sink);
int generic_file_fsync(struct file *file, bool is_data_only);
/* Directories whose names are all in the dentry cache. */
int dcache_iterate(struct file *file, struct dir_sink *sink);
extern const struct file_ops dcache_dir_ops;
/* Positions stay 0. */
int64_t seek_none(struct file *file, int64_t offset, int whence);

#endif
