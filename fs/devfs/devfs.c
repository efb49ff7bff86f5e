/*
 * The tree of device files: a ramfs superblock of its own, shared by every mount of "devtmpfs".
 */
#include <devfs/devfs.h>

#include <base/errno.h>
#include <heap/heap.h>
#include <log/log.h>
#include <ramfs/ramfs.h>
#include <string/string.h>
#include <vfs/magic.h>

#include "internal.h"

static struct superblock *devfs;

/* Find the directory of the last component of name, with a reference; missing directories are
 * created. */
static struct dentry *find_dir(const char **name)
{
    struct dentry *dir = devfs->root;
    const char *slash;

    dentry_get(dir);
    while ((slash = strchr(*name, '/')) != NULL) {
        size_t len = (size_t)(slash - *name);
        struct dentry *next = dentry_find_child(dir, *name, len);

        if (!next) {
            struct inode *inode = ramfs_inode_create(devfs, S_IFDIR | 0755, 0);

            if (!inode || dentry_add_child(dir, *name, len, inode, &next) != 0)
                next = NULL;
        }
        dentry_put(dir);
        if (!next || !S_ISDIR(inode_mode(next->inode))) {
            if (next)
                dentry_put(next);
            return NULL;
        }
        dir = next;
        *name = slash + 1;
    }
    return dir;
}

static int add_inode(const char *name, struct inode *inode)
{
    struct dentry *dir = inode ? find_dir(&name) : NULL;
    int ret = -ENOMEM;

    if (dir) {
        ret = dentry_add_child(dir, name, strlen(name), inode, NULL);
        dentry_put(dir);
    } else if (inode) {
        inode_put(inode);
    }
    return ret;
}

int devfs_add(const char *name, uint32_t mode, devno_t rdev)
{
    return add_inode(name, ramfs_inode_create(devfs, mode, rdev));
}

int devfs_add_symlink(const char *name, const char *target)
{
    return add_inode(name, ramfs_symlink_create(devfs, target, strlen(target)));
}

static int devfs_mount(const struct fs_type *type, const char *source, struct inode *device,
                       unsigned flags, const char *options, struct superblock **out)
{
    (void)type;
    (void)source;
    (void)device;
    (void)flags;
    if (*options != '\0' && !strstr(options, "mode=") && !strstr(options, "size=") &&
        !strstr(options, "nr_inodes=")) {
        log_warn("devtmpfs: mount option '%.64s' is not understood", options);
        return -EINVAL;
    }
    superblock_get(devfs);
    *out = devfs;
    return 0;
}

static const struct fs_type devfs_type = {.name = "devtmpfs", .mount = devfs_mount};

int devfs_init(void)
{
    /* Report tmpfs's magic number, as Linux's devtmpfs does. */
    int ret = ramfs_superblock_create(&devfs_type, TMPFS_MAGIC, true, &devfs);

    if (ret != 0)
        return ret;
    strlcpy(devfs->source, "devtmpfs", sizeof(devfs->source));
    ret = fs_type_register(&devfs_type);
    if (ret == 0)
        ret = memdev_init();
    if (ret == 0)
        ret = devfs_add_symlink("fd", "/proc/self/fd");
    if (ret == 0)
        ret = devfs_add_symlink("stdin", "/proc/self/fd/0");
    if (ret == 0)
        ret = devfs_add_symlink("stdout", "/proc/self/fd/1");
    if (ret == 0)
        ret = devfs_add_symlink("stderr", "/proc/self/fd/2");
    return ret;
}
