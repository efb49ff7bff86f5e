/*
 * The path walk: from a name to a place in the tree (POSIX 4.13, path_resolution(7)).
 *
 * The walk is at (mount, dentry) and consumes one component after another. While names are cached
 * it takes no references: the bucket's lock holds the present dentry, and is released once the next
 * one's is held. Buckets have no lock order, so the next lock is only tried; if it is contended,
 * and for operations that may sleep (asking a file system, reading a symbolic link), references
 * hold the place.
 */
#include <base/errno.h>
#include <heap/heap.h>
#include <string/string.h>
#include <vfs/vfs.h>

#include "internal.h"

#define NR_LINKS_MAX 40 /* as Linux's MAXSYMLINKS */

/*
 * A walk. Its present place is held as follows: the mount by held_mount, or by the caller if that
 * is another; the dentry by the bucket's lock, else by held_dentry, or if that is another by the
 * mount whose root it is, or by the caller.
 */
struct walk {
    const struct vfs_context *context;
    struct path at;             /* present place */
    struct bucket *bucket;      /* locked bucket of at.dentry, or NULL */
    struct mount *held_mount;   /* a reference, or NULL */
    struct dentry *held_dentry; /* likewise */
    const char *rest;           /* rest of the name */
    char *buffer;               /* memory of rest once a link was followed */
    unsigned nr_links;
    unsigned flags;    /* LOOKUP_* */
    bool wants_parent; /* stop before the last component */
};

static void walk_unlock(struct walk *walk) NO_LOCK_CHECK("the bucket is the walk's")
{
    if (walk->bucket)
        spin_unlock(&walk->bucket->lock);
    walk->bucket = NULL;
}

/* Move to `dentry` of the same mount, taking over its reference. */
static void walk_move(struct walk *walk, struct dentry *dentry)
{
    struct dentry *old = walk->held_dentry;

    walk->at.dentry = dentry;
    walk_unlock(walk);
    walk->held_dentry = dentry;
    dentry_put(old);
}

/* Hold the place by references instead of the bucket's lock. */
static void walk_hold(struct walk *walk)
{
    if (walk->bucket) {
        dentry_get(walk->at.dentry);
        walk_move(walk, walk->at.dentry);
    }
}

/* Move to the root of a mount, taking over its reference. */
static inline void walk_enter(struct walk *walk, struct mount *mount)
{
    struct mount *old = walk->held_mount;

    walk_unlock(walk);
    walk->at = (struct path){mount, mount->root};
    walk->held_mount = mount;
    if (old)
        mount_put(old);
}

/* Move to `path`, taking over its references. */
static void walk_jump(struct walk *walk, struct path path)
{
    walk_enter(walk, path.mount);
    walk_move(walk, path.dentry);
}

static NOINLINE void cross_mounts(struct walk *walk)
{
    while (READ_ONCE(walk->at.dentry->is_mountpoint)) {
        struct mount *mount;

        spin_lock(&mount_lock);
        mount = mount_find(walk->at.mount, walk->at.dentry);
        if (mount)
            mount_get(mount);
        spin_unlock(&mount_lock);
        if (!mount)
            return;
        walk_enter(walk, mount);
    }
}

/* Move to the root of the topmost mount on the place, if any. */
static inline void walk_down_mounts(struct walk *walk)
{
    if (unlikely(READ_ONCE(walk->at.dentry->is_mountpoint)))
        cross_mounts(walk);
}

/* Move from the root of a mount to its mountpoint; false: not mounted. */
static bool walk_leave_mount(struct walk *walk)
{
    struct path place;

    spin_lock(&mount_lock);
    place = (struct path){walk->at.mount->parent, walk->at.mount->mountpoint};
    if (place.mount)
        path_get(&place);
    spin_unlock(&mount_lock);
    if (!place.mount)
        return false;
    walk_jump(walk, place);
    return true;
}

/* Step "..": to the parent, through the roots of mounts, but not above the caller's root. */
static NOINLINE void walk_up(struct walk *walk)
{
    walk_hold(walk);
    while (!path_is_same(&walk->at, &walk->context->root)) {
        if (walk->at.dentry != walk->at.mount->root) {
            walk_move(walk, dentry_get_parent(walk->at.dentry));
            break;
        }
        if (!walk_leave_mount(walk))
            break;
    }
    walk_down_mounts(walk);
}

/* Look up an uncached child in the file system and move to it. */
static NOINLINE int walk_miss(struct walk *walk, const char *name, size_t name_len)
{
    struct dentry *dir = walk->at.dentry;
    struct dentry *child;
    int ret;

    if ((dir->inode->sb->flags & SB_NAMES_IN_CACHE) != 0)
        return -ENOENT;
    walk_hold(walk);
    mutex_lock(&dir->inode->lock);
    ret = dentry_lookup_locked(dir, name, name_len, &child);
    mutex_unlock(&dir->inode->lock);
    if (ret == 0)
        walk_move(walk, child);
    return ret;
}

