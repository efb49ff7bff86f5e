/*
 * Queries and changes of attributes, with the checks of chmod(2), chown(2), utimensat(2) and
 * truncate(2).
 */
#include <base/errno.h>
#include <string/string.h>
#include <vfs/vfs.h>

#include "internal.h"

int vfs_getattr_inode(struct inode *inode, struct vfs_stat *out)
{
    *out = (struct vfs_stat){
        .dev = inode->sb->dev,
        .rdev = inode->rdev,
        .ino = inode->ino,
        .mode = inode_mode(inode),
        .nlink = READ_ONCE(inode->nlink),
        .uid = READ_ONCE(inode->uid),
        .gid = READ_ONCE(inode->gid),
        .block_size = inode->sb->block_size,
        .size = READ_ONCE(inode->size),
        .nr_sectors = UNLOCKED(inode->cache.nr_pages, "a figure, of this moment")
                      << (PAGE_SHIFT - 9),
        .atime_ns = READ_ONCE(inode->atime_ns),
        .mtime_ns = READ_ONCE(inode->mtime_ns),
        .ctime_ns = READ_ONCE(inode->ctime_ns),
        .btime_ns = READ_ONCE(inode->btime_ns),
    };
    return inode->ops->getattr ? inode->ops->getattr(inode, out) : 0;
}

int vfs_getattr(const struct path *path, struct vfs_stat *out)
{
    return vfs_getattr_inode(path->dentry->inode, out);
}

static bool path_is_read_only(const struct path *path)
{
    return (path->mount->flags & MOUNT_READ_ONLY) != 0 ||
           (path->mount->sb->flags & SB_READ_ONLY) != 0;
}

int vfs_access(const struct path *path, const struct cred *cred, unsigned want)
{
    struct inode *inode = path->dentry->inode;

    if ((want & MAY_WRITE) != 0 && path_is_read_only(path) &&
        (S_ISREG(inode_mode(inode)) || S_ISDIR(inode_mode(inode)) || S_ISLNK(inode_mode(inode))))
        return -EROFS;
    if ((want & MAY_EXEC) != 0 && S_ISREG(inode_mode(inode)) &&
        (path->mount->flags & MOUNT_NOEXEC) != 0)
        return -EACCES;
    return inode_permission(inode, cred, want);
}

static int may_setattr(struct inode *inode, const struct cred *cred, struct vfs_attr *attr)
{
    bool is_owner = inode_is_owner(inode, cred);

    if ((attr->valid & ATTR_MODE) != 0) {
        if (!is_owner)
            return -EPERM;
        uint32_t gid = (attr->valid & ATTR_GID) != 0 ? attr->gid : inode->gid;

        if (!cred_in_group(cred, gid) && !cred_has_cap(cred, CAP_FSETID))
            attr->mode &= ~(uint32_t)S_ISGID;
    }
    if ((attr->valid & ATTR_UID) != 0 && !cred_has_cap(cred, CAP_CHOWN) &&
        !(cred->fsuid == inode->uid && attr->uid == inode->uid))
        return -EPERM;
    if ((attr->valid & ATTR_GID) != 0 && !cred_has_cap(cred, CAP_CHOWN) &&
        !(cred->fsuid == inode->uid && (attr->gid == inode->gid || cred_in_group(cred, attr->gid))))
        return -EPERM;
    if ((attr->valid & (ATTR_ATIME | ATTR_MTIME)) != 0 && !is_owner) {
        if ((attr->valid & ATTR_TIMES_NOW) == 0)
            return -EPERM;
        return inode_permission(inode, cred, MAY_WRITE);
    }
    return 0;
}

static void set_fields(struct inode *inode, const struct vfs_attr *attr)
{
    if ((attr->valid & ATTR_MODE) != 0)
        WRITE_ONCE(inode->mode, (inode->mode & S_IFMT) | (attr->mode & S_IALLUGO));
    if ((attr->valid & ATTR_UID) != 0)
        WRITE_ONCE(inode->uid, attr->uid);
    if ((attr->valid & ATTR_GID) != 0)
        WRITE_ONCE(inode->gid, attr->gid);
    if ((attr->valid & ATTR_ATIME) != 0)
        WRITE_ONCE(inode->atime_ns, attr->atime_ns);
    if ((attr->valid & ATTR_MTIME) != 0)
        WRITE_ONCE(inode->mtime_ns, attr->mtime_ns);
    WRITE_ONCE(inode->ctime_ns, inode_now_ns());
}

