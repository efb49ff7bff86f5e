/*
 * Rename: locks two directories in order, checks that the tree stays a tree, calls the file system,
 * and moves the dentries.
 */
#include <base/errno.h>
#include <string/string.h>
#include <vfs/vfs.h>

#include "internal.h"

/*
 * Held over every rename across directories, so that the shape of the tree does not change between
 * the check for loops and the rename. Order: rename_mutex, the upper directory, the other.
 */
static struct mutex rename_mutex;

void renames_init(void)
{
    mutex_init(&rename_mutex);
}

static void lock_two(struct dentry *a, struct dentry *b) ACQUIRES(&a->inode->lock, &b->inode->lock)
    NO_LOCK_CHECK("the two may be one")
{
    if (a == b) {
        mutex_lock(&a->inode->lock);
        return;
    }
    mutex_lock(&rename_mutex);
    if (dentry_is_below(a, b) || (!dentry_is_below(b, a) && (uintptr_t)a > (uintptr_t)b)) {
        struct dentry *first = b;

        b = a;
        a = first;
    }
    mutex_lock(&a->inode->lock);
    mutex_lock_nested(&b->inode->lock, 1);
}

static void unlock_two(struct dentry *a, struct dentry *b)
    RELEASES(&a->inode->lock, &b->inode->lock) NO_LOCK_CHECK("the two may be one")
{
    mutex_unlock(&a->inode->lock);
    if (a != b) {
        mutex_unlock(&b->inode->lock);
        mutex_unlock(&rename_mutex);
    }
}

/* Check that `old` may move into new_dir over `new` (whose inode may be NULL). */
static int may_rename(const struct vfs_context *context, const struct parent_lookup *from,
                      struct dentry *old, const struct parent_lookup *to, struct dentry *new,
                      unsigned flags)
{
    bool is_dir = S_ISDIR(inode_mode(old->inode));
    int ret = may_change_dir(&from->dir, context->cred);

    if (ret == 0)
        ret = may_change_dir(&to->dir, context->cred);
    if (ret == 0)
        ret = may_remove(&from->dir, old, context->cred);
    if (ret == 0 && new->inode)
        ret = may_remove(&to->dir, new, context->cred);
    if (ret != 0)
        return ret;
    if (!is_dir && (from->has_trailing_slash || to->has_trailing_slash))
        return -ENOTDIR;
    /* A directory must not become its own descendant. */
    if (is_dir && dentry_is_below(to->dir.dentry, old))
        return -EINVAL;
    if (!new->inode)
        return (flags & RENAME_EXCHANGE) != 0 ? -ENOENT : 0;
    if ((flags & RENAME_NOREPLACE) != 0)
        return -EEXIST;
    bool new_is_dir = S_ISDIR(inode_mode(new->inode));

    if ((flags & RENAME_EXCHANGE) != 0)
        return new_is_dir && dentry_is_below(from->dir.dentry, new) ? -EINVAL : 0;
    if (is_dir != new_is_dir)
        return is_dir ? -ENOTDIR : -EISDIR;
    /* An ancestor of the source cannot be empty. */
    return new_is_dir && dentry_is_below(from->dir.dentry, new) ? -ENOTEMPTY : 0;
}

static int rename_in_fs(struct inode *old_dir, struct dentry *old, struct inode *new_dir,
                        struct dentry *new, unsigned flags) REQUIRES(&old_dir->lock, &new_dir->lock)
{
    if (!old_dir->ops->rename)
        return -EPERM;
    return old_dir->ops->rename(old_dir, old, new_dir, new, flags);
}

