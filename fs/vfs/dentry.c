/*
 * The dentry cache. See <vfs/dentry.h> for the life of a dentry.
 *
 * nr_refs reaches 0 only under dcache_lock, and is raised from 0 only there: so whoever holds the
 * lock and found a dentry in the hash table may use it, and whoever drops to 0 decides alone what
 * becomes of it.
 */
#include <vfs/dentry.h>

#include <base/errno.h>
#include <heap/heap.h>
#include <log/log.h>
#include <slab/slab.h>
#include <string/string.h>

#include "internal.h"

#define NR_BUCKETS 1024u /* a power of two */
/* Unreferenced names that are kept; beyond this the oldest go. */
#define NR_UNUSED_MAX 4096u
/* Directory offsets 0 and 1 are "." and "..". */
#define FIRST_COOKIE 2

struct spinlock dcache_lock = SPINLOCK_INIT("dcache");
static struct slab_cache *dentry_cache;
static struct dentry *buckets[NR_BUCKETS] GUARDED_BY(&dcache_lock);
/* By dentry->lru, oldest first. */
static struct list unused GUARDED_BY(&dcache_lock) = LIST_INIT(unused);
static size_t nr_unused GUARDED_BY(&dcache_lock);

int dentry_module_init(void)
{
    dentry_cache = slab_cache_create("dentry", sizeof(struct dentry), 0, NULL);
    return dentry_cache == NULL ? -ENOMEM : 0;
}

uint32_t name_hash(const struct dentry *parent, const char *name, size_t name_len)
{
    uint64_t hash = (uintptr_t)parent >> 5;

    if (unlikely((parent->flags & DENTRY_FOLDS) != 0))
        return (uint32_t)hash ^ parent->inode->sb->ops->hash_name(name, name_len);
    for (size_t i = 0; i < name_len; i++)
        hash = (hash + (uint8_t)name[i]) * 0x9e3779b97f4a7c15ull;
    return (uint32_t)(hash >> 32);
}

static struct dentry **bucket_of(uint32_t hash) REQUIRES(&dcache_lock)
{
    return &buckets[hash & (NR_BUCKETS - 1)];
}

static bool has_name(const struct dentry *dentry, const char *name, size_t name_len)
{
    if (dentry->name_len == name_len && memcmp(dentry->name, name, name_len) == 0)
        return true;
    return (dentry->flags & DENTRY_FOLDS) != 0 &&
           dentry->inode->sb->ops->names_equal(dentry->name, dentry->name_len, name, name_len);
}

struct dentry *dcache_find(const struct dentry *parent, uint32_t hash, const char *name,
                           size_t name_len)
{
    for (struct dentry *dentry = *bucket_of(hash); dentry != NULL; dentry = dentry->hash_next) {
        if (dentry->hash == hash && dentry->parent == parent && has_name(dentry, name, name_len))
            return dentry;
    }
    return NULL;
}

struct dentry *dentry_create(struct dentry *parent, const char *name, size_t name_len)
{
    struct dentry *dentry = slab_alloc(dentry_cache);
    char *text;

    if (dentry == NULL)
        return NULL;
    text = dentry->inline_name;
    if (name_len >= DENTRY_INLINE_NAME) {
        text = heap_alloc(name_len + 1);
        if (text == NULL) {
            slab_free(dentry_cache, dentry);
            return NULL;
        }
    }
    memcpy(text, name, name_len);
    text[name_len] = '\0';
    ASSUME_UNSHARED(&dcache_lock, "it is in no list yet");
    dentry->name = text;
    dentry->name_len = (uint16_t)name_len;
    dentry->hash = 0;
    dentry->hash_next = NULL;
    dentry->hash_pprev = NULL;
    dentry->inode = NULL;
    dentry->flags = parent == NULL ? 0 : parent->flags & DENTRY_FOLDS;
    dentry->nr_refs = 1;
    dentry->cookie = 0;
    dentry->next_cookie = FIRST_COOKIE;
    dentry->private = NULL;
    list_init(&dentry->children);
    list_init(&dentry->sibling);
    list_init(&dentry->lru);
    dentry->parent = parent == NULL ? dentry : parent;
    if (parent != NULL)
        dentry_get(parent);
    return dentry;
}

