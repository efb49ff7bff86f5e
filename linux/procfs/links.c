/*
 * The links /proc/PID/cwd, root and exe.
 */
#include <fs_context/fs_context.h>
#include <heap/heap.h>
#include <string/string.h>
#include <task/vfs.h>

#include "internal.h"

/* Targets of a process's links; link_path() returns them with references. */
enum link_kind { LINK_CWD, LINK_ROOT, LINK_EXE };

static int link_path(const struct pseudo_object *object, enum link_kind kind, struct path *out)
{
    struct process *process = object_process(object);
    int ret = object_may_look(object);

    if (!process)
        return -ESRCH;
    if (ret == 0 && kind == LINK_EXE) {
        unsigned long flags = spin_lock_irqsave(&process_lock);
        struct file *file = process->executable;

        ret = !file || !file_path(file)->dentry ? -ENOENT : 0;
        if (ret == 0) {
            *out = *file_path(file);
            path_get(out);
        }
        spin_unlock_irqrestore(&process_lock, flags);
    } else if (ret == 0) {
        struct fs_context *fs = process_fs_get(process);

        ret = fs ? 0 : -ENOENT;
        if (fs) {
            spin_lock(&fs->lock);
            *out = kind == LINK_CWD ? fs->cwd : fs->root;
            path_get(out);
            spin_unlock(&fs->lock);
            fs_context_put(fs);
        }
    }
    process_put(process);
    return ret;
}

ssize_t path_text(const struct path *path, char *buf, size_t size)
{
    char *work = heap_alloc(PATH_MAX);
    struct vfs_context context;
    bool is_reachable;
    ssize_t len = -ENAMETOOLONG;

    if (!work)
        return -ENOMEM;
    process_vfs_begin(&context);
    const char *text = vfs_path_string(&context.root, path, work, PATH_MAX, &is_reachable);

    process_vfs_end(&context);
    if (text) {
        static const char deleted[] = " (deleted)";

        len = (ssize_t)MIN(strlen(text), size);
        memcpy(buf, text, (size_t)len);
        if (READ_ONCE(path->dentry->inode->nlink) == 0) {
            size_t n = MIN(sizeof(deleted) - 1, size - (size_t)len);

            memcpy(buf + len, deleted, n);
            len += (ssize_t)n;
        }
    }
    heap_free(work);
    return len;
}

static ssize_t link_text(const struct pseudo_object *object, enum link_kind kind, char *buf,
                         size_t size)
{
    struct path path;
    ssize_t ret = link_path(object, kind, &path);

    if (ret != 0)
        return ret;
    ret = path_text(&path, buf, size);
    path_put(&path);
    return ret;
}

#define LINK_FUNCTIONS(name, kind)                                                                 \
    ssize_t name##_readlink(const struct pseudo_object *object, char *buf, size_t size)            \
    {                                                                                              \
        return link_text(object, kind, buf, size);                                                 \
    }                                                                                              \
    int name##_follow(const struct pseudo_object *object, const struct cred *cred,                 \
                      struct path *out)                                                            \
    {                                                                                              \
        (void)cred;                                                                                \
        return link_path(object, kind, out);                                                       \
    }
LINK_FUNCTIONS(cwd, LINK_CWD)
LINK_FUNCTIONS(root, LINK_ROOT)
LINK_FUNCTIONS(exe, LINK_EXE)