/* Replace the rest of the name by the link's text followed by it. */
static int walk_push_text(struct walk *walk, struct inode *link)
{
    size_t rest_len = strlen(walk->rest);
    size_t room = link->size > 0 && link->size < PATH_MAX ? link->size : PATH_MAX - 1;
    char *buffer;

    if (rest_len >= PATH_MAX)
        return -ENAMETOOLONG;
    buffer = heap_alloc(room + rest_len + 2);
    if (!buffer)
        return -ENOMEM;
    ssize_t len = link->ops->readlink(link, buffer, room);

    if (len <= 0) {
        heap_free(buffer);
        return len == 0 ? -ENOENT : (int)len;
    }
    buffer[len] = '/';
    memcpy(buffer + len + (rest_len > 0), walk->rest, rest_len);
    buffer[(size_t)len + (rest_len > 0) + rest_len] = '\0';
    heap_free(walk->buffer);
    walk->buffer = buffer;
    walk->rest = buffer;
    return 0;
}

/* Follow the symbolic link at the present place: move to where its walk begins. */
static NOINLINE int walk_link(struct walk *walk)
{
    struct dentry *link = walk->at.dentry;
    struct inode *inode = link->inode;
    struct path target = {0};
    int ret;

    if (++walk->nr_links > NR_LINKS_MAX)
        return -ELOOP;
    dentry_get(link);
    walk_hold(walk);
    walk_move(walk, dentry_get_parent(link));
    if (inode->ops->follow) {
        ret = inode->ops->follow(inode, walk->context->cred, &target);
        if (ret == 0)
            walk_jump(walk, target);
    } else {
        ret = inode->ops->readlink ? walk_push_text(walk, inode) : -EINVAL;
    }
    dentry_put(link);
    if (ret == 0 && !target.mount && walk->rest[0] == '/') {
        walk->at = walk->context->root;
        walk_down_mounts(walk);
    }
    return ret;
}

static int check_directory(const struct walk *walk)
{
    struct inode *inode = walk->at.dentry->inode;

    if (!S_ISDIR(inode_mode(inode)))
        return -ENOTDIR;
    /* Inline the common case: everybody may search, and there is no permission op. */
    if (likely((inode_mode(inode) & S_IXUGO) == S_IXUGO && !inode->ops->permission))
        return 0;
    return inode_permission(inode, walk->context->cred, MAY_EXEC);
}

/* Move to a cached child; false: not cached, nothing changed. */
static bool walk_to_cached(struct walk *walk, const char *name, size_t name_len)
    NO_LOCK_CHECK("from bucket to bucket, which may be the same")
{
    uint32_t hash = name_hash(walk->at.dentry, name, name_len);
    struct bucket *next = bucket_of(hash);
    struct dentry *child;

    if (!walk->bucket) {
        spin_lock(&next->lock);
    } else if (walk->bucket != next && !spin_trylock_no_preempt(&next->lock)) {
        walk_hold(walk);
        spin_lock(&next->lock);
    }
    child = bucket_find(next, walk->at.dentry, hash, name, name_len);
    if (!walk->bucket) {
        /* it is the only lock */
    } else if (unlikely(!child)) {
        if (walk->bucket != next)
            spin_unlock_no_preempt(&next->lock);
        return false;
    } else if (walk->bucket != next) {
        spin_unlock_no_preempt(&walk->bucket->lock);
    }
    if (unlikely(!child)) {
        spin_unlock(&next->lock);
        return false;
    }
    walk->bucket = next;
    walk->at.dentry = child;
    return true;
}

/* One step into `name`. */
static int walk_component(struct walk *walk, const char *name, size_t name_len, bool is_last)
{
    if (unlikely(!walk_to_cached(walk, name, name_len))) {
        int ret = walk_miss(walk, name, name_len);

        if (ret != 0)
            return ret;
    }
    if (S_ISLNK(inode_mode(walk->at.dentry->inode)) &&
        (!is_last || (walk->flags & LOOKUP_NO_FOLLOW) == 0))
        return walk_link(walk);
    walk_down_mounts(walk);
    return 0;
}

