/*
 * The dentry cache: the hash table of names, and the list of unused ones.
 *
 * nr_refs of a hashed dentry changes to and from 0 only under its bucket's lock: the holder of that
 * lock may use a dentry that it finds, and the one that drops the last reference alone decides what
 * happens to it. A dentry that becomes unused goes to the end of the list of unused ones, and stays
 * there when it is used again: so intermittent use touches nothing but the bucket.
 *
 * Order: rename_lock, buckets (lower address first), mount_lock, unused_lock, children_lock.
 * Eviction goes from the list to the bucket, against the order, and so only tries the lock.
 */
#include <lock/spinlock.h>
#include <string/string.h>
#include <sync/waitqueue.h>
#include <vfs/dentry.h>

#include "internal.h"

/* Most dentries in the list of unused ones; beyond this the oldest are evicted. */
#define NR_UNUSED_MAX 4096u

struct bucket name_buckets[NR_NAME_BUCKETS];
LOCK_STATIC struct spinlock unused_lock = SPINLOCK_INIT("unused names");
/* Oldest first. */
static struct list unused GUARDED_BY(&unused_lock) = {&unused, &unused};
static size_t nr_unused GUARDED_BY(&unused_lock);
static unsigned nr_evicting GUARDED_BY(&unused_lock); /* unlisted and not freed yet */
static struct wait_queue evicted = WAIT_QUEUE_INIT(evicted);

void dcache_init(void)
{
    if (LOCK_HAS_NAMES)
        for (size_t i = 0; i < NR_NAME_BUCKETS; i++)
            spin_init(&name_buckets[i].lock, "dcache bucket");
}

/* ---- the table ---- */

uint32_t name_hash(const struct dentry *parent, const char *name, size_t name_len)
{
    uint64_t hash = (uintptr_t)parent >> 5;

    if (unlikely((parent->flags & DENTRY_FOLDS) != 0))
        return (uint32_t)hash ^ parent->inode->sb->ops->hash_name(name, name_len);
    for (size_t i = 0; i < name_len; i++)
        hash = (hash + (uint8_t)name[i]) * 0x9e3779b97f4a7c15ull;
    return (uint32_t)(hash >> 32);
}

static bool has_name(const struct dentry *dentry, const char *name, size_t name_len)
{
    if (dentry->name_len == name_len && memcmp(dentry->name, name, name_len) == 0)
        return true;
    return (dentry->flags & DENTRY_FOLDS) != 0 &&
           dentry->inode->sb->ops->names_equal(dentry->name, dentry->name_len, name, name_len);
}

struct dentry *bucket_find(const struct bucket *bucket, const struct dentry *parent, uint32_t hash,
                           const char *name, size_t name_len)
{
    for (struct dentry *dentry = bucket->first; dentry; dentry = dentry->hash_next)
        if (dentry->hash == hash && dentry->parent == parent && has_name(dentry, name, name_len))
            return dentry;
    return NULL;
}

/*
 * Only the creator hashes a dentry, and an unhashed one is never hashed again: so without the flag
 * no lock is needed, now or later.
 */
struct bucket *dentry_bucket_lock(struct dentry *dentry)
    NO_LOCK_CHECK("which it takes is known at the end")
{
    while ((READ_ONCE(dentry->flags) & DENTRY_HASHED) != 0) {
        uint32_t hash = READ_ONCE(dentry->hash);
        struct bucket *bucket = bucket_of(hash);

        spin_lock(&bucket->lock);
        if (dentry->hash == hash && (dentry->flags & DENTRY_HASHED) != 0)
            return bucket;
        spin_unlock(&bucket->lock); /* renamed or removed meanwhile */
    }
    return NULL;
}

void dcache_insert(struct bucket *bucket, struct dentry *dentry, uint32_t hash)
    REQUIRES(&bucket->lock)
{
    struct dentry *parent = dentry->parent;

    WRITE_ONCE(dentry->hash, hash);
    dentry->hash_next = bucket->first;
    if (bucket->first)
        bucket->first->hash_pprev = &dentry->hash_next;
    dentry->hash_pprev = &bucket->first;
    bucket->first = dentry;
    WRITE_ONCE(dentry->flags, dentry->flags | DENTRY_HASHED);
    spin_lock(&parent->children_lock);
    dentry->cookie = parent->next_cookie++;
    list_add_tail(&parent->children, &dentry->sibling);
    spin_unlock(&parent->children_lock);
}

/* The bucket's lock is held. */
void dcache_remove(struct dentry *dentry)
{
    struct dentry *parent = dentry->parent;

    *dentry->hash_pprev = dentry->hash_next;
    if (dentry->hash_next)
        dentry->hash_next->hash_pprev = dentry->hash_pprev;
    WRITE_ONCE(dentry->flags, dentry->flags & (uint8_t)~DENTRY_HASHED);
    spin_lock(&parent->children_lock);
    list_del_init(&dentry->sibling);
    spin_unlock(&parent->children_lock);
}

/* ---- unused dentries ---- */

static void unused_unlink(struct dentry *dentry) REQUIRES(&unused_lock)
{
    list_del_init(&dentry->unused);
    nr_unused--;
    dentry->flags &= (uint8_t) ~(DENTRY_UNUSED | DENTRY_RECENT);
}

