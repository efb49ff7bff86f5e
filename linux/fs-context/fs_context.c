/*
 * Root, current directory and umask of a process.
 */
#include <fs_context/fs_context.h>
#include <heap/heap.h>

static struct fs_context *create(const struct path *root, const struct path *cwd, uint32_t umask)
{
    struct fs_context *fs = heap_zalloc(sizeof(*fs));

    if (!fs)
        return NULL;
    fs->refcount = 1;
    spin_init(&fs->lock, "directories of a process");
    fs->root = *root;
    fs->cwd = *cwd;
    fs->umask = umask;
    return fs;
}

struct fs_context *fs_context_create(const struct path *root)
{
    struct fs_context *fs = create(root, root, 022);

    if (fs) {
        path_get(root);
        path_get(root);
    }
    return fs;
}

struct fs_context *fs_context_fork(struct fs_context *from)
{
    struct path root, cwd;
    struct fs_context *fs;

    spin_lock(&from->lock);
    root = from->root;
    cwd = from->cwd;
    path_get(&root);
    path_get(&cwd);
    spin_unlock(&from->lock);
    fs = create(&root, &cwd, READ_ONCE(from->umask));
    if (!fs) {
        path_put(&root);
        path_put(&cwd);
    }
    return fs;
}

void fs_context_get(struct fs_context *fs)
{
    __atomic_fetch_add(&fs->refcount, 1, __ATOMIC_RELAXED);
}

void fs_context_put(struct fs_context *fs)
{
    if (__atomic_fetch_sub(&fs->refcount, 1, __ATOMIC_ACQ_REL) != 1)
        return;
    ASSUME_UNSHARED(&fs->lock, "that was the last reference");
    path_put(&fs->root);
    path_put(&fs->cwd);
    heap_free(fs);
}

/* Replace the root or the current directory of fs (`which` points to it). */
static void set(struct fs_context *fs, struct path *which, const struct path *path)
{
    struct path old;

    path_get(path);
    spin_lock(&fs->lock);
    old = *which;
    *which = *path;
    spin_unlock(&fs->lock);
    path_put(&old);
}

void fs_context_set_cwd(struct fs_context *fs, const struct path *path)
{
    set(fs, UNLOCKED(&fs->cwd, "set() takes the lock"), path);
}

void fs_context_set_root(struct fs_context *fs, const struct path *path)
{
    set(fs, UNLOCKED(&fs->root, "set() takes the lock"), path);
}
