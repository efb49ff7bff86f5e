/*
 * Advisory locks on files: record locks (fcntl: a range, owned by a process or an open file) and
 * whole-file locks (flock: owned by an open file). The two kinds do not see each other, as in
 * Linux.
 */
#ifndef VFS_LOCK_H
#define VFS_LOCK_H

#include <vfs/file.h>

enum file_lock_type {
    FILE_LOCK_READ = 0, /* Linux's F_RDLCK, F_WRLCK, F_UNLCK */
    FILE_LOCK_WRITE = 1,
    FILE_LOCK_NONE = 2,
};

/* [l] the file's locks' lock (unchecked: private to vfs, and nothing here points to it) */
struct file_lock {
    struct list node; /* [l] */
    bool is_flock;    /* [I] */
    enum file_lock_type type;
    void *owner; /* record locks: the descriptor table, or the file itself (F_OFD_*); flock: the
                    file */
    int pid;     /* for F_GETLK; -1 for open-file locks */
    uint64_t first, last; /* inclusive */
};

/*
 * Set, change or (FILE_LOCK_NONE) release a lock of request->owner over its range, splitting and
 * joining the owner's locks. is_blocking: sleep while conflicting locks are held (-EINTR when
 * interrupted; -EDEADLK: for a process's record lock, the holder of a conflicting lock waits for
 * the owner, directly or through others); otherwise -EAGAIN. -ENOMEM.
 */
int file_lock_set(struct file *file, const struct file_lock *request, bool is_blocking);
/* Copy the conflicting lock with the lowest start to *out; type FILE_LOCK_NONE: no conflict. */
void file_lock_test(struct file *file, const struct file_lock *request, struct file_lock *out);
/* Release a process's record locks when it closes a descriptor of the file (POSIX). */
void file_lock_close(struct file *file, void *owner);

#endif