/* Walk all of walk->rest. */
static int walk_all(struct walk *walk, struct parent_lookup *last_out)
{
    for (;;) {
        while (*walk->rest == '/')
            walk->rest++;
        if (*walk->rest == '\0')
            return 0;

        const char *name = walk->rest;
        const char *end = name;

        while (*end != '\0' && *end != '/')
            end++;
        size_t name_len = (size_t)(end - name);
        const char *next = end;

        while (*next == '/')
            next++;
        bool is_last = *next == '\0';
        int ret = check_directory(walk);

        if (ret != 0)
            return ret;
        if (name_len > NAME_MAX)
            return -ENAMETOOLONG;
        if (is_last && walk->wants_parent) {
            last_out->last = name;
            last_out->last_len = name_len;
            last_out->has_trailing_slash = end != next;
            return 0;
        }
        walk->rest = next;
        if (name[0] == '.' && name_len == 1)
            continue;
        if (name[0] == '.' && name_len == 2 && name[1] == '.') {
            walk_up(walk);
            continue;
        }
        if (is_last && end != next)
            walk->flags = (walk->flags | LOOKUP_DIRECTORY) & ~LOOKUP_NO_FOLLOW;
        ret = walk_component(walk, name, name_len, is_last);
        if (ret != 0)
            return ret;
    }
}

/* Give the final place references of its own and release everything else the walk holds. */
static void walk_end(struct walk *walk, bool is_wanted)
{
    if (is_wanted) {
        if (walk->held_mount == walk->at.mount)
            walk->held_mount = NULL;
        else
            mount_get(walk->at.mount);
        if (!walk->bucket && walk->held_dentry == walk->at.dentry)
            walk->held_dentry = NULL;
        else
            dentry_get(walk->at.dentry);
    }
    walk_unlock(walk);
    if (unlikely(walk->held_dentry))
        dentry_put(walk->held_dentry);
    if (unlikely(walk->held_mount))
        mount_put(walk->held_mount);
}

/* Do the whole walk; on success walk->at has references. */
static int walk_run(struct walk *walk, const struct path *at, struct parent_lookup *last_out)
{
    const struct vfs_context *context = walk->context;
    int ret;

    if (*walk->rest == '/') {
        walk->at = context->root;
        walk_down_mounts(walk);
    } else {
        walk->at = at ? *at : context->cwd;
    }
    ret = walk_all(walk, last_out);
    if (ret == 0 && (walk->flags & LOOKUP_DIRECTORY) != 0 &&
        !S_ISDIR(inode_mode(walk->at.dentry->inode)))
        ret = -ENOTDIR;
    walk_end(walk, ret == 0);
    return ret;
}

int vfs_lookup(const struct vfs_context *context, const struct path *at, const char *name,
               unsigned flags, struct path *out)
{
    struct walk walk = {.context = context, .rest = name, .flags = flags};

    if (*name == '\0' && (flags & LOOKUP_EMPTY_PATH) == 0)
        return -ENOENT;
    int ret = walk_run(&walk, at, NULL);

    if (walk.buffer)
        heap_free(walk.buffer);
    if (ret == 0)
        *out = walk.at;
    return ret;
}

int lookup_parent(const struct vfs_context *context, const struct path *at, const char *name,
                  struct parent_lookup *out)
{
    struct walk walk = {
        .context = context, .rest = name, .nr_links = out->nr_links, .wants_parent = true};

    if (*name == '\0')
        return -ENOENT;
    out->last_len = 0;
    int ret = walk_run(&walk, at, out);

    out->nr_links = walk.nr_links;
    if (ret != 0) {
        if (walk.buffer)
            heap_free(walk.buffer);
        return ret;
    }
    out->dir = walk.at;
    out->buffer = walk.buffer;
    return 0;
}

void parent_lookup_put(struct parent_lookup *lookup)
{
    path_put(&lookup->dir);
    if (lookup->buffer)
        heap_free(lookup->buffer);
    lookup->buffer = NULL;
}

char *vfs_path_string(const struct path *root, const struct path *path, char *buf, size_t size,
                      bool *is_reachable)
{
    struct path at = *path;
    char *start = buf + size;
    bool fits = size >= 2;

    *is_reachable = true;
    if (fits)
        *--start = '\0';
    spin_lock(&rename_lock);
    spin_lock(&mount_lock);
    while (fits && !path_is_same(&at, root)) {
        if (at.dentry == at.mount->root) {
            if (!at.mount->parent) {
                *is_reachable = false;
                break;
            }
            at.dentry = at.mount->mountpoint;
            at.mount = at.mount->parent;
            continue;
        }
        if (at.dentry->parent == at.dentry) { /* a root that is no longer mounted */
            *is_reachable = false;
            break;
        }
        size_t len = at.dentry->name_len;

        fits = (size_t)(start - buf) > len;
        if (fits) {
            start -= len;
            memcpy(start, at.dentry->name, len);
            *--start = '/';
        }
        at.dentry = at.dentry->parent;
    }
    spin_unlock(&mount_lock);
    spin_unlock(&rename_lock);
    if (fits && *start == '\0') {
        if (start == buf)
            return NULL;
        *--start = '/';
    }
    return fits ? start : NULL;
}
