/*
 * Dentries: see <vfs/dentry.h> for their life cycle, dcache.c for the cache.
 */
#include <vfs/dentry.h>

#include <base/errno.h>
#include <heap/heap.h>
#include <log/log.h>
#include <slab/slab.h>
#include <string/string.h>

#include "internal.h"

/* Directory offsets 0 and 1 are "." and "..". */
#define FIRST_COOKIE 2

struct spinlock rename_lock = SPINLOCK_INIT("rename");
static struct slab_cache *dentry_cache;

int dentry_module_init(void)
{
    dcache_init();
    dentry_cache = slab_cache_create("dentry", sizeof(struct dentry), 0, NULL);
    return dentry_cache ? 0 : -ENOMEM;
}

struct dentry *dentry_create(struct dentry *parent, const char *name, size_t name_len)
{
    struct dentry *dentry = slab_alloc(dentry_cache);
    char *text;

    if (!dentry)
        return NULL;
    text = dentry->inline_name;
    if (name_len >= DENTRY_INLINE_NAME) {
        text = heap_alloc(name_len + 1);
        if (!text) {
            slab_free(dentry_cache, dentry);
            return NULL;
        }
    }
    memcpy(text, name, name_len);
    text[name_len] = '\0';
    ASSUME_UNSHARED(&dentry->children_lock, "it is in no list yet");
    ASSUME_UNSHARED(&unused_lock, "it is in no list yet");
    dentry->name = text;
    dentry->name_len = (uint16_t)name_len;
    dentry->hash = 0;
    dentry->hash_next = NULL;
    dentry->hash_pprev = NULL;
    dentry->inode = NULL;
    dentry->flags = parent ? parent->flags & DENTRY_FOLDS : 0;
    dentry->nr_refs = 1;
    dentry->cookie = 0;
    dentry->next_cookie = FIRST_COOKIE;
    dentry->private = NULL;
    list_init(&dentry->children);
    list_init(&dentry->sibling);
    list_init(&dentry->unused);
    dentry->is_mountpoint = false;
    spin_init(&dentry->children_lock, "children of a name");
    dentry->parent = parent ? parent : dentry;
    if (parent)
        dentry_get(parent);
    return dentry;
}

int dentry_set_name(struct dentry *dentry, const char *name, size_t name_len)
{
    char *text = dentry->inline_name;

    if (name_len >= DENTRY_INLINE_NAME) {
        text = heap_alloc(name_len + 1);
        if (!text)
            return -ENOMEM;
    }
    if (dentry->name != dentry->inline_name)
        heap_free((void *)dentry->name);
    memcpy(text, name, name_len);
    text[name_len] = '\0';
    dentry->name = text;
    dentry->name_len = (uint16_t)name_len;
    return 0;
}

static void dentry_free(struct dentry *dentry)
{
    if (dentry->name != dentry->inline_name)
        heap_free((void *)dentry->name);
    slab_free(dentry_cache, dentry);
}

/*
 * Free a dentry that nobody can find or holds. Not under the lock; may sleep. The caller takes over
 * its reference to the parent (NULL: it was a root) and puts it in a loop, not by recursion: a
 * program can make a chain of removed directories arbitrarily long.
 */
struct dentry *dentry_destroy(struct dentry *dentry)
{
    struct dentry *parent = UNLOCKED(dentry->parent, "nobody finds the dentry any more");

    if (dentry->inode)
        inode_put(dentry->inode);
    if (parent == dentry)
        parent = NULL;
    dentry_free(dentry);
    return parent;
}

void dentry_attach(struct dentry *dentry, struct inode *inode)
{
    dentry->inode = inode;
}

void dentry_hash(struct dentry *dentry)
{
    uint32_t hash;
    struct bucket *bucket;

    if ((dentry->flags & DENTRY_VOLATILE) != 0)
        return;
    hash = name_hash(dentry->parent, dentry->name, dentry->name_len);
    bucket = bucket_of(hash);
    spin_lock(&bucket->lock);
    if ((dentry->inode->sb->flags & SB_NAMES_IN_CACHE) != 0) {
        dentry->flags |= DENTRY_PINNED;
        dentry_get(dentry);
    }
    dcache_insert(bucket, dentry, hash);
    spin_unlock(&bucket->lock);
}

