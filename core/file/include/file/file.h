/*
 * Open files, which descriptors refer to; file_ops are the operations of a kind of file.
 *
 * A file need not have a name or an inode: pipes, sockets, eventfds and terminals need this
 * component and no file system. To extend its files a component embeds struct file in a larger
 * object and describes that by a file_kind: <vfs/file.h> adds the inode and the path.
 *
 * Life: file_alloc, or file_init of a part of something larger; references are counted; the last
 * file_put runs ops->release and frees the object.
 *
 * Locks: pos_lock serialises reads and writes that move the position, and is taken only if the file
 * is shared (two references) and seekable. The ops bring their own.
 */
#ifndef FILE_FILE_H
#define FILE_FILE_H

#include <base/types.h>
#include <file/poll.h>
#include <sync/mutex.h>
#include <uio/uio.h>

struct dir_sink; /* <vfs/file.h> */
struct file;
struct file_mapping; /* <vfs/file.h> */

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

/* A NULL op: read, write: -EINVAL; iterate: -ENOTDIR; seek: like a regular file; poll: always
 * ready; ioctl: -ENOTTY; mmap: -ENODEV; fsync: -EINVAL; fallocate: -EOPNOTSUPP. */
struct file_ops {
    /* Called when vfs_open() has found the file; may replace file->ops (devices). */
    int (*open)(struct file *file);
    void (*release)(struct file *file);
    /* Transfer from *pos on and advance it. Streams (pipes, terminals) ignore it. */
    ssize_t (*read)(struct file *file, struct uio *uio, uint64_t *pos);
    ssize_t (*write)(struct file *file, struct uio *uio, uint64_t *pos);
    int64_t (*seek)(struct file *file, int64_t offset, int whence);
    /* Emit entries from file->pos on and advance it. The directory's lock is held. */
    int (*iterate)(struct file *file, struct dir_sink *sink);
    /* Return the present events; set *head (if head is not NULL) to the poll_head, NULL if the
     * events never change. */
    unsigned (*poll)(struct file *file, struct poll_head **head);
    /* arg: a number or a pointer into the current program. */
    long (*ioctl)(struct file *file, unsigned cmd, uint64_t arg);
    int (*mmap)(struct file *file, struct file_mapping *out);
    int (*fsync)(struct file *file, bool is_data_only);
    int (*fallocate)(struct file *file, int mode, uint64_t offset, uint64_t len);
    /* Get the name in /proc/PID/fd of a file without a path, e.g. "pipe:[12]". */
    int (*describe)(struct file *file, char *buf, size_t size);
    bool is_stream; /* lseek, pread and pwrite are -ESPIPE; no position, no pos_lock */
};

/* The kind of object that a struct file is embedded in. */
struct file_kind {
    /* Called at the last put: run file_ops_release(), release the extension, free the object. May
     * sleep. */
    void (*destroy)(struct file *file);
    /* Called when a descriptor of `table` for the file was closed. May be NULL. May sleep. */
    void (*fd_closed)(struct file *file, void *table);
    /* Return the size in bytes, for lseek. NULL: none. */
    uint64_t (*size)(const struct file *file);
};

struct file {
    const struct file_ops *ops;   /* [I] after open */
    const struct file_kind *kind; /* [I] */
    uint32_t nr_refs;             /* [a] */
    unsigned flags;               /* O_*, without the creation flags; F_SETFL changes it */
    uint64_t pos;                 /* pos_lock, if several may use the file */
    struct mutex pos_lock;
    void *private;  /* private to the ops */
    int owner_pid;  /* F_SETOWN */
    void *watchers; /* followers of this file without a reference (epoll), for file_gone */
    bool can_read, can_write; /* [I] */
    bool is_noctty;           /* [I] opened with O_NOCTTY */
};

/*
 * Called by the last file_put() of a file with watchers, before anything is released. Set once, by
 * the user of file->watchers. May sleep.
 */
extern void (*file_gone)(struct file *file);

/* Operations of O_PATH files and of files that could not be opened: all fail. */
extern const struct file_ops file_ops_none;

/* Allocate a plain file with one reference; NULL: no memory. */
struct file *file_alloc(const struct file_ops *ops, unsigned flags);
/* Initialise a file embedded in a larger, zeroed object, with one reference. */
static inline void file_init(struct file *file, const struct file_kind *kind,
                             const struct file_ops *ops, unsigned flags)
{
    file->ops = ops ? ops : &file_ops_none;
    file->kind = kind;
    file->nr_refs = 1;
    file->flags = flags;
    file->can_read = (flags & O_ACCMODE) != O_WRONLY;
    file->can_write = (flags & O_ACCMODE) != O_RDONLY;
    mutex_init(&file->pos_lock);
}
/* For file_kind.destroy: call ops->release, if there is one. */
static inline void file_ops_release(struct file *file)
{
    if (file->ops->release)
        file->ops->release(file);
}
static inline void file_get(struct file *file)
{
    __atomic_fetch_add(&file->nr_refs, 1, __ATOMIC_RELAXED);
}
void file_put(struct file *file);
/* Free a file that is not shared yet, without its release op; NULL is allowed. */
void file_discard(struct file *file);
/* Close a descriptor of `table`: drops its reference. May sleep. */
void file_close(struct file *file, void *table);

/* Read or write a kernel buffer at file->pos and advance it. Returns bytes moved or -errno. */
ssize_t file_read(struct file *file, void *buf, size_t n);
ssize_t file_write(struct file *file, const void *buf, size_t n);
ssize_t file_pread(struct file *file, void *buf, size_t n, uint64_t pos);
ssize_t file_pwrite(struct file *file, const void *buf, size_t n, uint64_t pos);
/* Read or write any buffer. pos NULL: at the file's own position, under its lock; else at *pos,
 * like pread. Advances the position. */
ssize_t file_read_uio(struct file *file, struct uio *uio, uint64_t *pos);
ssize_t file_write_uio(struct file *file, struct uio *uio, uint64_t *pos);

int64_t file_seek(struct file *file, int64_t offset, int whence);
unsigned file_poll(struct file *file, struct poll_head **head);
long file_ioctl(struct file *file, unsigned cmd, uint64_t arg);
int file_mmap(struct file *file, struct file_mapping *out);
int file_fsync(struct file *file, bool is_data_only);
int file_fallocate(struct file *file, int mode, uint64_t offset, uint64_t len);

/* A seek op whose position stays 0. */
int64_t seek_none(struct file *file, int64_t offset, int whence);

#endif
