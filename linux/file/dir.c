/*
 * getdents64(2), and the current and root directory: chdir(2), chroot(2), getcwd(2), umask(2).
 */
#include <abi/syscalls.h>
#include <arch/uaccess.h>
#include <heap/heap.h>
#include <string/string.h>

#include "internal.h"

/* struct linux_dirent64 of uapi: ino, off, reclen, type, name. */
#define DIRENT_NAME_OFFSET 19u

/* Entries are collected in a kernel page, since iterate runs with the directory locked. */
struct dirent_sink {
    struct dir_sink sink; /* first */
    uint8_t *buf;
    size_t size;
    size_t used;
    size_t last; /* offset of the last entry, whose `off` is not filled in yet; only if used > 0 */
    bool is_full;
};

static bool dirent_emit(struct dir_sink *sink, const char *name, size_t name_len, uint64_t ino,
                        unsigned dt_type, uint64_t pos)
{
    struct dirent_sink *ds = container_of(sink, struct dirent_sink, sink);
    size_t len = ALIGN_UP(DIRENT_NAME_OFFSET + name_len + 1, 8ul);
    uint8_t *entry = ds->buf + ds->used;
    uint16_t reclen = (uint16_t)len;

    /* d_off of an entry is the position of the next one. */
    if (ds->used > 0)
        memcpy(ds->buf + ds->last + 8, &pos, sizeof(pos));
    if (ds->used + len > ds->size) {
        ds->is_full = true;
        return false;
    }
    memset(entry, 0, len);
    memcpy(entry, &ino, sizeof(ino));
    memcpy(entry + 16, &reclen, sizeof(reclen));
    entry[18] = (uint8_t)dt_type;
    memcpy(entry + DIRENT_NAME_OFFSET, name, name_len);
    ds->last = ds->used;
    ds->used += len;
    return true;
}

/*
 * Copy the entries to the program. Returns the bytes of those in front of a bad address, with the
 * position behind them (the last one's `off`); -EFAULT if the first one faults.
 */
static int64_t entries_to_user(struct file *file, const struct dirent_sink *ds, uint64_t ubuf,
                               uint64_t before)
{
    size_t nr_reached = ds->used - copy_to_user_partial(ubuf, ds->buf, ds->used);
    size_t at = 0;

    if (likely(nr_reached == ds->used))
        return (int64_t)ds->used;
    file->pos = before;
    while (at < nr_reached) {
        uint16_t reclen;

        memcpy(&reclen, ds->buf + at + 16, sizeof(reclen));
        if (reclen > nr_reached - at)
            break;
        memcpy(&file->pos, ds->buf + at + 8, sizeof(file->pos));
        at += reclen;
    }
    return at == 0 ? -EFAULT : (int64_t)at;
}

static int64_t getdents(struct file *file, uint64_t ubuf, size_t size)
{
    struct dirent_sink ds = {.sink.emit = dirent_emit, .size = MIN(size, (size_t)PAGE_SIZE * 4)};
    uint64_t before = file->pos;

    ds.buf = heap_alloc(ds.size);
    if (!ds.buf)
        return -ENOMEM;
    int64_t ret = file_iterate(file, &ds.sink);

    if (ret == 0 && ds.used > 0) {
        uint64_t pos = file->pos;

        memcpy(ds.buf + ds.last + 8, &pos, sizeof(pos));
        ret = entries_to_user(file, &ds, ubuf, before);
    } else if (ret == 0 && ds.is_full) {
        ret = -EINVAL; /* not even one entry fits */
    }
    heap_free(ds.buf);
    return ret;
}

int64_t sys_getdents64(int fd, vaddr_t buf, size_t size)
{
    struct fd_ref ref;
    int64_t ret = fd_ref_get(fd, &ref);

    if (ret != 0)
        return ret;
    ret = getdents(ref.file, buf, size);
    fd_ref_put(&ref);
    return ret;
}

/* ---- current and root directory ---- */

static int64_t change_dir(const struct path *path)
{
    if (!S_ISDIR(inode_mode(path->dentry->inode)))
        return -ENOTDIR;
    int ret = inode_permission(path->dentry->inode, cred_current(), MAY_EXEC);

    if (ret == 0)
        fs_context_set_cwd(process_current()->fs, path);
    return ret;
}

int64_t sys_chdir(vaddr_t upath)
{
    struct path path;
    int64_t ret = path_of_user(AT_FDCWD, upath, LOOKUP_DIRECTORY, &path);

    if (ret != 0)
        return ret;
    ret = change_dir(&path);
    path_put(&path);
    return ret;
}

int64_t sys_fchdir(int fd)
{
    struct fd_ref ref;
    int64_t ret = fd_ref_get(fd, &ref);

    if (ret != 0)
        return ret;
    ret = !file_path(ref.file)->dentry ? -ENOTDIR : change_dir(file_path(ref.file));
    fd_ref_put(&ref);
    return ret;
}

int64_t sys_chroot(vaddr_t upath)
{
    struct path path;
    int64_t ret = path_of_user(AT_FDCWD, upath, LOOKUP_DIRECTORY, &path);

    if (ret != 0)
        return ret;
    ret = inode_permission(path.dentry->inode, cred_current(), MAY_EXEC);
    if (ret == 0 && !cred_has_cap(cred_current(), CAP_SYS_CHROOT))
        ret = -EPERM;
    if (ret == 0)
        fs_context_set_root(process_current()->fs, &path);
    path_put(&path);
    return ret;
}

int64_t sys_getcwd(vaddr_t ubuf, size_t size)
{
    char *buf = heap_alloc(PATH_MAX);
    struct vfs_context context;
    bool is_reachable;
    int64_t ret = -ENAMETOOLONG;

    if (!buf)
        return -ENOMEM;
    process_vfs_begin(&context);
    char *text = vfs_path_string(&context.root, &context.cwd, buf, PATH_MAX, &is_reachable);

    if (READ_ONCE(context.cwd.dentry->inode->nlink) == 0)
        ret = -ENOENT;
    else if (text) {
        size_t len = strlen(text) + 1;

        if (!is_reachable)
            ret = -ENOENT;
        else if (len > size)
            ret = -ERANGE;
        else
            ret = copy_to_user(ubuf, text, len) != 0 ? -EFAULT : (int64_t)len;
    }
    process_vfs_end(&context);
    heap_free(buf);
    return ret;
}

int64_t sys_umask(uint32_t mask)
{
    uint32_t new = mask & 0777;

    return __atomic_exchange_n(&process_current()->fs->umask, new, __ATOMIC_RELAXED);
}
