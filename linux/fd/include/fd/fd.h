/*
 * Descriptors of the calling process, and a look at those of others: what stands between the calls
 * on files and the table (<fdtable/fdtable.h>).
 */
#ifndef FD_FD_H
#define FD_FD_H

#include <base/types.h>
#include <fdtable/fdtable.h>

struct path;
struct process;

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
 * Of any process, which may be at its end meanwhile. The file of a descriptor, with a reference:
 * -ESRCH, -EBADF. The first open descriptor at or after `from`, or -1.
 */
int fd_of_process(struct process *process, int fd, struct file **out);
int fd_next_of_process(struct process *process, int from);

/* fd_table_install and its like, with the calling process's table and limit. */
int fd_install(struct file *file, int lowest, bool is_cloexec) MUST_CHECK;
/* fd_install of any number, or drops the reference and says why not. */
int fd_install_or_put(struct file *file, bool is_cloexec) MUST_CHECK;
void fd_fill(int fd, struct file *file);
int fd_replace(struct file *file, int fd, bool is_cloexec) MUST_CHECK;
int fd_close(int fd);
int fd_get_cloexec(int fd);
int fd_set_cloexec(int fd, bool is_cloexec);

/*
 * execve, when the caller is the only thread: a shared table is replaced by a copy, which takes
 * *spare over (fd_table_exec_prepare), and descriptors with close-on-exec are closed. -ENOMEM: the
 * table has grown, or is shared, since.
 */
int fd_exec(struct fd_table **spare) MUST_CHECK;
/* The path behind a descriptor, counted, for execveat, and whether execve closes the descriptor.
 * -EBADF; -ENOENT: a file without a name. */
int fd_path(int fd, struct path *out, bool *is_cloexec) MUST_CHECK;

#endif
