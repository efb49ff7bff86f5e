/*
 * The mount tree: mounting, moving, unmounting.
 */
#include <base/errno.h>
#include <heap/heap.h>
#include <log/log.h>
#include <string/string.h>
#include <vfs/vfs.h>

#include "internal.h"

#define NR_MOUNT_BUCKETS 32u

struct spinlock mount_lock = SPINLOCK_INIT("mounts");
/* By parent and mountpoint. */
static struct mount *mount_buckets[NR_MOUNT_BUCKETS] GUARDED_BY(&mount_lock);
static LIST_DEFINE(mounts); /* as mount->node, in order of mounting */
static uint32_t next_mount_id GUARDED_BY(&mount_lock);
static struct mutex mount_mutex; /* serialises changes of the tree */

struct vfs_context vfs_kernel_context = {.cred = &cred_kernel, .umask = 0};

void mounts_init(void)
{
    mutex_init(&mount_mutex);
}

static struct mount **mount_bucket(const struct mount *parent, const struct dentry *mountpoint)
    REQUIRES(&mount_lock)
{
    return &mount_buckets[((uintptr_t)parent / 32 + (uintptr_t)mountpoint / 64) % NR_MOUNT_BUCKETS];
}

struct mount *mount_find(const struct mount *parent, const struct dentry *mountpoint)
{
    struct mount *mount = *mount_bucket(parent, mountpoint);

    while (mount && (mount->parent != parent || mount->mountpoint != mountpoint))
        mount = mount->hash_next;
    return mount;
}

void mount_put(struct mount *mount)
{
    if (__atomic_sub_fetch(&mount->nr_refs, 1, __ATOMIC_ACQ_REL) != 0)
        return;
    dentry_put(mount->root);
    superblock_put(mount->sb);
    heap_free(mount);
}

void path_put(struct path *path)
{
    dentry_put(path->dentry);
    mount_put(path->mount);
}

/* Allocate a detached mount with one reference; takes references to sb and root. */
static struct mount *mount_create(struct superblock *sb, struct dentry *root, unsigned flags)
{
    struct mount *mount = heap_zalloc(sizeof(*mount));

    if (!mount)
        return NULL;
    superblock_get(sb);
    dentry_get(root);
    mount->sb = sb;
    mount->root = root;
    mount->flags = flags;
    mount->nr_refs = 1;
    list_init(&mount->node);
    return mount;
}

int path_of_inode(struct inode *inode, struct path *out)
{
    struct dentry *dentry = dentry_create(NULL, "/", 1);
    struct mount *mount;

    if (!dentry)
        return -ENOMEM;
    inode_get(inode);
    dentry->inode = inode;
    mount = mount_create(inode->sb, dentry, 0);
    if (!mount) {
        dentry_put(dentry);
        return -ENOMEM;
    }
    *out = (struct path){mount, dentry};
    return 0;
}

/* Attach the mount at a place; the tree takes over its reference, and it takes one to the place. */
static int mount_attach(struct mount *mount, const struct path *at)
{
    struct bucket *bucket = at ? dentry_bucket_lock(at->dentry) : NULL;
    int ret = 0;

    spin_lock(&mount_lock);
    if (at && !bucket && !at->dentry->is_mountpoint && at->dentry != at->mount->root)
        ret = -ENOENT; /* removed meanwhile, or never hashed */
    if (at && list_is_empty(&at->mount->node))
        ret = -EINVAL; /* detached itself: this mount could never be unmounted */
    if (ret == 0) {
        mount->id = ++next_mount_id;
        list_add_tail(&mounts, &mount->node);
    }
    if (ret == 0 && at) {
        struct mount **bucket = mount_bucket(at->mount, at->dentry);

        path_get(at);
        mount->parent = at->mount;
        mount->mountpoint = at->dentry;
        mount->hash_next = *bucket;
        *bucket = mount;
        WRITE_ONCE(at->dentry->is_mountpoint, true);
    }
    spin_unlock(&mount_lock);
    if (bucket) {
        LOCK_TAKEN(&bucket->lock, "by dentry_bucket_lock()");
        spin_unlock(&bucket->lock);
    }
    return ret;
}

static bool is_mountpoint_anywhere(const struct dentry *dentry)
{
    struct mount *mount;

    list_for_each_entry(mount, &mounts, node)
        if (mount->mountpoint == dentry)
            return true;
    return false;
}

/* Detach the mount from its place. REQUIRES(mount_lock); the caller puts *place and the mount. */
static void mount_detach_locked(struct mount *mount, struct path *place)
    REQUIRES(&mount_lock, &mount_mutex)
{
    struct mount **at = mount_bucket(mount->parent, mount->mountpoint);

    while (*at != mount)
        at = &(*at)->hash_next;
    *at = mount->hash_next;
    list_del_init(&mount->node);
    *place = (struct path){mount->parent, mount->mountpoint};
    mount->parent = NULL;
    mount->mountpoint = NULL;
    if (!is_mountpoint_anywhere(place->dentry))
        WRITE_ONCE(place->dentry->is_mountpoint, false);
}

