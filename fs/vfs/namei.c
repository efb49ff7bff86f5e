/*
 * Changes of names: create, link, remove (rename.c renames). All follow one pattern: walk to the
 * directory, lock it, look up the last component, check, call the file system, update the dentry
 * cache.
 */
#include <base/errno.h>
#include <log/log.h>
#include <string/string.h>
#include <vfs/vfs.h>

#include "internal.h"

static bool is_dot(const struct parent_lookup *lookup)
{
    return lookup->last_len == 1 && lookup->last[0] == '.';
}

static bool is_dot_dot(const struct parent_lookup *lookup)
{
    return lookup->last_len == 2 && lookup->last[0] == '.' && lookup->last[1] == '.';
}

bool parent_lookup_is_special(const struct parent_lookup *lookup)
{
    return lookup->last_len == 0 || is_dot(lookup) || is_dot_dot(lookup);
}

static bool is_read_only(const struct path *path)
{
    return (path->mount->flags & MOUNT_READ_ONLY) != 0 ||
           (path->mount->sb->flags & SB_READ_ONLY) != 0;
}

int may_change_dir(const struct path *dir, const struct cred *cred)
{
    if (is_read_only(dir))
        return -EROFS;
    /* A removed directory takes no new names. */
    if (READ_ONCE(dir->dentry->inode->nlink) == 0)
        return -ENOENT;
    return inode_permission(dir->dentry->inode, cred, MAY_WRITE | MAY_EXEC);
}

int may_remove(const struct path *dir, struct dentry *victim, const struct cred *cred)
{
    struct inode *parent = dir->dentry->inode;

    if ((inode_mode(parent) & S_ISVTX) != 0 && !inode_is_owner(victim->inode, cred) &&
        !inode_is_owner(parent, cred))
        return -EPERM;
    if (READ_ONCE(victim->is_mountpoint))
        return -EBUSY;
    return 0;
}

/* ---- creation ---- */

struct creation {
    struct parent_lookup where;
    struct dentry *dentry; /* new, without an inode */
};

/* Lock the directory and allocate a dentry for a name that does not exist yet. */
static int create_begin(const struct vfs_context *context, const struct path *at, const char *name,
                        bool is_dir, struct creation *creation)
    TRY_ACQUIRES(0, &creation->where.dir.dentry->inode->lock)
{
    struct parent_lookup *where = &creation->where;
    struct dentry *before;

    *creation = (struct creation){0};
    int ret = lookup_parent(context, at, name, where);

    if (ret != 0)
        return ret;
    if (parent_lookup_is_special(where)) {
        parent_lookup_put(where);
        return -EEXIST;
    }
    struct dentry *dir = where->dir.dentry;

    mutex_lock(&dir->inode->lock);
    ret = dentry_lookup_locked(dir, where->last, where->last_len, &before);
    if (ret == 0) {
        dentry_put(before);
        ret = -EEXIST;
    } else if (ret == -ENOENT) {
        ret = !is_dir && where->has_trailing_slash ? -ENOENT
                                                   : may_change_dir(&where->dir, context->cred);
    }
    if (ret == 0) {
        creation->dentry = dentry_create(dir, where->last, where->last_len);
        if (!creation->dentry)
            ret = -ENOMEM;
    }
    if (ret != 0) {
        mutex_unlock(&dir->inode->lock);
        parent_lookup_put(where);
    } else {
        LOCK_GIVEN(&dir->inode->lock, "to the caller: of creation->where.dir");
    }
    return ret;
}

/* Finish a creation with the file system's result ret: hash the dentry, unlock, release
 * everything. */
static int create_end(struct creation *creation, int ret)
    RELEASES(&creation->where.dir.dentry->inode->lock)
{
    struct inode *dir = creation->where.dir.dentry->inode;

    if (ret == 0) {
        dentry_hash(creation->dentry);
        inode_touch_mtime(dir);
    }
    dentry_put(creation->dentry);
    mutex_unlock(&creation->where.dir.dentry->inode->lock);
    parent_lookup_put(&creation->where);
    return ret;
}

int vfs_mkdir(const struct vfs_context *context, const struct path *at, const char *name,
              uint32_t mode)
{
    struct creation creation;
    int ret = create_begin(context, at, name, true, &creation);

    if (ret != 0)
        return ret;
    struct inode *dir = creation.where.dir.dentry->inode;

    mode = (mode & ~context->umask & (S_IALLUGO & ~(S_ISUID | S_ISGID))) | S_IFDIR;
    ret = dir->ops->mkdir ? dir->ops->mkdir(dir, creation.dentry, mode, context->cred) : -EPERM;
    return create_end(&creation, ret);
}

int vfs_mknod(const struct vfs_context *context, const struct path *at, const char *name,
              uint32_t mode, devno_t rdev)
{
    struct creation creation;

    if ((mode & S_IFMT) == 0)
        mode |= S_IFREG;
    if (S_ISDIR(mode) || S_ISLNK(mode))
        return -EINVAL;
    if ((S_ISCHR(mode) || S_ISBLK(mode)) && !cred_has_cap(context->cred, CAP_MKNOD))
        return -EPERM;
    int ret = create_begin(context, at, name, false, &creation);

    if (ret != 0)
        return ret;
    struct inode *dir = creation.where.dir.dentry->inode;

    mode &= ~(context->umask & 0777);
    if (S_ISREG(mode))
        ret =
            dir->ops->create ? dir->ops->create(dir, creation.dentry, mode, context->cred) : -EPERM;
    else
        ret = dir->ops->mknod ? dir->ops->mknod(dir, creation.dentry, mode, rdev, context->cred)
                              : -EPERM;
    return create_end(&creation, ret);
}

