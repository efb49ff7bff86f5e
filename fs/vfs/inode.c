/*
 * The life cycle of inodes, and their attributes in memory.
 */
#include <vfs/inode.h>

#include <base/errno.h>
#include <heap/heap.h>
#include <log/log.h>
#include <slab/slab.h>
#include <string/string.h>
#include <time/time.h>

#include "internal.h"

/* Inodes up to this size come from one slab cache, larger ones from the heap. */
#define INODE_SLAB_SIZE (sizeof(struct inode) + 64)

static struct slab_cache *inode_cache;

int inode_module_init(void)
{
    inode_cache_init();
    inode_cache = slab_cache_create("inode", INODE_SLAB_SIZE, 0, NULL);
    return inode_cache ? 0 : -ENOMEM;
}

int64_t inode_now_ns(void)
{
    return (int64_t)time_realtime_ns();
}

struct inode *inode_alloc(struct superblock *sb, uint32_t mode)
{
    size_t size = sb->ops->inode_size;
    struct inode *inode = size <= INODE_SLAB_SIZE ? slab_zalloc(inode_cache) : heap_zalloc(size);

    if (!inode)
        return NULL;
    inode->sb = sb;
    inode->nr_refs = 1;
    inode->mode = mode;
    inode->nlink = 1;
    inode->atime_ns = inode->mtime_ns = inode->ctime_ns = inode->btime_ns = inode_now_ns();
    mutex_init(&inode->lock);
    list_init(&inode->unused_node);
    return inode;
}

static void inode_free(struct inode *inode)
{
    size_t size = inode->sb->ops->inode_size;

    if (size <= INODE_SLAB_SIZE)
        slab_free(inode_cache, inode);
    else
        heap_free(inode);
}

void inode_put(struct inode *inode)
{
    uint32_t n = __atomic_load_n(&inode->nr_refs, __ATOMIC_RELAXED);

    while (n > 1)
        if (__atomic_compare_exchange_n(&inode->nr_refs, &n, n - 1, true, __ATOMIC_RELEASE,
                                        __ATOMIC_RELAXED))
            return;
    /* Only the holder of this reference could number it; but a numbered inode may be found by a
     * lookup. */
    if (READ_ONCE(inode->is_numbered)) {
        if (inode_keep(inode))
            return;
    } else if (__atomic_sub_fetch(&inode->nr_refs, 1, __ATOMIC_ACQ_REL) != 0) {
        return;
    }
    inode_destroy(inode);
}

void inode_destroy(struct inode *inode)
{
    if (inode->cache.ops) {
        if (READ_ONCE(inode->nlink) != 0 &&
            UNLOCKED(inode->cache.nr_dirty, "nobody has the file") != 0) {
            int ret = pagecache_writeback(&inode->cache, 0, UINT64_MAX);

            if (ret != 0)
                log_err("vfs: inode %lu: write-back failed (%d), data lost", inode->ino, ret);
        }
        pagecache_destroy(&inode->cache);
    }
    if (inode->sb->ops->evict)
        inode->sb->ops->evict(inode);
    if (inode->is_numbered)
        inode_leave(inode);
    if (inode->locks)
        file_locks_free(inode->locks);
    inode_free(inode);
}

void inode_init_owner(struct inode *inode, const struct inode *dir, const struct cred *cred)
{
    inode->uid = cred->fsuid;
    inode->gid = cred->fsgid;
    if ((inode_mode(dir) & S_ISGID) != 0) {
        inode->gid = READ_ONCE(dir->gid);
        if (S_ISDIR(inode_mode(inode)))
            inode->mode |= S_ISGID;
    }
}

void inode_touch_mtime(struct inode *inode)
{
    const int64_t now = inode_now_ns();

    WRITE_ONCE(inode->mtime_ns, now);
    WRITE_ONCE(inode->ctime_ns, now);
}

/* nr_writers > 0 counts writers, < 0 executions; step is +1 or -1 accordingly. */
static int side_enter(struct inode *inode, int step)
{
    int32_t n = __atomic_load_n(&inode->nr_writers, __ATOMIC_RELAXED);

    do {
        if (n * step < 0)
            return -ETXTBSY;
    } while (!__atomic_compare_exchange_n(&inode->nr_writers, &n, n + step, true, __ATOMIC_ACQUIRE,
                                          __ATOMIC_RELAXED));
    return 0;
}

int inode_allow_write(struct inode *inode)
{
    return side_enter(inode, 1);
}

void inode_end_write(struct inode *inode)
{
    __atomic_fetch_sub(&inode->nr_writers, 1, __ATOMIC_RELEASE);
}

int inode_deny_write(struct inode *inode)
{
    return side_enter(inode, -1);
}

void inode_end_deny_write(struct inode *inode)
{
    __atomic_fetch_add(&inode->nr_writers, 1, __ATOMIC_RELEASE);
}