/* Put an unreferenced dentry on the list of unused ones. The bucket's lock is held. True: the list
 * is too long. */
static bool unused_add(struct dentry *dentry)
{
    bool is_long;

    if ((dentry->flags & DENTRY_UNUSED) != 0) {
        dentry->flags |= DENTRY_RECENT;
        return false;
    }
    spin_lock(&unused_lock);
    list_add_tail(&unused, &dentry->unused);
    is_long = ++nr_unused > NR_UNUSED_MAX;
    spin_unlock(&unused_lock);
    dentry->flags |= DENTRY_UNUSED;
    return is_long;
}

/* Unhash an unused dentry. The bucket's lock is held. */
void unused_forget(struct dentry *dentry)
{
    if ((dentry->flags & DENTRY_UNUSED) == 0)
        return;
    spin_lock(&unused_lock);
    unused_unlink(dentry);
    spin_unlock(&unused_lock);
}

/*
 * Examine the oldest dentry in the list. True: it was unhashed, has no users, and is counted in
 * nr_evicting. Otherwise it left the list because it is in use, or moved to the end because it was
 * used since or its bucket is locked.
 */
static bool evict_oldest(struct dentry *dentry) REQUIRES(&unused_lock)
{
    struct bucket *bucket = bucket_of(READ_ONCE(dentry->hash));
    bool is_out = false;

    list_move_tail(&unused, &dentry->unused);
    if (!spin_trylock(&bucket->lock))
        return false;
    if (bucket_of(dentry->hash) != bucket) {
        /* renamed meanwhile */
    } else if (__atomic_load_n(&dentry->nr_refs, __ATOMIC_RELAXED) != 0) {
        unused_unlink(dentry);
    } else if ((dentry->flags & DENTRY_RECENT) != 0) {
        dentry->flags &= (uint8_t)~DENTRY_RECENT;
    } else {
        unused_unlink(dentry);
        dcache_remove(dentry);
        nr_evicting++;
        is_out = true;
    }
    spin_unlock(&bucket->lock);
    return is_out;
}

/* Drop a reference that may be the last; returns the next dentry to put, or NULL. */
static struct dentry *put_last(struct dentry *dentry, bool *is_long)
{
    struct bucket *bucket = dentry_bucket_lock(dentry);
    bool is_last = __atomic_sub_fetch(&dentry->nr_refs, 1, __ATOMIC_ACQ_REL) == 0;

    if (!bucket)
        return is_last ? dentry_destroy(dentry) : NULL;
    LOCK_TAKEN(&bucket->lock, "by dentry_bucket_lock()");
    if (is_last)
        *is_long |= unused_add(dentry);
    spin_unlock(&bucket->lock);
    return NULL;
}

/* Drop a reference that is not the last; false: it may be the last. */
static inline bool put_fast(struct dentry *dentry)
{
    uint32_t n = __atomic_load_n(&dentry->nr_refs, __ATOMIC_RELAXED);

    while (n > 1)
        if (__atomic_compare_exchange_n(&dentry->nr_refs, &n, n - 1, true, __ATOMIC_RELEASE,
                                        __ATOMIC_RELAXED))
            return true;
    return false;
}

/* Drop the reference and those it held in turn. True: the list of unused dentries is too long. */
static NOINLINE bool put_chain(struct dentry *dentry)
{
    bool is_long = false;

    while (dentry && !put_fast(dentry))
        dentry = put_last(dentry, &is_long);
    return is_long;
}

/* Evict a dentry that was not used lately; false: there is none. May sleep. */
static bool evict(void)
{
    struct dentry *dentry = NULL;
    size_t nr_looks = 0;

    spin_lock(&unused_lock);
    while (!dentry && !list_is_empty(&unused) && nr_looks++ <= 2 * nr_unused) {
        struct dentry *oldest = list_first_entry(&unused, struct dentry, unused);

        if (evict_oldest(oldest)) {
            dentry = oldest;
        } else {
            spin_unlock(&unused_lock); /* others may move it to the end in between */
            spin_lock(&unused_lock);
        }
    }
    spin_unlock(&unused_lock);
    if (!dentry)
        return false;
    (void)put_chain(dentry_destroy(dentry));
    spin_lock(&unused_lock);
    nr_evicting--;
    spin_unlock(&unused_lock);
    wait_wake_all(&evicted);
    return true;
}

void dentry_put(struct dentry *dentry)
{
    if (dentry && !put_fast(dentry) && put_chain(dentry))
        (void)evict();
}

size_t dentry_shrink(size_t nr)
{
    size_t nr_freed = 0;

    while (nr_freed < nr && evict())
        nr_freed++;
    return nr_freed;
}

static bool is_evicting(void)
{
    return UNLOCKED(READ_ONCE(nr_evicting), "who lowers it wakes who waits") != 0;
}

/* Wait until no dentry of the unused file system is being evicted. */
void dcache_stop_evictions(const struct superblock *sb)
{
    struct dentry *dentry;
    struct dentry *next;

    spin_lock(&unused_lock);
    list_for_each_entry_safe(dentry, next, &unused, unused)
        if (dentry->inode->sb == sb)
            unused_unlink(dentry);
    spin_unlock(&unused_lock);
    wait_event(&evicted, !is_evicting());
}