/* Remove it from the table; its bucket's lock is held. True: the caller must put the reference that
 * pinned it. */
static bool unhash(struct dentry *dentry)
{
    bool is_pinned = (dentry->flags & DENTRY_PINNED) != 0;

    dcache_remove(dentry);
    unused_forget(dentry);
    dentry->flags &= (uint8_t)~DENTRY_PINNED;
    return is_pinned;
}

void dentry_drop(struct dentry *dentry)
{
    struct bucket *bucket = dentry_bucket_lock(dentry);
    bool is_pinned;

    if (!bucket)
        return;
    LOCK_TAKEN(&bucket->lock, "by dentry_bucket_lock()");
    is_pinned = unhash(dentry);
    spin_unlock(&bucket->lock);
    if (is_pinned)
        dentry_put(dentry);
}

bool dentry_is_empty_dir(struct dentry *dentry)
{
    return UNLOCKED(list_is_empty(&dentry->children), "the directory's lock keeps names out");
}

bool dentry_is_below(const struct dentry *below, const struct dentry *above)
{
    spin_lock(&rename_lock);
    while (below != above && below->parent != below)
        below = below->parent;
    spin_unlock(&rename_lock);
    return below == above;
}

struct dentry *dentry_get_parent(const struct dentry *dentry)
{
    struct dentry *parent;

    spin_lock(&rename_lock);
    parent = dentry->parent;
    dentry_get(parent);
    spin_unlock(&rename_lock);
    return parent;
}

uint64_t dentry_parent_ino(const struct dentry *dentry)
{
    uint64_t ino;

    spin_lock(&rename_lock);
    ino = dentry->parent->inode->ino;
    spin_unlock(&rename_lock);
    return ino;
}

/* ---- lookups with the directory's lock held ---- */

struct dentry *dentry_find_child(struct dentry *parent, const char *name, size_t name_len)
{
    uint32_t hash = name_hash(parent, name, name_len);
    struct bucket *bucket = bucket_of(hash);
    struct dentry *dentry;

    spin_lock(&bucket->lock);
    dentry = bucket_find(bucket, parent, hash, name, name_len);
    if (dentry)
        dentry_get(dentry);
    spin_unlock(&bucket->lock);
    return dentry;
}

int dentry_lookup_locked(struct dentry *dir, const char *name, size_t name_len, struct dentry **out)
{
    struct dentry *dentry = dentry_find_child(dir, name, name_len);
    int ret = -ENOENT;

    if (dentry) {
        *out = dentry;
        return 0;
    }
    if ((dir->inode->sb->flags & SB_NAMES_IN_CACHE) != 0)
        return -ENOENT;
    dentry = dentry_create(dir, name, name_len);
    if (!dentry)
        return -ENOMEM;
    if (dir->inode->ops->lookup)
        ret = dir->inode->ops->lookup(dir->inode, dentry);
    if (ret != 0) {
        dentry_put(dentry);
        return ret;
    }
    /* The file system's own spelling may be cached although the wanted one was not. */
    if ((dentry->flags & DENTRY_FOLDS) != 0) {
        struct dentry *before = dentry_find_child(dir, dentry->name, dentry->name_len);

        if (before) {
            dentry_put(dentry);
            *out = before;
            return 0;
        }
    }
    dentry_hash(dentry);
    *out = dentry;
    return 0;
}

int dentry_add_child(struct dentry *parent, const char *name, size_t name_len, struct inode *inode,
                     struct dentry **out)
{
    struct dentry *dentry = NULL;
    int ret = -ENOMEM;

    mutex_lock(&parent->inode->lock);
    struct dentry *before = dentry_find_child(parent, name, name_len);

    if (before) {
        dentry_put(before);
        ret = -EEXIST;
    } else {
        dentry = dentry_create(parent, name, name_len);
    }
    if (dentry) {
        dentry_attach(dentry, inode);
        dentry_hash(dentry);
        if (S_ISDIR(inode_mode(inode)))
            inode_nlink_add(parent->inode, 1);
        ret = 0;
    }
    mutex_unlock(&parent->inode->lock);
    if (ret != 0) {
        inode_put(inode);
        return ret;
    }
    if (out)
        *out = dentry;
    else
        dentry_put(dentry);
    return 0;
}

