/*
 * ramfs: inodes, directories, and its three file-system types. See <ramfs/ramfs.h>.
 */
#include <ramfs/ramfs.h>

#include <base/errno.h>
#include <frame/frame.h>
#include <heap/heap.h>
#include <string/string.h>
#include <vfs/magic.h>

#include "internal.h"

static const struct inode_ops ramfs_dir_ops;

static const struct inode_ops ramfs_other_ops;

static int ramfs_getattr(struct inode *inode, struct vfs_stat *out)
{
    const struct ramfs_inode *ri = ramfs_inode_of(inode);

    if (S_ISREG(inode_mode(inode)) && ri->body_size > 0)
        out->nr_sectors = MAX(out->nr_sectors, ALIGN_UP(ri->body_size, PAGE_SIZE) / 512);
    return 0;
}

static ssize_t ramfs_readlink(struct inode *inode, char *buf, size_t size)
{
    size_t n = MIN(size, inode->size);

    memcpy(buf, ramfs_inode_of(inode)->link, n);
    return (ssize_t)n;
}

static const struct inode_ops ramfs_file_inode_ops = {.truncate = ramfs_body_truncate,
                                                      .getattr = ramfs_getattr};
static const struct inode_ops ramfs_link_ops = {.readlink = ramfs_readlink};

struct inode *ramfs_inode_create(struct superblock *sb, uint32_t mode, devno_t rdev)
{
    struct ramfs_super *super = sb->private;
    uint64_t nr = __atomic_add_fetch(&super->nr_inodes, 1, __ATOMIC_RELAXED);
    uint64_t max = READ_ONCE(super->options.nr_inodes_max);
    struct inode *inode = NULL;

    if (max == 0 || nr <= max)
        inode = inode_alloc(sb, mode);
    if (!inode) {
        __atomic_fetch_sub(&super->nr_inodes, 1, __ATOMIC_RELAXED);
        return NULL;
    }
    inode->ino = superblock_next_ino(sb);
    inode->rdev = rdev;
    switch (mode & S_IFMT) {
    case S_IFREG:
        inode->ops = &ramfs_file_inode_ops;
        inode->file_ops = &ramfs_file_ops;
        pagecache_init(&inode->cache, &ramfs_cache_ops, false);
        break;
    case S_IFDIR:
        inode->ops = &ramfs_dir_ops;
        inode->file_ops = &dcache_dir_ops;
        inode->nlink = 2;
        break;
    case S_IFLNK:
        inode->ops = &ramfs_link_ops;
        break;
    default:
        inode->ops = &ramfs_other_ops;
        break;
    }
    return inode;
}

struct inode *ramfs_symlink_create(struct superblock *sb, const char *target, size_t len)
{
    struct inode *inode;
    char *text = heap_alloc(len + 1);

    if (!text)
        return NULL;
    inode = ramfs_inode_create(sb, S_IFLNK | 0777, 0);
    if (!inode) {
        heap_free(text);
        return NULL;
    }
    memcpy(text, target, len);
    text[len] = '\0';
    ramfs_inode_of(inode)->link = text;
    inode->size = len;
    return inode;
}

static void ramfs_evict(struct inode *inode)
{
    struct ramfs_super *super = inode->sb->private;
    struct ramfs_inode *ri = ramfs_inode_of(inode);

    ramfs_body_release(ri, 0);
    heap_free(ri->link);
    __atomic_fetch_sub(&super->nr_inodes, 1, __ATOMIC_RELAXED);
}

/* ---- names ---- */

static int add_inode(struct inode *dir, struct dentry *dentry, struct inode *inode,
                     const struct cred *cred)
{
    if (!inode)
        return -ENOSPC;
    inode_init_owner(inode, dir, cred);
    dentry_attach(dentry, inode);
    if (S_ISDIR(inode_mode(inode)))
        inode_nlink_add(dir, 1);
    return 0;
}

static int ramfs_create(struct inode *dir, struct dentry *dentry, uint32_t mode,
                        const struct cred *cred)
{
    return add_inode(dir, dentry, ramfs_inode_create(dir->sb, mode, 0), cred);
}

static int ramfs_mknod(struct inode *dir, struct dentry *dentry, uint32_t mode, devno_t rdev,
                       const struct cred *cred)
{
    return add_inode(dir, dentry, ramfs_inode_create(dir->sb, mode, rdev), cred);
}

static int ramfs_symlink(struct inode *dir, struct dentry *dentry, const char *target,
                         const struct cred *cred)
{
    return add_inode(dir, dentry, ramfs_symlink_create(dir->sb, target, strlen(target)), cred);
}

static int ramfs_link(struct inode *dir, struct dentry *dentry, struct inode *inode)
{
    (void)dir;
    if (READ_ONCE(inode->nlink) == UINT32_MAX)
        return -EMLINK;
    inode_nlink_add(inode, 1);
    WRITE_ONCE(inode->ctime_ns, inode_now_ns());
    inode_get(inode);
    dentry_attach(dentry, inode);
    return 0;
}

static int ramfs_unlink(struct inode *dir, struct dentry *dentry)
{
    (void)dir;
    inode_nlink_add(dentry->inode, -1);
    return 0;
}

static int ramfs_rmdir(struct inode *dir, struct dentry *dentry)
{
    if (!dentry_is_empty_dir(dentry))
        return -ENOTEMPTY;
    inode_nlink_add(dir, -1);
    return 0;
}

static int ramfs_rename(struct inode *old_dir, struct dentry *old, struct inode *new_dir,
                        struct dentry *new, unsigned flags)
{
    bool old_is_dir = S_ISDIR(inode_mode(old->inode));
    bool new_is_dir = new->inode &&S_ISDIR(inode_mode(new->inode));