/* Call the file system. The lock of a replaced directory keeps new names out of it. */
static int rename_commit(struct inode *old_dir, struct dentry *old, struct inode *new_dir,
                         struct dentry *new, unsigned flags)
    REQUIRES(&old_dir->lock, &new_dir->lock)
{
    struct inode *victim = flags == 0 ? new->inode : NULL;
    int ret;

    if (!victim)
        return rename_in_fs(old_dir, old, new_dir, new, flags);
    mutex_lock_nested(&victim->lock, 2);
    ret = rename_in_fs(old_dir, old, new_dir, new, flags);
    if (ret == 0) {
        WRITE_ONCE(victim->ctime_ns, inode_now_ns());
        if (S_ISDIR(inode_mode(victim)))
            WRITE_ONCE(victim->nlink, 0);
    }
    mutex_unlock(&victim->lock);
    return ret;
}

static int rename_locked(const struct vfs_context *context, const struct parent_lookup *from,
                         const struct parent_lookup *to, unsigned flags)
    REQUIRES(&from->dir.dentry->inode->lock, &to->dir.dentry->inode->lock)
{
    struct inode *old_dir = from->dir.dentry->inode;
    struct inode *new_dir = to->dir.dentry->inode;
    struct dentry *old;
    struct dentry *new = NULL;
    int ret = dentry_lookup_locked(from->dir.dentry, from->last, from->last_len, &old);

    SAME_LOCK(&old_dir->lock, &from->dir.dentry->inode->lock);
    SAME_LOCK(&new_dir->lock, &to->dir.dentry->inode->lock);
    if (ret != 0)
        return ret;
    ret = dentry_lookup_locked(to->dir.dentry, to->last, to->last_len, &new);
    if (ret == -ENOENT) {
        new = dentry_create(to->dir.dentry, to->last, to->last_len);
        ret = new ? 0 : -ENOMEM;
    }
    /* The same name in another spelling: respell it. */
    if (ret == 0 && new == old && (old->flags & DENTRY_FOLDS) != 0 &&
        (to->last_len != old->name_len || memcmp(to->last, old->name, to->last_len) != 0)) {
        dentry_put(new);
        new = dentry_create(to->dir.dentry, to->last, to->last_len);
        ret = new ? 0 : -ENOMEM;
    }
    if (ret == 0)
        ret = may_rename(context, from, old, to, new, flags);
    if (ret == 0 && new->inode == old->inode)
        goto out; /* two names of one file: POSIX wants no change */
    if (ret == 0)
        ret = rename_commit(old_dir, old, new_dir, new, flags & RENAME_EXCHANGE);
    if (ret == 0) {
        inode_touch_mtime(old_dir);
        inode_touch_mtime(new_dir);
        WRITE_ONCE(old->inode->ctime_ns, inode_now_ns());
        if ((flags & RENAME_EXCHANGE) != 0)
            dentry_exchange(old, new);
        else
            dentry_move(old, new);
    }
out:
    dentry_put(old);
    if (new)
        dentry_put(new);
    return ret;
}

int vfs_rename(const struct vfs_context *context, const struct path *old_at, const char *old_name,
               const struct path *new_at, const char *new_name, unsigned flags)
{
    struct parent_lookup from = {0};
    struct parent_lookup to = {0};

    if ((flags & ~(RENAME_NOREPLACE | RENAME_EXCHANGE)) != 0 ||
        flags == (RENAME_NOREPLACE | RENAME_EXCHANGE))
        return -EINVAL;
    int ret = lookup_parent(context, old_at, old_name, &from);

    if (ret != 0)
        return ret;
    ret = lookup_parent(context, new_at, new_name, &to);
    if (ret != 0) {
        parent_lookup_put(&from);
        return ret;
    }
    if (parent_lookup_is_special(&from) || parent_lookup_is_special(&to)) {
        ret = -EBUSY;
    } else if (from.dir.mount != to.dir.mount) {
        ret = -EXDEV;
    } else {
        lock_two(from.dir.dentry, to.dir.dentry);
        ret = rename_locked(context, &from, &to, flags);
        unlock_two(from.dir.dentry, to.dir.dentry);
    }
    parent_lookup_put(&to);
    parent_lookup_put(&from);
    return ret;
}
