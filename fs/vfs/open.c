/*
 * open(2): opens a file by name or by path.
 */
#include <base/errno.h>
#include <heap/heap.h>
#include <string/string.h>
#include <vfs/device.h>
#include <vfs/vfs.h>

#include "internal.h"

const struct file_ops *vfs_fifo_ops;

/* Flags that matter only while opening. */
#define OPENING_FLAGS (O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_CLOEXEC | O_NOFOLLOW | O_DIRECTORY)

static unsigned wanted_access(unsigned flags)
{
    switch (flags & O_ACCMODE) {
    case O_RDONLY:
        return MAY_READ | ((flags & O_TRUNC) != 0 ? MAY_WRITE : 0);
    case O_WRONLY:
        return MAY_WRITE;
    default:
        return MAY_READ | MAY_WRITE;
    }
}

/* Check that the path may be opened with these flags. is_new: just created by the caller, whom its
 * mode does not restrict. */
static int may_open(const struct path *path, const struct cred *cred, unsigned flags, bool is_new)
{
    struct inode *inode = path->dentry->inode;
    unsigned want = wanted_access(flags);

    if (S_ISLNK(inode_mode(inode)))
        return -ELOOP;
    if (S_ISDIR(inode_mode(inode)) && (want & MAY_WRITE) != 0)
        return -EISDIR;
    if ((S_ISCHR(inode_mode(inode)) || S_ISBLK(inode_mode(inode))) &&
        (path->mount->flags & MOUNT_NODEV) != 0)
        return -EACCES;
    if ((flags & O_NOATIME) != 0 && !inode_is_owner(inode, cred))
        return -EPERM;
    return is_new ? 0 : vfs_access(path, cred, want);
}

static int file_ops_of(struct inode *inode, const struct file_ops **out)
{
    const struct device_range *range;

    switch (inode_mode(inode) & S_IFMT) {
    case S_IFCHR:
    case S_IFBLK:
        if (inode->file_ops) {
            *out = inode->file_ops;
            return 0;
        }
        range = device_range_find(inode_mode(inode) & S_IFMT, inode->rdev);
        *out = range ? range->ops : NULL;
        return range ? 0 : -ENXIO;
    case S_IFIFO:
        *out = vfs_fifo_ops;
        return vfs_fifo_ops ? 0 : -ENXIO;
    case S_IFSOCK:
        return -ENXIO;
    default:
        *out = inode->file_ops;
        return 0;
    }
}

/* O_TRUNC is a write, even if the file is opened for reading only. */
static int truncate_opened(struct inode *inode, const struct cred *cred)
{
    int ret = inode_allow_write(inode);

    if (ret != 0)
        return ret;
    mutex_lock(&inode->lock);
    if (READ_ONCE(inode->size) != 0)
        ret = inode_set_size(inode, 0);
    if (ret == 0)
        inode_touch_mtime(inode);
    inode_kill_set_id(inode, cred);
    mutex_unlock(&inode->lock);
    inode_end_write(inode);
    return ret;
}

/* Make the file for a path that passed the checks; consumes no reference to path. */
static int open_checked(const struct path *path, const struct cred *cred, unsigned flags,
                        struct file **out)
{
    struct inode *inode = path->dentry->inode;
    const struct file_ops *ops;
    int ret = file_ops_of(inode, &ops);

    if (ret != 0)
        return ret;
    struct file *file = vfs_file_alloc(ops, inode, flags & ~(unsigned)OPENING_FLAGS);

    if (!file)
        return -ENOMEM;
    file->is_noctty = (flags & O_NOCTTY) != 0;
    /* file_put() undoes the rest, in whatever state it is. */
    if (file->can_write && S_ISREG(inode_mode(inode))) {
        ret = inode_allow_write(inode);
        vfs_file_of(file)->is_writer = ret == 0;
    }
    if (ret == 0) {
        path_get(path);
        vfs_file_of(file)->path = *path;
    }
    if (ret == 0 && (flags & O_TRUNC) != 0 && S_ISREG(inode_mode(inode)))
        ret = truncate_opened(inode, cred);
    if (ret == 0 && ops->open) {
        ret = ops->open(file);
        if (ret != 0)
            file->ops = &file_ops_none;
    } else if (ret != 0) {
        file->ops = &file_ops_none;
    }
    if (ret != 0) {
        file_put(file);
        return ret;
    }
    *out = file;
    return 0;
}

/* O_PATH: only a reference to the path. */
static int open_place(const struct path *path, unsigned flags, struct file **out)
{
    struct file *file = vfs_file_alloc(&file_ops_none, path->dentry->inode,
                                       (flags & ~(unsigned)(OPENING_FLAGS | O_ACCMODE)) | O_PATH);

    if (!file)
        return -ENOMEM;
    path_get(path);
    vfs_file_of(file)->path = *path;
    file->can_read = file->can_write = false;
    *out = file;
    return 0;
}

