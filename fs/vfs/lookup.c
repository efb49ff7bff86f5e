/*
 * The path walk: from a name to a place in the tree (POSIX 4.13, path_resolution(7)).
 *
 * The walk stands at (mount, dentry) and consumes one component after another. It holds dcache_lock
 * while it only meets names that are cached: then it needs no references at all. What may sleep
 * (asking a file system, reading a symbolic link) happens with the lock released; `held` then keeps
 * the place.
 */
#include <base/errno.h>
#include <heap/heap.h>
#include <string/string.h>
#include <vfs/vfs.h>

#include "internal.h"

#define NR_LINKS_MAX 40 /* as Linux's MAXSYMLINKS */

struct walk {
    const struct vfs_context *context;
    struct path at;   /* where the walk stands; no reference of its own */
    struct path held; /* references that keep `at`, or NULLs */
    const char *rest; /* the part of the name still to be walked */
    char *buffer;     /* owns the memory of rest once a link was followed */
    unsigned nr_links;
    unsigned flags;    /* LOOKUP_* */
    bool wants_parent; /* stop before the last component */
};

static void path_put_held(struct path *held)
{
    if (held->mount != NULL)
        path_put(held);
    *held = (struct path){0};
}

/* Releases the lock and keeps the place by references. */
static void walk_unlock_hold(struct walk *walk) RELEASES(&dcache_lock)
{
    struct path old = walk->held;

    mount_get(walk->at.mount);
    dentry_get_locked(walk->at.dentry);
    walk->held = walk->at;
    spin_unlock(&dcache_lock);
    path_put_held(&old);
}

/* The place becomes `path`, whose references are taken over. */
static void walk_move_held(struct walk *walk, struct path path) EXCLUDES(&dcache_lock)
{
    struct path old = walk->held;

    walk->held = path;
    walk->at = path;
    path_put_held(&old);
}

/* To what is mounted on the place, if anything is. */
static void walk_down_mounts(struct walk *walk) REQUIRES(&dcache_lock)
{
    while (unlikely((walk->at.dentry->flags & DENTRY_MOUNTPOINT) != 0)) {
        struct mount *mount = mount_find(walk->at.mount, walk->at.dentry);

        if (mount == NULL)
            return;
        walk->at.mount = mount;
        walk->at.dentry = mount->root;
    }
}

/* "..": to the parent, through the roots of mounts, but not above the caller's root. */
static void walk_up(struct walk *walk) REQUIRES(&dcache_lock)
{
    while (!path_is_same(&walk->at, &walk->context->root)) {
        struct path *at = &walk->at;

        if (at->dentry != at->mount->root) {
            at->dentry = at->dentry->parent;
            break;
        }
        if (at->mount->parent == NULL)
            break;
        at->dentry = at->mount->mountpoint;
        at->mount = at->mount->parent;
    }
    walk_down_mounts(walk);
}

/*
 * The child was not in the cache: asks the file system. Enters and leaves under the lock; the place
 * becomes the child.
 */
static int walk_miss(struct walk *walk, const char *name, size_t name_len) REQUIRES(&dcache_lock)
{
    struct dentry *dir = walk->at.dentry;
    struct dentry *child;

    if ((dir->inode->sb->flags & SB_NAMES_IN_CACHE) != 0)
        return -ENOENT;
    walk_unlock_hold(walk);
    mutex_lock(&dir->inode->lock);
    int ret = dentry_lookup_locked(dir, name, name_len, &child);

    mutex_unlock(&dir->inode->lock);
    if (ret == 0) {
        mount_get(walk->at.mount);
        walk_move_held(walk, (struct path){walk->at.mount, child});
    }
    spin_lock(&dcache_lock);
    return ret;
}