static struct mount *find_child_mount(const struct mount *mount)
{
    struct mount *other;

    list_for_each_entry(other, &mounts, node)
        if (other->parent == mount)
            return other;
    return NULL;
}

/* ---- superblocks from mount(2)'s arguments ---- */

/* On failure *out holds no reference. */
static int open_device(const struct vfs_context *context, const char *source, struct path *out)
{
    int ret = vfs_lookup(context, NULL, source, 0, out);

    if (ret == 0 && !S_ISBLK(inode_mode(out->dentry->inode))) {
        path_put(out);
        *out = (struct path){0};
        ret = -ENOTBLK;
    }
    return ret;
}

static int superblock_make(const struct vfs_context *context, const char *fs_name,
                           const char *source, unsigned mount_flags, const char *options,
                           struct superblock **out)
{
    const struct fs_type *type = fs_type_find(fs_name);
    unsigned sb_flags = (mount_flags & MOUNT_READ_ONLY) != 0 ? SB_READ_ONLY : 0;
    struct path device = {0};
    int ret = 0;

    if (!type)
        return -ENODEV;
    if ((type->flags & FS_NEEDS_DEVICE) != 0)
        ret = open_device(context, source, &device);
    if (ret == 0)
        ret = type->mount(type, source, !device.dentry ? NULL : device.dentry->inode, sb_flags,
                          !options ? "" : options, out);
    if (device.mount)
        path_put(&device);
    if (ret == 0 && (*out)->nr_refs == 1 && source && *source != '\0')
        strlcpy((*out)->source, source, sizeof((*out)->source));
    return ret;
}

int vfs_mount_root(const char *fs_name, const char *source, unsigned mount_flags,
                   const char *options)
{
    struct superblock *sb;
    int ret = superblock_make(&vfs_kernel_context, fs_name, source, mount_flags, options, &sb);

    if (ret != 0)
        return ret;
    struct mount *mount = mount_create(sb, sb->root, mount_flags);

    superblock_put(sb);
    if (!mount)
        return -ENOMEM;
    (void)mount_attach(mount, NULL);
    vfs_kernel_context.root = (struct path){mount, mount->root};
    vfs_kernel_context.cwd = vfs_kernel_context.root;
    path_get(&vfs_kernel_context.root);
    path_get(&vfs_kernel_context.cwd);
    return 0;
}

/* Mount `root` of sb at the directory (or, for bind mounts, file) `name`. */
static int mount_at(const struct vfs_context *context, const char *name, struct superblock *sb,
                    struct dentry *root, unsigned flags)
{
    struct path at;
    int ret = vfs_lookup(context, NULL, name, 0, &at);

    if (ret != 0)
        return ret;
    struct mount *mount = NULL;

    if (S_ISDIR(inode_mode(at.dentry->inode)) != S_ISDIR(inode_mode(root->inode)))
        ret = -ENOTDIR;
    else
        mount = mount_create(sb, root, flags);
    if (ret == 0 && !mount)
        ret = -ENOMEM;
    if (ret == 0) {
        mutex_lock(&mount_mutex);
        ret = mount_attach(mount, &at);
        mutex_unlock(&mount_mutex);
        if (ret != 0)
            mount_put(mount);
    }
    path_put(&at);
    return ret;
}

/*
 * Check for a repeated mount. -EBUSY: sb is mounted at this place already; 1: by the kernel, whose
 * mount becomes the one asked for; 0: something else is there.
 */
static int mount_again(const struct vfs_context *context, const char *name, struct superblock *sb,
                       const char *source, unsigned flags)
{
    struct path at;
    int ret = vfs_lookup(context, NULL, name, 0, &at);

    if (ret != 0)
        return ret;
    spin_lock(&mount_lock);
    if (at.mount->sb != sb || at.dentry != sb->root) {
        ret = 0;
    } else if ((at.mount->flags & MOUNT_STAND_IN) == 0) {
        ret = -EBUSY;
    } else {
        at.mount->flags = flags;
        strlcpy(sb->source, source, sizeof(sb->source));
        ret = 1;
    }
    spin_unlock(&mount_lock);
    path_put(&at);
    return ret;
}

int vfs_mount(const struct vfs_context *context, const char *source, const char *name,
              const char *fs_name, unsigned flags, const char *options)
{
    struct superblock *sb;
    int ret = superblock_make(context, fs_name, source, flags, options, &sb);

    if (ret != 0)
        return ret;
    ret = mount_again(context, name, sb, source, flags);
    if (ret == 0)
        ret = mount_at(context, name, sb, sb->root, flags);
    else if (ret == 1)
        ret = 0;
    superblock_put(sb);
    return ret;
}