int dentry_set_name(struct dentry *dentry, const char *name, size_t name_len)
{
    char *text = dentry->inline_name;

    if (name_len >= DENTRY_INLINE_NAME) {
        text = heap_alloc(name_len + 1);
        if (text == NULL)
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

void dentry_get_locked(struct dentry *dentry)
{
    if (__atomic_fetch_add(&dentry->nr_refs, 1, __ATOMIC_RELAXED) == 0) {
        list_del_init(&dentry->lru);
        nr_unused--;
    }
}

static void hash_insert(struct dentry *dentry) REQUIRES(&dcache_lock)
{
    struct dentry *parent = dentry->parent;
    struct dentry **bucket;

    dentry->hash = name_hash(parent, dentry->name, dentry->name_len);
    bucket = bucket_of(dentry->hash);
    dentry->hash_next = *bucket;
    if (*bucket != NULL)
        (*bucket)->hash_pprev = &dentry->hash_next;
    dentry->hash_pprev = bucket;
    *bucket = dentry;
    dentry->flags |= DENTRY_HASHED;
    dentry->cookie = parent->next_cookie++;
    list_add_tail(&parent->children, &dentry->sibling);
}

static void hash_remove(struct dentry *dentry) REQUIRES(&dcache_lock)
{
    *dentry->hash_pprev = dentry->hash_next;
    if (dentry->hash_next != NULL)
        dentry->hash_next->hash_pprev = dentry->hash_pprev;
    dentry->flags &= (uint16_t)~DENTRY_HASHED;
    list_del_init(&dentry->sibling);
}

/*
 * A dentry nobody can find or holds: frees it. Not under the lock; may sleep. Its reference of the
 * parent becomes the caller's (NULL: it was a root), who puts it in a loop and not by recursion: a
 * chain of removed directories can be as long as a program likes.
 */
static struct dentry *dentry_destroy(struct dentry *dentry)
{
    struct dentry *parent = UNLOCKED(dentry->parent, "nobody finds the dentry any more");

    if (dentry->inode != NULL)
        inode_put(dentry->inode);
    if (parent == dentry)
        parent = NULL;
    dentry_free(dentry);
    return parent;
}

/* Takes the oldest unused name out; NULL: none. */
static struct dentry *take_oldest(void) REQUIRES(&dcache_lock)
{
    struct list *node = list_pop(&unused);

    if (node == NULL)
        return NULL;
    struct dentry *dentry = list_entry(node, struct dentry, lru);

    nr_unused--;
    hash_remove(dentry);
    return dentry;
}

/* Drops what may be the last reference; the next dentry to put, or NULL. */
static struct dentry *dentry_put_last(struct dentry *dentry)
{
    struct dentry *doomed = NULL;

    spin_lock(&dcache_lock);
    if (__atomic_sub_fetch(&dentry->nr_refs, 1, __ATOMIC_ACQ_REL) == 0) {
        if ((dentry->flags & DENTRY_HASHED) != 0) {
            list_add_tail(&unused, &dentry->lru);
            if (++nr_unused > NR_UNUSED_MAX)
                doomed = take_oldest();
        } else {
            doomed = dentry;
        }
    }
    spin_unlock(&dcache_lock);
    return doomed == NULL ? NULL : dentry_destroy(doomed);
}

void dentry_put(struct dentry *dentry)
{
    while (dentry != NULL) {
        uint32_t n = __atomic_load_n(&dentry->nr_refs, __ATOMIC_RELAXED);

        while (n > 1) {
            if (__atomic_compare_exchange_n(&dentry->nr_refs, &n, n - 1, true, __ATOMIC_RELEASE,
                                            __ATOMIC_RELAXED))
                return;
        }
        dentry = dentry_put_last(dentry);
    }
}

size_t dentry_shrink(size_t nr)
{
    size_t nr_freed = 0;

    while (nr_freed < nr) {
        spin_lock(&dcache_lock);
        struct dentry *dentry = take_oldest();

        spin_unlock(&dcache_lock);
        if (dentry == NULL)
            break;
        dentry_put(dentry_destroy(dentry));
        nr_freed++;
    }
    return nr_freed;
}

void dentry_attach(struct dentry *dentry, struct inode *inode)
{
    dentry->inode = inode;
}

void dentry_hash(struct dentry *dentry)
{
    if ((dentry->flags & DENTRY_VOLATILE) != 0)
        return;
    spin_lock(&dcache_lock);
    if ((dentry->inode->sb->flags & SB_NAMES_IN_CACHE) != 0) {
        dentry->flags |= DENTRY_PINNED;
        dentry_get(dentry);
    }
    hash_insert(dentry);
    spin_unlock(&dcache_lock);
}

void dentry_drop(struct dentry *dentry)
{
    bool is_pinned = false;

    spin_lock(&dcache_lock);
    if ((dentry->flags & DENTRY_HASHED) != 0) {
        hash_remove(dentry);
        is_pinned = (dentry->flags & DENTRY_PINNED) != 0;
        dentry->flags &= (uint16_t)~DENTRY_PINNED;
    }
    spin_unlock(&dcache_lock);
    if (is_pinned)
        dentry_put(dentry);
}

bool dentry_is_empty_dir(struct dentry *dentry)
{
    return UNLOCKED(list_is_empty(&dentry->children), "the directory's lock keeps names out");
}

bool dentry_is_below(const struct dentry *below, const struct dentry *above)
{
    spin_lock(&dcache_lock);
    while (below != above && below->parent != below)
        below = below->parent;
    spin_unlock(&dcache_lock);
    return below == above;
}

/* ---- lookups with the directory's lock held ---- */

struct dentry *dentry_find_child(struct dentry *parent, const char *name, size_t name_len)
{
    spin_lock(&dcache_lock);
    struct dentry *dentry = dcache_find(parent, name_hash(parent, name, name_len), name, name_len);

    if (dentry != NULL)
        dentry_get_locked(dentry);
    spin_unlock(&dcache_lock);
    return dentry;
}

int dentry_lookup_locked(struct dentry *dir, const char *name, size_t name_len, struct dentry **out)
{
    struct dentry *dentry = dentry_find_child(dir, name, name_len);
    int ret = -ENOENT;

    if (dentry != NULL) {
        *out = dentry;
        return 0;
    }
    if ((dir->inode->sb->flags & SB_NAMES_IN_CACHE) != 0)
        return -ENOENT;
    dentry = dentry_create(dir, name, name_len);
    if (dentry == NULL)
        return -ENOMEM;
    if (dir->inode->ops->lookup != NULL)
        ret = dir->inode->ops->lookup(dir->inode, dentry);
    if (ret != 0) {
        dentry_put(dentry);
        return ret;
    }
    /* The file system's own spelling may be in the cache although the one asked for was not. */
    if ((dentry->flags & DENTRY_FOLDS) != 0) {
        struct dentry *before = dentry_find_child(dir, dentry->name, dentry->name_len);

        if (before != NULL) {
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

    if (before != NULL) {
        dentry_put(before);
        ret = -EEXIST;
    } else {
        dentry = dentry_create(parent, name, name_len);
    }
    if (dentry != NULL) {
        dentry_attach(dentry, inode);
        dentry_hash(dentry);
        if (S_ISDIR(inode->mode))
            parent->inode->nlink++;
        ret = 0;
    }
    mutex_unlock(&parent->inode->lock);
    if (ret != 0) {
        inode_put(inode);
        return ret;
    }
    if (out != NULL)
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

void dentry_move(struct dentry *old, struct dentry *goal)
{
    bool was_name;

    spin_lock(&dcache_lock);
    was_name = (goal->flags & DENTRY_HASHED) != 0;
    if (was_name)
        hash_remove(goal);
    hash_remove(old);
    swap_names(old, goal);
    /* The parents change places too, and with them the references that each holds. */
    struct dentry *parent = old->parent;

    old->parent = goal->parent;
    goal->parent = parent;
    hash_insert(old);
    bool is_pinned = was_name && (goal->flags & DENTRY_PINNED) != 0;

    goal->flags &= (uint16_t)~DENTRY_PINNED;
    spin_unlock(&dcache_lock);
    if (is_pinned)
        dentry_put(goal);
}

void dentry_exchange(struct dentry *a, struct dentry *b)
{
    spin_lock(&dcache_lock);
    hash_remove(a);
    hash_remove(b);
    swap_names(a, b);
    struct dentry *parent = a->parent;

    a->parent = b->parent;
    b->parent = parent;
    hash_insert(a);
    hash_insert(b);
    spin_unlock(&dcache_lock);
}

/* ---- the end of a tree ---- */

void dentry_kill_tree(struct dentry *root)
{
    struct dentry *at = root;

    for (;;) {
        spin_lock(&dcache_lock);
        while (!list_is_empty(&at->children))
            at = list_first_entry(&at->children, struct dentry, sibling);
        if (at == root) {
            spin_unlock(&dcache_lock);
            break;
        }
        hash_remove(at);
        if (list_is_linked(&at->lru)) {
            list_del_init(&at->lru);
            nr_unused--;
        }
        if (at->nr_refs > ((at->flags & DENTRY_PINNED) != 0 ? 1u : 0u))
            log_err("vfs: %s is still in use at the end of its file system", at->name);
        spin_unlock(&dcache_lock);
        at = dentry_destroy(at);
        __atomic_fetch_sub(&at->nr_refs, 1, __ATOMIC_ACQ_REL);
    }
    (void)dentry_destroy(root);
}
