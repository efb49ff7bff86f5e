/*
 * The inode cache: inodes by (superblock, number), and the list of unused ones, kept until there
 * are too many or memory is short. See <vfs/inode.h>.
 *
 * An inode in the table without references is either unused, if it is in that list, or being
 * evicted: whoever took it off the list, or dropped the last reference to an unlinked file,
 * destroys it and removes it from the table at the end. Until then a lookup does not return it, nor
 * does it make another, which would read from the disk what is not written back yet.
 *
 * Locks: a chain's lock, then idle_lock. The count changes to and from 0 only under the chain's
 * lock.
 */
#include <base/errno.h>
#include <sync/waitqueue.h>
#include <vfs/inode.h>

#include "internal.h"

#define NR_CHAINS  64u
#define UNUSED_MAX 128u

struct chain {
    struct spinlock lock;
    struct list inodes GUARDED_BY(&lock); /* [lock] by cache_node */
};
static struct chain chains[NR_CHAINS];

static struct spinlock idle_lock = SPINLOCK_INIT("unused inodes");
static struct list unused GUARDED_BY(&idle_lock) = LIST_INIT(unused); /* oldest first */
static size_t nr_unused GUARDED_BY(&idle_lock);
static unsigned nr_evicting GUARDED_BY(&idle_lock); /* off the list, not destroyed yet */
static struct wait_queue evicted;

void inode_cache_init(void)
{
    for (unsigned i = 0; i < NR_CHAINS; i++) {
        spin_init(&chains[i].lock, "inode chain");
        list_init(&chains[i].inodes);
    }
    wait_queue_init(&evicted);
}

static struct chain *chain_of(const struct superblock *sb, uint64_t number)
{
    uint64_t hash = (number ^ number >> 32 ^ (uintptr_t)sb / 64) * 0x9e3779b97f4a7c15ull;

    return &chains[hash >> 58];
}

static struct inode *chain_find(const struct chain *chain, const struct superblock *sb,
                                uint64_t number) REQUIRES(&chain->lock)
{
    struct inode *inode;

    list_for_each_entry(inode, &chain->inodes, cache_node)
        if (inode->sb == sb && inode->number == number)
            return inode;
    return NULL;
}

void inode_enter(struct inode *inode, uint64_t number)
{
    struct chain *chain = chain_of(inode->sb, number);

    spin_lock(&chain->lock);
    inode->number = number;
    list_add(&chain->inodes, &inode->cache_node);
    WRITE_ONCE(inode->is_numbered, true);
    spin_unlock(&chain->lock);
}

void inode_leave(struct inode *inode)
{
    struct chain *chain = chain_of(inode->sb, inode->number);

    spin_lock(&chain->lock);
    list_del_init(&inode->cache_node);
    WRITE_ONCE(inode->is_numbered, false);
    spin_unlock(&chain->lock);
}

/* Take an unused inode off the list; false: it is being evicted. */
static bool unused_take(struct inode *inode)
{
    bool is_there;

    spin_lock(&idle_lock);
    is_there = list_is_linked(&inode->unused_node);
    if (is_there) {
        list_del_init(&inode->unused_node);
        nr_unused--;
    }
    spin_unlock(&idle_lock);
    return is_there;
}

int inode_find(struct superblock *sb, uint64_t number, struct inode **out)
{
    struct chain *chain = chain_of(sb, number);
    int ret = -ENOENT;

    spin_lock(&chain->lock);
    struct inode *inode = chain_find(chain, sb, number);

    if (inode) {
        bool is_leaving =
            __atomic_load_n(&inode->nr_refs, __ATOMIC_RELAXED) == 0 && !unused_take(inode);

        ret = is_leaving ? -EAGAIN : 0;
        if (!is_leaving)
            inode_get(inode);
        *out = inode;
    }
    spin_unlock(&chain->lock);
    return ret;
}

uint64_t inode_find_ino(struct superblock *sb, uint64_t number)
{
    struct chain *chain = chain_of(sb, number);

    spin_lock(&chain->lock);
    const struct inode *inode = chain_find(chain, sb, number);
    uint64_t ino = inode ? inode->ino : 0;

    spin_unlock(&chain->lock);
    return ino;
}

/* Take the oldest unused inode (of sb, unless NULL) for eviction; NULL: none. */
static struct inode *take_oldest(const struct superblock *sb)
{
    struct inode *inode, *oldest = NULL;

    spin_lock(&idle_lock);
    list_for_each_entry(inode, &unused, unused_node) {
        if (!sb || inode->sb == sb) {
            oldest = inode;
            break;
        }
    }
    if (oldest) {
        list_del_init(&oldest->unused_node);
        nr_unused--;
        nr_evicting++;
    }
    spin_unlock(&idle_lock);
    return oldest;
}

static bool evict(const struct superblock *sb)
{
    struct inode *inode = take_oldest(sb);

    if (!inode)
        return false;
    inode_destroy(inode);
    spin_lock(&idle_lock);
    nr_evicting--;
    spin_unlock(&idle_lock);
    wait_wake_all(&evicted);
    return true;
}

bool inode_keep(struct inode *inode)
{
    struct chain *chain = chain_of(inode->sb, inode->number);
    bool is_kept = true, is_long = false;

    spin_lock(&chain->lock);
    if (__atomic_sub_fetch(&inode->nr_refs, 1, __ATOMIC_ACQ_REL) == 0) {
        is_kept = READ_ONCE(inode->nlink) != 0;
        spin_lock(&idle_lock);
        if (is_kept) {
            list_add_tail(&unused, &inode->unused_node);
            is_long = ++nr_unused > UNUSED_MAX;
        }
        spin_unlock(&idle_lock);
    }
    spin_unlock(&chain->lock);
    if (is_long)
        (void)evict(NULL);
    return is_kept;
}

size_t inode_shrink(size_t nr)
{
    size_t nr_freed = 0;

    while (nr_freed < nr && evict(NULL))
        nr_freed++;
    return nr_freed;
}

static bool is_evicting(void)
{
    return UNLOCKED(READ_ONCE(nr_evicting), "who lowers it wakes who waits") != 0;
}

void inode_evict_all(const struct superblock *sb)
{
    do {
        /* Another thread's eviction may leave a directory unused. */
        wait_event(&evicted, !is_evicting());
    } while (evict(sb));
}