int vfs_symlink(const struct vfs_context *context, const char *target, const struct path *at,
                const char *name)
{
    struct creation creation;

    if (*target == '\0')
        return -ENOENT;
    int ret = create_begin(context, at, name, false, &creation);

    if (ret != 0)
        return ret;
    struct inode *dir = creation.where.dir.dentry->inode;

    ret =
        dir->ops->symlink ? dir->ops->symlink(dir, creation.dentry, target, context->cred) : -EPERM;
    return create_end(&creation, ret);
}

int vfs_link(const struct vfs_context *context, const struct path *old, const struct path *at,
             const char *name)
{
    struct inode *inode = old->dentry->inode;
    struct creation creation;

    if (S_ISDIR(inode_mode(inode)))
        return -EPERM;
    int ret = create_begin(context, at, name, false, &creation);

    if (ret != 0)
        return ret;
    struct inode *dir = creation.where.dir.dentry->inode;

    if (creation.where.dir.mount != old->mount)
        ret = -EXDEV;
    mutex_lock_nested(&inode->lock, 1);
    if (ret == 0 && READ_ONCE(inode->nlink) == 0)
        ret = -ENOENT; /* the last name was removed during the walk */
    if (ret == 0)
        ret = dir->ops->link ? dir->ops->link(dir, creation.dentry, inode) : -EPERM;
    mutex_unlock(&inode->lock);
    return create_end(&creation, ret);
}

/* Create the file for vfs_open() with O_CREAT. -EEXIST: *out is the existing dentry, with a
 * reference. */
int create_file(const struct vfs_context *context, struct parent_lookup *where, uint32_t mode,
                struct dentry **out)
{
    struct dentry *dir = where->dir.dentry;
    struct dentry *dentry = NULL;

    mutex_lock(&dir->inode->lock);
    int ret = dentry_lookup_locked(dir, where->last, where->last_len, out);

    if (ret == 0) {
        mutex_unlock(&dir->inode->lock);
        return -EEXIST;
    }
    if (ret == -ENOENT)
        ret = may_change_dir(&where->dir, context->cred);
    if (ret == 0 && !dir->inode->ops->create)
        ret = -EACCES;
    if (ret == 0) {
        dentry = dentry_create(dir, where->last, where->last_len);
        ret = dentry ? 0 : -ENOMEM;
    }
    if (ret == 0) {
        mode = (mode & ~context->umask & S_IALLUGO) | S_IFREG;
        ret = dir->inode->ops->create(dir->inode, dentry, mode, context->cred);
        if (ret == 0) {
            dentry_hash(dentry);
            inode_touch_mtime(dir->inode);
        } else {
            dentry_put(dentry);
        }
    }
    mutex_unlock(&dir->inode->lock);
    if (ret == 0)
        *out = dentry;
    return ret;
}

/* ---- removal ---- */

static int remove_locked(const struct vfs_context *context, const struct parent_lookup *where,
                         bool is_rmdir)
{
    struct inode *dir = where->dir.dentry->inode;
    struct dentry *victim;
    int ret = dentry_lookup_locked(where->dir.dentry, where->last, where->last_len, &victim);

    if (ret != 0)
        return ret;
    bool is_dir = S_ISDIR(inode_mode(victim->inode));

    ret = may_change_dir(&where->dir, context->cred);
    if (ret == 0)
        ret = may_remove(&where->dir, victim, context->cred);
    if (ret == 0 && is_rmdir && !is_dir)
        ret = -ENOTDIR;
    if (ret == 0 && !is_rmdir && (is_dir || where->has_trailing_slash))
        ret = is_dir ? -EISDIR : -ENOTDIR;
    if (ret == 0) {
        /* The victim's lock keeps new names out of a directory that is being removed. */
        mutex_lock_nested(&victim->inode->lock, 1);
        int (*op)(struct inode *, struct dentry *) = is_rmdir ? dir->ops->rmdir : dir->ops->unlink;

        ret = op ? op(dir, victim) : -EPERM;
        if (ret == 0) {
            if (is_rmdir)
                WRITE_ONCE(victim->inode->nlink, 0);
            WRITE_ONCE(victim->inode->ctime_ns, inode_now_ns());
        }
        mutex_unlock(&victim->inode->lock);
    }
    if (ret == 0) {
        inode_touch_mtime(dir);
        dentry_drop(victim);
    }
    dentry_put(victim);
    return ret;
}

static int remove_name(const struct vfs_context *context, const struct path *at, const char *name,
                       bool is_rmdir)
{
    struct parent_lookup where = {0};
    int ret = lookup_parent(context, at, name, &where);

    if (ret != 0)
        return ret;
    if (parent_lookup_is_special(&where)) {
        if (!is_rmdir)
            ret = -EISDIR;
        else if (is_dot(&where))
            ret = -EINVAL;
        else
            ret = is_dot_dot(&where) ? -ENOTEMPTY : -EBUSY;
    } else {
        struct inode *dir = where.dir.dentry->inode;

        mutex_lock(&dir->lock);
        ret = remove_locked(context, &where, is_rmdir);
        mutex_unlock(&dir->lock);
    }
    parent_lookup_put(&where);
    return ret;
}

int vfs_unlink(const struct vfs_context *context, const struct path *at, const char *name)
{
    return remove_name(context, at, name, false);
}

int vfs_rmdir(const struct vfs_context *context, const struct path *at, const char *name)
{
    return remove_name(context, at, name, true);
}