/* The link's text followed by what is left of the name becomes the name. */
static int walk_push_text(struct walk *walk, struct inode *link)
{
    size_t rest_len = strlen(walk->rest);
    size_t room = link->size > 0 && link->size < PATH_MAX ? link->size : PATH_MAX - 1;
    char *buffer;

    if (rest_len >= PATH_MAX)
        return -ENAMETOOLONG;
    buffer = heap_alloc(room + rest_len + 2);
    if (buffer == NULL)
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

/*
 * The place is the symbolic link `link` in directory `dir` (of the same mount). Enters and leaves
 * under the lock; the place becomes what the walk of the link begins with.
 */
static int walk_link(struct walk *walk, struct dentry *link, struct dentry *dir)
    REQUIRES(&dcache_lock)
{
    struct inode *inode = link->inode;
    struct path target = {0};
    int ret;

    if (++walk->nr_links > NR_LINKS_MAX)
        return -ELOOP;
    dentry_get_locked(link);
    walk->at.dentry = dir;
    walk_unlock_hold(walk);
    if (inode->ops->follow != NULL) {
        ret = inode->ops->follow(inode, walk->context->cred, &target);
        if (ret == 0)
            walk_move_held(walk, target);
    } else {
        ret = inode->ops->readlink == NULL ? -EINVAL : walk_push_text(walk, inode);
    }
    dentry_put(link);
    spin_lock(&dcache_lock);
    if (ret == 0 && target.mount == NULL && walk->rest[0] == '/') {
        walk->at = walk->context->root;
        walk_down_mounts(walk);
    }
    return ret;
}

static int check_directory(const struct walk *walk) REQUIRES(&dcache_lock)
{
    struct inode *inode = walk->at.dentry->inode;

    if (!S_ISDIR(inode->mode))
        return -ENOTDIR;
    /* The common case inline: everybody may search, and no op decides otherwise. */
    if (likely((inode->mode & S_IXUGO) == S_IXUGO && inode->ops->permission == NULL))
        return 0;
    return inode_permission(inode, walk->context->cred, MAY_EXEC);
}

/* One step into `name`. */
static int walk_component(struct walk *walk, const char *name, size_t name_len, bool is_last)
    REQUIRES(&dcache_lock)
{
    struct dentry *dir = walk->at.dentry;
    struct dentry *child = dcache_find(dir, name_hash(dir, name, name_len), name, name_len);

    if (likely(child != NULL)) {
        walk->at.dentry = child;
    } else {
        int ret = walk_miss(walk, name, name_len);

        if (ret != 0)
            return ret;
        child = walk->at.dentry;
    }
    if (S_ISLNK(child->inode->mode) && (!is_last || (walk->flags & LOOKUP_NO_FOLLOW) == 0))
        return walk_link(walk, child, dir);
    walk_down_mounts(walk);
    return 0;
}

/* Walks all of walk->rest. */
static int walk_all(struct walk *walk, struct parent_lookup *last_out) REQUIRES(&dcache_lock)
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

/* The whole walk; on success walk->at has references. */
static int walk_run(struct walk *walk, const struct path *at, struct parent_lookup *last_out)
{
    const struct vfs_context *context = walk->context;

    spin_lock(&dcache_lock);
    if (*walk->rest == '/') {
        walk->at = context->root;
        walk_down_mounts(walk);
    } else {
        walk->at = at != NULL ? *at : context->cwd;
    }
    int ret = walk_all(walk, last_out);

    if (ret == 0 && (walk->flags & LOOKUP_DIRECTORY) != 0 && !S_ISDIR(walk->at.dentry->inode->mode))
        ret = -ENOTDIR;
    if (ret == 0) {
        mount_get(walk->at.mount);
        dentry_get_locked(walk->at.dentry);
    }
    spin_unlock(&dcache_lock);
    path_put_held(&walk->held);
    return ret;
}

int vfs_lookup(const struct vfs_context *context, const struct path *at, const char *name,
               unsigned flags, struct path *out)
{
    struct walk walk = {.context = context, .rest = name, .flags = flags};

    if (*name == '\0' && (flags & LOOKUP_EMPTY_PATH) == 0)
        return -ENOENT;
    int ret = walk_run(&walk, at, NULL);

    if (walk.buffer != NULL)
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
        if (walk.buffer != NULL)
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
    if (lookup->buffer != NULL)
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
    spin_lock(&dcache_lock);
    while (fits && !path_is_same(&at, root)) {
        if (at.dentry == at.mount->root) {
            if (at.mount->parent == NULL) {
                *is_reachable = false;
                break;
            }
            at.dentry = at.mount->mountpoint;
            at.mount = at.mount->parent;
            continue;
        }
        if (at.dentry->parent == at.dentry) { /* a root that is mounted nowhere any more */
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
    spin_unlock(&dcache_lock);
    if (fits && *start == '\0') {
        if (start == buf)
            return NULL;
        *--start = '/';
    }
    return fits ? start : NULL;
}
