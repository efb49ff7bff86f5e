/*
 * Descriptors of the calling process, and read access to those of others: the layer between the
 * calls on files and the table (<fdtable/fdtable.h>).
 */
#ifndef FD_FD_H
#define FD_FD_H

#include <base/types.h>
#include <fdtable/fdtable.h>

struct path;
struct process;

/* A file held for one call: fd_ref_get ... fd_ref_put. */
struct fd_ref {
    struct file *file;
    bool is_counted;
};

/* Look up a descriptor of the calling process; -EBADF. Returns O_PATH files too: the calls on files
 * refuse those. */
int fd_ref_get(int fd, struct fd_ref *out) MUST_CHECK;
/* Check that the descriptor is open: 0 or -EBADF. */
int fd_check(int fd) MUST_CHECK;
static inline void fd_ref_put(struct fd_ref *ref)
{
    if (ref->is_counted)
        file_put(ref->file);
}
/* fd_ref_get() for calls that need more of the file than its path: -EBADF for O_PATH files, too. */
int fd_ref_get_opened(int fd, struct fd_ref *out) MUST_CHECK;

/*
 * Access many descriptors of the calling process in one call: fd_view_begin, then for each
 * descriptor fd_view_get (NULL: not open) ... fd_view_put. Returns O_PATH files too.
 */
struct fd_view {
    struct fd_table *table;
    bool is_counted;
};
void fd_view_begin(struct fd_view *view);

static inline struct file *fd_view_get(const struct fd_view *view, int fd)
{
    if (unlikely(view->is_counted))
        return fd_table_file(view->table, fd);
    ASSUME_LOCKED(&view->table->lock, "no need: nobody else changes the table");
    return (uint32_t)fd < view->table->nr_slots ? view->table->files[fd] : NULL;
}

static inline void fd_view_put(const struct fd_view *view, struct file *file)
{
    if (unlikely(view->is_counted))
        file_put(file);
}

/*
 * For any process, which may exit meanwhile. fd_of_process returns the file of a descriptor with a
 * reference: -ESRCH, -EBADF. fd_next_of_process returns the first open descriptor at or after
 * `from`, or -1.
 */
int fd_of_process(struct process *process, int fd, struct file **out);
int fd_next_of_process(struct process *process, int from);

/* fd_table_install() and relatives with the calling process's table and limit. */
int fd_install(struct file *file, int lowest, bool is_cloexec) MUST_CHECK;
/* Install the file under the lowest free number; on failure drop the reference and return the
 * error. */
int fd_install_or_put(struct file *file, bool is_cloexec) MUST_CHECK;
void fd_fill(int fd, struct file *file);
int fd_replace(struct file *file, int fd, bool is_cloexec) MUST_CHECK;
int fd_close(int fd);
int fd_get_cloexec(int fd);
int fd_set_cloexec(int fd, bool is_cloexec);

/*
 * execve, when the caller is the only thread: replace a shared table by a copy, which takes over
 * *spare (fd_table_exec_prepare), and close the close-on-exec descriptors. -ENOMEM: the table has
 * grown, or become shared, since.
 */
int fd_exec(struct fd_table **spare) MUST_CHECK;
/* Get the path behind a descriptor, with references, for execveat, and whether execve closes the
 * descriptor. -EBADF; -ENOENT: a file without a name. */
int fd_path(int fd, struct path *out, bool *is_cloexec) MUST_CHECK;

#endif
