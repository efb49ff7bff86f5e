/*
 * Descriptor tables: small numbers to open files, with a close-on-exec bit each.
 *
 * A table is shared by the threads of a process (and by CLONE_FILES), copied by fork.
 *
 * Locking: table->lock (spin) guards everything. A table that one thread alone can reach is read
 * without it, and its files are used without taking a reference (fd_ref): that makes the common
 * read and write free of atomic operations.
 */
#ifndef FILE_FD_TABLE_H
#define FILE_FD_TABLE_H

#include <base/types.h>
#include <lock/spinlock.h>
#include <vfs/file.h>

struct fd_table {
    uint32_t nr_refs; /* [a] */
    struct spinlock lock;
    uint32_t nr_slots GUARDED_BY(&lock);   /* [lock] a multiple of 64 */
    uint32_t first_free GUARDED_BY(&lock); /* [lock] no free slot is below */
    struct file **
        files GUARDED_BY(&lock); /* [lock] NULL: free, or reserved while its open bit is set */
    uint64_t *open_bits GUARDED_BY(&lock);    /* [lock] */
    uint64_t *cloexec_bits GUARDED_BY(&lock); /* [lock] */
    struct file *own_files[64];               /* the first arrays, while they suffice */
    uint64_t own_bits[2];
};

struct path;

struct fd_table *fd_table_create(void);                /* empty; NULL: no memory */
struct fd_table *fd_table_fork(struct fd_table *from); /* a copy; NULL: no memory */
void fd_table_get(struct fd_table *table);
void fd_table_put(struct fd_table *table); /* the last one closes all. May sleep */
/*
 * exec, in two steps. While it can still fail: memory for a table of the process's own, if this one
 * is shared. -ENOMEM; *spare (NULL: none is needed) is the caller's to put.
 * When the caller is the only thread: a shared table is replaced by a copy, which takes *spare
 * over, and descriptors with close-on-exec are closed. -ENOMEM: it has grown, or is shared, since.
 */
int fd_table_exec_prepare(struct fd_table *table, struct fd_table **spare) MUST_CHECK;
int fd_table_exec(struct fd_table **spare) MUST_CHECK;
/* The path behind a descriptor, counted, for execveat, and whether execve closes the descriptor.
 * -EBADF; -ENOENT: a file without a name. */
int fd_table_path(struct fd_table *table, int fd, struct path *out, bool *is_cloexec) MUST_CHECK;

/* A file for the time of one call: fd_ref_get ... fd_ref_put. */
struct fd_ref {
    struct file *file;
    bool is_counted;
};

/* The calling process's descriptor; -EBADF. O_PATH files too: the calls on files refuse those. */
int fd_ref_get(int fd, struct fd_ref *out) MUST_CHECK;
/* Is there such a descriptor? 0 or -EBADF. */
int fd_check(int fd) MUST_CHECK;
static inline void fd_ref_put(struct fd_ref *ref)
{
    if (ref->is_counted)
        file_put(ref->file);
}

/*
 * Many descriptors of the calling process in one call: fd_view_begin, then for each descriptor
 * fd_view_get (NULL: there is none) ... fd_view_put. O_PATH files too.
 */
struct fd_view {
    struct fd_table *table;
    bool is_counted;
};
void fd_view_begin(struct fd_view *view);
struct process;
/*
 * Of any process, which may be at its end meanwhile. The file of a descriptor, with a reference:
 * -ESRCH, -EBADF. The first open descriptor at or after `from`, or -1.
 */
int fd_of_process(struct process *process, int fd, struct file **out);
int fd_next_of_process(struct process *process, int from);

static inline struct file *fd_view_get(const struct fd_view *view, int fd);
static inline void fd_view_put(const struct fd_view *view, struct file *file)
{
    if (unlikely(view->is_counted))
        file_put(file);
}

/* The open file behind a descriptor of any table, counted; NULL: none (O_PATH descriptors count as
 * none). */
struct file *fd_table_file(struct fd_table *table, int fd);

static inline struct file *fd_view_get(const struct fd_view *view, int fd)
{
    if (unlikely(view->is_counted))
        return fd_table_file(view->table, fd);
    ASSUME_LOCKED(&view->table->lock, "no need: nobody else changes the table");
    return (uint32_t)fd < view->table->nr_slots ? view->table->files[fd] : NULL;
}

/* The first open descriptor at or after fd, or -1; is_cloexec (may be NULL) says its flag. */
int fd_table_next(struct fd_table *table, int fd, bool *is_cloexec);

/*
 * A new descriptor of the calling process for the file, whose reference it takes over; the lowest
 * free one from `lowest` on. -EMFILE, -ENOMEM: the reference is still the caller's. NULL: reserves
 * a number, which is in no use until it is filled.
 */
int fd_install(struct file *file, int lowest, bool is_cloexec);
/* Closes a descriptor of the calling process. -EBADF. */
int fd_close(int fd);

#endif