int vfs_open_path(const struct path *path, const struct cred *cred, unsigned flags,
                  struct file **out)
{
    if ((flags & O_PATH) != 0)
        return open_place(path, flags, out);
    int ret = may_open(path, cred, flags, false);

    return ret == 0 ? open_checked(path, cred, flags, out) : ret;
}

static int open_existing(const struct vfs_context *context, const struct path *at, const char *name,
                         unsigned flags, struct file **out)
{
    unsigned lookup_flags = 0;
    struct path path;

    if ((flags & O_NOFOLLOW) != 0)
        lookup_flags |= LOOKUP_NO_FOLLOW;
    if ((flags & O_DIRECTORY) != 0)
        lookup_flags |= LOOKUP_DIRECTORY;
    int ret = vfs_lookup(context, at, name, lookup_flags, &path);

    if (ret != 0)
        return ret;
    if ((flags & O_CREAT) != 0 && S_ISDIR(inode_mode(path.dentry->inode)))
        ret = -EISDIR;
    else
        ret = vfs_open_path(&path, context->cred, flags, out);
    path_put(&path);
    return ret;
}

static int open_new(const struct vfs_context *context, struct parent_lookup *where, unsigned flags,
                    uint32_t mode, struct file **out)
{
    struct path path = {.mount = where->dir.mount};
    int ret;

    if (where->last_len == 0 || where->has_trailing_slash)
        return -EISDIR;
    if (where->last[0] == '.' &&
        (where->last_len == 1 || (where->last_len == 2 && where->last[1] == '.')))
        return (flags & O_EXCL) != 0 ? -EEXIST : -EISDIR;
    ret = create_file(context, where, mode, &path.dentry);
    if (ret == -EEXIST && (flags & O_EXCL) == 0 && !S_ISLNK(inode_mode(path.dentry->inode))) {
        /* Created by somebody else since the lookup. */
        ret = vfs_open_path(&path, context->cred, flags, out);
        dentry_put(path.dentry);
        return ret;
    }
    if (ret != 0) /* -EEXIST: *out is referenced, and put by the caller */
        where->existing = ret == -EEXIST ? path.dentry : NULL;
    else {
        ret = open_checked(&path, context->cred, flags & ~(unsigned)O_TRUNC, out);
        dentry_put(path.dentry);
    }
    return ret;
}

/* O_CREAT of a missing file: create it in the last component's directory, also through dangling
 * links. */
static int open_create(const struct vfs_context *context, const struct path *at, const char *name,
                       unsigned flags, uint32_t mode, struct file **out)
{
    struct parent_lookup where = {0};
    struct path from = {0};
    char *target = NULL;
    int ret;

    for (;;) {
        ret = lookup_parent(context, from.mount ? &from : at, name, &where);
        if (ret != 0)
            break;
        ret = open_new(context, &where, flags, mode, out);
        if (ret != -EEXIST || !where.existing) {
            parent_lookup_put(&where);
            break;
        }
        /* A dangling symbolic link: an error with O_EXCL, else create its target. */
        struct inode *link = where.existing->inode;
        char *text = NULL;
        ssize_t len = -EEXIST;

        if ((flags & O_EXCL) == 0)
            len = (flags & O_NOFOLLOW) != 0 || ++where.nr_links > 40 ? -ELOOP : 0;
        if (len == 0) {
            text = heap_alloc(PATH_MAX);
            len = text ? link->ops->readlink(link, text, PATH_MAX - 1) : -ENOMEM;
        }
        dentry_put(where.existing);
        where.existing = NULL;
        if (len <= 0) {
            heap_free(text);
            parent_lookup_put(&where);
            ret = len == 0 ? -ENOENT : (int)len;
            break;
        }
        text[len] = '\0';
        heap_free(target);
        name = target = text;
        if (from.mount)
            path_put(&from);
        from = where.dir;
        path_get(&from);
        parent_lookup_put(&where);
    }
    if (from.mount)
        path_put(&from);
    heap_free(target);
    return ret;
}

int vfs_open(const struct vfs_context *context, const struct path *at, const char *name,
             unsigned flags, uint32_t mode, struct file **out)
{
    if ((flags & O_PATH) != 0)
        flags &= O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    if ((flags & O_CREAT) == 0)
        return open_existing(context, at, name, flags, out);
    if ((flags & O_EXCL) == 0) {
        int ret = open_existing(context, at, name, flags, out);

        if (ret != -ENOENT)
            return ret;
    }
    return open_create(context, at, name, flags, mode, out);
}