int vfs_setattr(const struct path *path, const struct cred *cred, struct vfs_attr *attr)
{
    struct inode *inode = path->dentry->inode;
    int ret;

    if (path_is_read_only(path))
        return -EROFS;
    mutex_lock(&inode->lock);
    ret = may_setattr(inode, cred, attr);
    /* A change of owner clears the set-id bits of programs, whoever makes it. */
    if (ret == 0 && (attr->valid & (ATTR_UID | ATTR_GID)) != 0 && (attr->valid & ATTR_MODE) == 0 &&
        S_ISREG(inode_mode(inode)) && (inode_mode(inode) & (S_ISUID | S_ISGID)) != 0) {
        attr->valid |= ATTR_MODE;
        attr->mode = inode_mode(inode) & S_IALLUGO & ~(uint32_t)S_ISUID;
        if ((inode_mode(inode) & S_IXGRP) != 0)
            attr->mode &= ~(uint32_t)S_ISGID;
    }
    if (ret == 0 && inode->ops->setattr)
        ret = inode->ops->setattr(inode, attr);
    if (ret == 0)
        set_fields(inode, attr);
    mutex_unlock(&inode->lock);
    return ret;
}

/* REQUIRES(inode->lock) */
int inode_set_size(struct inode *inode, uint64_t size)
{
    uint64_t old_size = inode->size;
    int ret = inode->ops->truncate ? inode->ops->truncate(inode, size) : 0;

    if (ret != 0)
        return ret;
    if (!inode->cache.ops)
        return 0; /* a generated text has no size to change */
    __atomic_store_n(&inode->size, size, __ATOMIC_RELEASE);
    if (size < old_size)
        pagecache_truncate(&inode->cache, size);
    return 0;
}

/* Writing to a program clears its set-id bits, unless the writer may set them. */
void inode_kill_set_id(struct inode *inode, const struct cred *cred)
{
    uint32_t mode = inode->mode;

    if (likely((mode & (S_ISUID | S_ISGID)) == 0) || cred_has_cap(cred, CAP_FSETID))
        return;
    mode &= ~(uint32_t)S_ISUID;
    if ((mode & S_IXGRP) != 0)
        mode &= ~(uint32_t)S_ISGID;
    WRITE_ONCE(inode->mode, mode);
}

static int truncate_inode(struct inode *inode, uint64_t size)
{
    if (size > INT64_MAX)
        return -EINVAL;
    mutex_lock(&inode->lock);
    int ret = inode_set_size(inode, size);

    if (ret == 0)
        inode_touch_mtime(inode);
    mutex_unlock(&inode->lock);
    return ret;
}

int vfs_truncate(const struct path *path, const struct cred *cred, uint64_t size)
{
    struct inode *inode = path->dentry->inode;

    if (S_ISDIR(inode_mode(inode)))
        return -EISDIR;
    if (!S_ISREG(inode_mode(inode)))
        return -EINVAL;
    int ret = vfs_access(path, cred, MAY_WRITE);

    if (ret == 0)
        ret = inode_allow_write(inode);
    if (ret != 0)
        return ret;
    ret = truncate_inode(inode, size);
    if (ret == 0)
        inode_kill_set_id(inode, cred);
    inode_end_write(inode);
    return ret;
}

int file_truncate(struct file *file, uint64_t size)
{
    if (!file->can_write)
        return -EINVAL;
    if (!file_inode(file) || !S_ISREG(inode_mode(file_inode(file))))
        return -EINVAL;
    return truncate_inode(file_inode(file), size);
}

int superblock_statfs(struct superblock *sb, struct vfs_statfs *out)
{
    *out =
        (struct vfs_statfs){.magic = sb->magic, .block_size = sb->block_size, .name_max = NAME_MAX};
    out->flags = ST_VALID;
    return sb->ops->statfs ? sb->ops->statfs(sb, out) : 0;
}

int vfs_statfs(const struct path *path, struct vfs_statfs *out)
{
    int ret = superblock_statfs(path->mount->sb, out);

    if (path_is_read_only(path))
        out->flags |= ST_RDONLY;
    if ((path->mount->flags & MOUNT_NOSUID) != 0)
        out->flags |= ST_NOSUID;
    if ((path->mount->flags & MOUNT_NODEV) != 0)
        out->flags |= ST_NODEV;
    if ((path->mount->flags & MOUNT_NOEXEC) != 0)
        out->flags |= ST_NOEXEC;
    if ((path->mount->flags & MOUNT_NOATIME) != 0)
        out->flags |= ST_NOATIME;
    if ((path->mount->flags & MOUNT_RELATIME) != 0)
        out->flags |= ST_RELATIME;
    return ret;
}

ssize_t vfs_readlink(const struct path *path, char *buf, size_t size)
{
    struct inode *inode = path->dentry->inode;

    if (!S_ISLNK(inode_mode(inode)) || !inode->ops->readlink)
        return -EINVAL;
    return inode->ops->readlink(inode, buf, size);
}