/* ---- moving ---- */

static void swap_names(struct dentry *a, struct dentry *b)
{
    char text[DENTRY_INLINE_NAME];
    const char *a_name = a->name;
    const char *b_name = b->name;
    bool a_is_inline = a_name == a->inline_name;
    bool b_is_inline = b_name == b->inline_name;
    uint16_t len = a->name_len;

    memcpy(text, a->inline_name, sizeof(text));
    memcpy(a->inline_name, b->inline_name, sizeof(text));
    memcpy(b->inline_name, text, sizeof(text));
    a->name = b_is_inline ? a->inline_name : b_name;
    b->name = a_is_inline ? b->inline_name : a_name;
    a->name_len = b->name_len;
    b->name_len = len;
}

static void lock_two(struct bucket *a, struct bucket *b)
    NO_LOCK_CHECK("two locks, or one: which, depends on the hash")
{
    spin_lock(a < b ? &a->lock : &b->lock);
    if (a != b)
        spin_lock_nested(a < b ? &b->lock : &a->lock, 1);
}

static void unlock_two(struct bucket *a, struct bucket *b) NO_LOCK_CHECK("as lock_two()")
{
    if (a != b)
        spin_unlock_no_preempt(a < b ? &b->lock : &a->lock);
    spin_unlock(a < b ? &a->lock : &b->lock);
}

static void swap_parents(struct dentry *a, struct dentry *b)
{
    struct dentry *parent = a->parent;

    a->parent = b->parent;
    b->parent = parent;
}

void dentry_move(struct dentry *old, struct dentry *goal)
    NO_LOCK_CHECK("of the buckets, see lock_two()")
{
    struct bucket *from, *to;
    uint32_t hash;
    bool is_pinned = false;

    spin_lock(&rename_lock);
    hash = name_hash(goal->parent, goal->name, goal->name_len);
    from = bucket_of(old->hash);
    to = bucket_of(hash);
    lock_two(from, to);
    if ((goal->flags & DENTRY_HASHED) != 0)
        is_pinned = unhash(goal);
    dcache_remove(old);
    swap_names(old, goal);
    swap_parents(old, goal); /* and with them the references to the parents */
    dcache_insert(to, old, hash);
    unlock_two(from, to);
    spin_unlock(&rename_lock);
    if (is_pinned)
        dentry_put(goal);
}

void dentry_exchange(struct dentry *a, struct dentry *b)
    NO_LOCK_CHECK("of the buckets, see lock_two()")
{
    struct bucket *of_a, *of_b;
    uint32_t hash;

    spin_lock(&rename_lock);
    of_a = bucket_of(a->hash);
    of_b = bucket_of(b->hash);
    lock_two(of_a, of_b);
    dcache_remove(a);
    dcache_remove(b);
    swap_names(a, b);
    swap_parents(a, b);
    hash = a->hash;
    dcache_insert(of_b, a, b->hash);
    dcache_insert(of_a, b, hash);
    unlock_two(of_a, of_b);
    spin_unlock(&rename_lock);
}

/* ---- the end of a tree ---- */

void dentry_kill_tree(struct dentry *root)
{
    struct dentry *at = root;

    dcache_stop_evictions(root->inode->sb);
    for (;;) {
        while (!dentry_is_empty_dir(at))
            at = UNLOCKED(list_first_entry(&at->children, struct dentry, sibling), "it is ours");
        if (at == root)
            break;
        struct bucket *bucket = dentry_bucket_lock(at);

        LOCK_TAKEN(&bucket->lock, "by dentry_bucket_lock()");
        dcache_remove(at);
        spin_unlock(&bucket->lock);
        if (at->nr_refs > ((at->flags & DENTRY_PINNED) != 0 ? 1u : 0u))
            log_err("vfs: %s is still in use at the end of its file system", at->name);
        at = dentry_destroy(at);
        __atomic_fetch_sub(&at->nr_refs, 1, __ATOMIC_ACQ_REL);
    }
    (void)dentry_destroy(root);
}
