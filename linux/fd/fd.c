/*
 * The descriptors of the calling process: see <fd/fd.h>.
 */
#include <fd/fd.h>

#include <abi/abi.h>
#include <base/errno.h>
#include <task/task.h>
#include <vfs/file.h>

static uint32_t nr_fds_max(void)
{
    uint64_t limit = limit_current(RLIMIT_NOFILE);

    return (uint32_t)MIN(limit, (uint64_t)NR_FDS_MAX);
}

static struct fd_table *table_current(void)
{
    return process_current()->files;
}

/* ---- a file for the time of one call ---- */

/* With one user of the table nobody can close the descriptor during the call. */
static inline bool is_alone(const struct process *process)
{
    return __atomic_load_n(&process->nr_threads, __ATOMIC_ACQUIRE) == 1 &&
           __atomic_load_n(&process->files->nr_refs, __ATOMIC_RELAXED) == 1;
}

void fd_view_begin(struct fd_view *view)
{
    view->table = process_current()->files;
    view->is_counted = !is_alone(process_current());
}

/* Kept out of line and called last: the path of a single user then calls nothing and saves next to
 * no registers. */
static NOINLINE int fd_ref_count(struct fd_table *table, int fd, struct fd_ref *out)
{
    out->file = fd_table_file(table, fd);
    out->is_counted = true;
    return out->file ? 0 : -EBADF;
}

int fd_ref_get(int fd, struct fd_ref *out)
{
    struct process *process = process_current();
    struct fd_table *table = process->files;

    if (unlikely(!is_alone(process)))
        return fd_ref_count(table, fd, out);
    ASSUME_LOCKED(&table->lock, "no need: nobody else changes the table: is_alone()");
    if (unlikely((uint32_t)fd >= table->nr_slots || !table->files[fd]))
        return -EBADF;
    out->file = table->files[fd];
    out->is_counted = false;
    return 0;
}

int fd_ref_get_opened(int fd, struct fd_ref *out)
{
    int ret = fd_ref_get(fd, out);

    if (ret == 0 && (out->file->flags & O_PATH)) {
        fd_ref_put(out);
        ret = -EBADF;
    }
    return ret;
}

int fd_check(int fd)
{
    struct fd_ref ref;
    int ret = fd_ref_get(fd, &ref);

    if (ret == 0)
        fd_ref_put(&ref);
    return ret;
}

/* ---- changes ---- */

int fd_install(struct file *file, int lowest, bool is_cloexec)
{
    return fd_table_install(table_current(), file, lowest, nr_fds_max(), is_cloexec);
}

int fd_install_or_put(struct file *file, bool is_cloexec)
{
    int fd = fd_install(file, 0, is_cloexec);

    if (fd < 0)
        file_put(file);
    return fd;
}

void fd_fill(int fd, struct file *file)
{
    fd_table_fill(table_current(), fd, file);
}

int fd_close(int fd)
{
    return fd_table_close(table_current(), fd);
}

int fd_replace(struct file *file, int fd, bool is_cloexec)
{
    return fd_table_replace(table_current(), file, fd, nr_fds_max(), is_cloexec);
}

int fd_get_cloexec(int fd)
{
    return fd_table_get_cloexec(table_current(), fd);
}

int fd_set_cloexec(int fd, bool is_cloexec)
{
    return fd_table_set_cloexec(table_current(), fd, is_cloexec);
}

/* ---- exec ---- */

int fd_exec(struct fd_table **spare)
{
    struct process *process = process_current();
    struct fd_table *old = process->files;

    if (fd_table_is_shared(old)) {
        int ret = fd_table_unshare(old, spare);

        if (ret != 0)
            return ret;
        spin_lock(&process->files_lock);
        process->files = *spare; /* others read the table under the lock */
        spin_unlock(&process->files_lock);
        *spare = NULL;
        fd_table_put(old);
    }
    fd_table_close_on_exec(process->files);
    return 0;
}

int fd_path(int fd, struct path *out, bool *is_cloexec)
{
    struct file *file = fd_table_file(table_current(), fd);
    int ret = -ENOENT;

    if (!file)
        return -EBADF;
    *is_cloexec = fd_get_cloexec(fd) > 0;
    if (file_path(file)->dentry) {
        *out = *file_path(file);
        path_get(out);
        ret = 0;
    }
    file_put(file);
    return ret;
}

/* ---- any process's descriptors ---- */

int fd_of_process(struct process *process, int fd, struct file **out)
{
    int ret = -ESRCH;

    spin_lock(&process->files_lock);
    if (process->files) {
        *out = fd_table_file(process->files, fd);
        ret = !*out ? -EBADF : 0;
    }
    spin_unlock(&process->files_lock);
    return ret;
}

int fd_next_of_process(struct process *process, int from)
{
    int fd = -1;

    spin_lock(&process->files_lock);
    if (process->files)
        fd = fd_table_next(process->files, from, NULL);
    spin_unlock(&process->files_lock);
    return fd;
}