    if ((flags & RENAME_EXCHANGE) == 0 && new->inode) {
        if (new_is_dir && !dentry_is_empty_dir(new))
            return -ENOTEMPTY;
        if (new_is_dir)
            inode_nlink_add(new_dir, -1);
        else
            inode_nlink_add(new->inode, -1);
        new_is_dir = false;
    }
    if (old_is_dir) {
        inode_nlink_add(old_dir, -1);
        inode_nlink_add(new_dir, 1);
    }
    if (new_is_dir) {
        inode_nlink_add(new_dir, -1);
        inode_nlink_add(old_dir, 1);
    }
    return 0;
}

static const struct inode_ops ramfs_dir_ops = {
    .create = ramfs_create,
    .mkdir = ramfs_create,
    .mknod = ramfs_mknod,
    .symlink = ramfs_symlink,
    .link = ramfs_link,
    .unlink = ramfs_unlink,
    .rmdir = ramfs_rmdir,
    .rename = ramfs_rename,
};

static const struct inode_ops ramfs_other_ops = {.write_inode = NULL};

/* ---- the file system ---- */

static uint64_t rest(uint64_t max, uint64_t used)
{
    return max - MIN(used, max);
}

/* Without a limit report zeros, as Linux's ramfs does. */
static int ramfs_statfs(struct superblock *sb, struct vfs_statfs *out)
{
    struct ramfs_super *super = sb->private;

    out->nr_blocks = READ_ONCE(super->options.nr_pages_max);
    out->nr_free = rest(out->nr_blocks, READ_ONCE(super->nr_pages));
    out->nr_available = out->nr_free;
    out->nr_files = READ_ONCE(super->options.nr_inodes_max);
    out->nr_files_free = rest(out->nr_files, READ_ONCE(super->nr_inodes));
    return 0;
}

/* A limit may change, but not below the present use, and an unlimited file system cannot get
 * one. */
static bool may_become(uint64_t old_max, uint64_t new_max, uint64_t used)
{
    return new_max == old_max || new_max == 0 || (old_max != 0 && used <= new_max);
}

static int ramfs_remount(struct superblock *sb, const char *words)
{
    struct ramfs_super *super = sb->private;
    struct ramfs_options options = super->options;
    int ret = ramfs_options_parse(sb->type->name, words, &options);

    if (ret != 0)
        return ret;
    if (!may_become(super->options.nr_pages_max, options.nr_pages_max,
                    READ_ONCE(super->nr_pages)) ||
        !may_become(super->options.nr_inodes_max, options.nr_inodes_max,
                    READ_ONCE(super->nr_inodes)))
        return -EINVAL;
    WRITE_ONCE(super->options.nr_pages_max, options.nr_pages_max);
    WRITE_ONCE(super->options.nr_inodes_max, options.nr_inodes_max);
    return 0;
}

static void ramfs_destroy(struct superblock *sb)
{
    heap_free(sb->private);
}

static const struct superblock_ops ramfs_super_ops = {
    .inode_size = sizeof(struct ramfs_inode),
    .evict = ramfs_evict,
    .statfs = ramfs_statfs,
    .remount = ramfs_remount,
    .destroy = ramfs_destroy,
};

static int create_with_options(const struct fs_type *type, uint64_t magic,
                               const struct ramfs_options *options, struct superblock **out)
{
    struct ramfs_super *super = heap_zalloc(sizeof(*super));
    struct superblock *sb = NULL;

    if (super)
        sb = superblock_alloc(type, &ramfs_super_ops);
    if (!sb) {
        heap_free(super);
        return -ENOMEM;
    }
    super->options = *options;
    sb->private = super;
    sb->magic = magic;
    sb->flags = SB_NAMES_IN_CACHE;

    struct inode *root = ramfs_inode_create(sb, S_IFDIR | options->mode, 0);
    int ret = -ENOMEM;

    if (root) {
        root->uid = options->uid;
        root->gid = options->gid;
        ret = superblock_set_root(sb, root);
    }
    if (ret != 0) {
        superblock_put(sb);
        return ret;
    }
    *out = sb;
    return 0;
}

int ramfs_superblock_create(const struct fs_type *type, uint64_t magic, bool is_limited,
                            struct superblock **out)
{
    struct ramfs_options options = {.mode = 0755};

    if (is_limited)
        ramfs_options_limit(&options);
    return create_with_options(type, magic, &options, out);
}

static int ramfs_mount(const struct fs_type *type, const char *source, struct inode *device,
                       unsigned flags, const char *words, struct superblock **out)
{
    bool is_tmpfs = !str_equal(type->name, "ramfs"); /* the root is one, as Linux's initramfs */
    struct ramfs_options options = {.mode = str_equal(type->name, "tmpfs") ? 01777 : 0755};

    (void)source;
    (void)device;
    if (is_tmpfs)
        ramfs_options_limit(&options);
    int ret = ramfs_options_parse(type->name, words, &options);

    if (ret == 0)
        ret = create_with_options(type, is_tmpfs ? TMPFS_MAGIC : RAMFS_MAGIC, &options, out);
    if (ret == 0 && (flags & SB_READ_ONLY) != 0)
        (*out)->flags |= SB_READ_ONLY;
    return ret;
}

static const struct fs_type ramfs_types[] = {
    {.name = "rootfs", .mount = ramfs_mount},
    {.name = "ramfs", .mount = ramfs_mount},
    {.name = "tmpfs", .mount = ramfs_mount},
};

int ramfs_init(void)
{
    int ret = 0;

    for (size_t i = 0; i < ARRAY_SIZE(ramfs_types) && ret == 0; i++)
        ret = fs_type_register(&ramfs_types[i]);
    return ret;
}
