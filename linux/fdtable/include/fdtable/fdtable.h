/*
 * Descriptor tables: small numbers to open files, with a close-on-exec bit each.
 *
 * A table is shared by the threads of a process (and by CLONE_FILES) and copied by fork. The caller
 * passes table and limit: for those of the calling process see <fd/fd.h>.
 *
 * Locking: table->lock (spin) guards everything. A table that only one thread can reach is read
 * without the lock, and its files are used without a reference (fd_ref): the common read and write
 * then need no atomic operation.
 */
#ifndef FDTABLE_FDTABLE_H
#define FDTABLE_FDTABLE_H

#include <base/types.h>
#include <file/file.h>
#include <lock/spinlock.h>

#define NR_FDS_MAX 65536u /* of one table, whatever the limit */

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

struct fd_table *fd_table_create(void);                /* empty; NULL: no memory */
struct fd_table *fd_table_fork(struct fd_table *from); /* a copy; NULL: no memory */
void fd_table_get(struct fd_table *table);
void fd_table_put(struct fd_table *table); /* the last put closes all files. May sleep */
static inline bool fd_table_is_shared(const struct fd_table *table)
{
    return __atomic_load_n(&table->nr_refs, __ATOMIC_ACQUIRE) > 1;
}

/*
 * exec, in two steps. fd_table_exec_prepare(), while exec can still fail: allocate a private table
 * if this one is shared. -ENOMEM; the caller puts *spare (NULL: none is needed).
 * fd_table_unshare(), when the caller is the only thread: make *spare (allocated now if NULL) a
 * copy of the table. -ENOMEM.
 */
int fd_table_exec_prepare(struct fd_table *table, struct fd_table **spare) MUST_CHECK;
int fd_table_unshare(struct fd_table *table, struct fd_table **spare) MUST_CHECK;
/* Close the descriptors with the close-on-exec bit. The caller alone changes the table. May
 * sleep. */
void fd_table_close_on_exec(struct fd_table *table);

/* Return the file of a descriptor with a reference, or NULL. O_PATH files too. */
struct file *fd_table_file(struct fd_table *table, int fd);
/* Return the first open descriptor at or after fd, or -1; its flag goes to *is_cloexec (may be
 * NULL). */
int fd_table_next(struct fd_table *table, int fd, bool *is_cloexec);

/*
 * Install the file as the lowest free descriptor in [lowest, limit) and take over its reference.
 * -EMFILE, -ENOMEM: the caller keeps the reference. A NULL file reserves the number, which is
 * unusable until it is filled. May sleep.
 */
int fd_table_install(struct fd_table *table, struct file *file, int lowest, uint32_t limit,
                     bool is_cloexec) MUST_CHECK;
/* Put the file into a reserved descriptor, or free the number (NULL). */
void fd_table_fill(struct fd_table *table, int fd, struct file *file);
/* dup2: make `fd` refer to the file and take over its reference. -EBADF, -ENOMEM; -EBUSY: fd is
 * reserved. May sleep. */
int fd_table_replace(struct fd_table *table, struct file *file, int fd, uint32_t limit,
                     bool is_cloexec) MUST_CHECK;
/* -EBADF. May sleep. */
int fd_table_close(struct fd_table *table, int fd);
int fd_table_get_cloexec(struct fd_table *table, int fd);                  /* or -EBADF */
int fd_table_set_cloexec(struct fd_table *table, int fd, bool is_cloexec); /* -EBADF */

#endif