int vfs_bind_mount(const struct vfs_context *context, const char *source, const char *name)
{
    struct path from;
    int ret = vfs_lookup(context, NULL, source, 0, &from);

    if (ret != 0)
        return ret;
    ret = mount_at(context, name, from.mount->sb, from.dentry, from.mount->flags);
    path_put(&from);
    return ret;
}

/* Find the mount whose root is `name`; -EINVAL: not a root. */
static int find_mount_root(const struct vfs_context *context, const char *name, struct path *out)
{
    int ret = vfs_lookup(context, NULL, name, 0, out);

    if (ret == 0 && out->dentry != out->mount->root) {
        path_put(out);
        ret = -EINVAL;
    }
    return ret;
}

int vfs_move_mount(const struct vfs_context *context, const char *source, const char *name)
{
    struct path from;
    struct path to;
    struct path place = {0};
    int ret = find_mount_root(context, source, &from);

    if (ret != 0)
        return ret;
    ret = vfs_lookup(context, NULL, name, LOOKUP_DIRECTORY, &to);
    if (ret != 0) {
        path_put(&from);
        return ret;
    }
    mutex_lock(&mount_mutex);
    spin_lock(&mount_lock);
    if (!from.mount->parent)
        ret = -EINVAL;
    for (const struct mount *above = to.mount; above && ret == 0; above = above->parent)
        ret = above == from.mount ? -ELOOP : 0;
    if (ret == 0)
        mount_detach_locked(from.mount, &place);
    spin_unlock(&mount_lock);
    if (ret == 0) {
        ret = mount_attach(from.mount, &to);
        if (ret != 0) /* back to its old place, which was valid before */
            (void)mount_attach(from.mount, &place);
        path_put(&place);
    }
    mutex_unlock(&mount_mutex);
    path_put(&from);
    path_put(&to);
    return ret;
}

int vfs_remount(const struct vfs_context *context, const char *name, unsigned flags,
                const char *options)
{
    struct path at;
    int ret = find_mount_root(context, name, &at);

    if (ret != 0)
        return ret;
    mutex_lock(&mount_mutex);
    if (at.mount->sb->ops->remount)
        ret = at.mount->sb->ops->remount(at.mount->sb, options);
    if (ret == 0) {
        spin_lock(&mount_lock);
        at.mount->flags = flags;
        spin_unlock(&mount_lock);
    }
    mutex_unlock(&mount_mutex);
    if (ret == 0 && (flags & MOUNT_READ_ONLY) != 0)
        ret = vfs_sync_superblock(at.mount->sb);
    path_put(&at);
    return ret;
}

/* Find a mount without mounts on it: `mount` itself, or one above it. */
static struct mount *find_outermost(struct mount *mount) REQUIRES(&mount_lock)
{
    struct mount *on_it;

    while ((on_it = find_child_mount(mount)) != NULL)
        mount = on_it;
    return mount;
}

/* Detach the mount. On success the caller puts it and its place. */
static int unmount_one(struct mount *mount, bool is_lazy, struct path *place)
    REQUIRES(&mount_lock, &mount_mutex)
{
    if (!mount->parent)
        return -EBUSY; /* the first root, or detached already */
    /* Unused: only the tree's and the caller's references. */
    if (!is_lazy &&
        (find_child_mount(mount) || __atomic_load_n(&mount->nr_refs, __ATOMIC_RELAXED) > 2))
        return -EBUSY;
    mount_detach_locked(mount, place);
    return 0;
}

int vfs_unmount(const struct vfs_context *context, const char *name, bool is_lazy)
{
    struct mount *taken = NULL;
    struct path at, place;
    int ret = find_mount_root(context, name, &at);

    if (ret != 0)
        return ret;
    mutex_lock(&mount_mutex);
    while (ret == 0 && taken != at.mount) {
        spin_lock(&mount_lock);
        taken = is_lazy && at.mount->parent ? find_outermost(at.mount) : at.mount;
        ret = unmount_one(taken, is_lazy, &place);
        spin_unlock(&mount_lock);
        if (ret == 0) {
            path_put(&place);
            mount_put(taken);
        }
    }
    mutex_unlock(&mount_mutex);
    path_put(&at);
    return ret;
}

int vfs_mount_for_each(int (*fn)(struct mount *mount, void *ctx), void *ctx)
{
    struct mount *mount;
    int ret = 0;

    /* mount_mutex keeps the list stable while fn runs. */
    mutex_lock(&mount_mutex);
    list_for_each_entry(mount, &mounts, node) {
        ret = fn(mount, ctx);
        if (ret != 0)
            break;
    }
    mutex_unlock(&mount_mutex);
    return ret;
}
