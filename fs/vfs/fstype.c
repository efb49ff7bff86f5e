/*
 * The registry of file-system types, and the life cycle of superblocks.
 */
#include <base/errno.h>
#include <heap/heap.h>
#include <lock/spinlock.h>
#include <log/log.h>
#include <string/string.h>
#include <vfs/vfs.h>

#include "internal.h"

#define NR_TYPES_MAX 32

static struct spinlock types_lock = SPINLOCK_INIT("fs-types");
static const struct fs_type *types[NR_TYPES_MAX] GUARDED_BY(&types_lock);
static unsigned nr_types GUARDED_BY(&types_lock);

int fs_type_register(const struct fs_type *type)
{
    int ret = 0;

    if (fs_type_find(type->name))
        return -EBUSY;
    spin_lock(&types_lock);
    if (nr_types < NR_TYPES_MAX) {
        types[nr_types] = type;
        __atomic_store_n(&nr_types, nr_types + 1, __ATOMIC_RELEASE); /* fs_type_at() reads it */
    } else {
        ret = -ENOSPC;
    }
    spin_unlock(&types_lock);
    if (ret == 0)
        log_note("file system: %s%s", (uintptr_t)type->name,
                 (uintptr_t)(type->flags & FS_NEEDS_DEVICE ? ", of a disk" : ""));
    return ret;
}

const struct fs_type *fs_type_find(const char *name)
{
    for (unsigned i = 0; i < NR_TYPES_MAX && fs_type_at(i); i++)
        if (str_equal(fs_type_at(i)->name, name))
            return fs_type_at(i);
    return NULL;
}

const struct fs_type *fs_type_at(unsigned i)
{
    ASSUME_LOCKED(&types_lock, "no need: a type is complete before it is counted, and stays");
    return i < __atomic_load_n(&nr_types, __ATOMIC_ACQUIRE) ? types[i] : NULL;
}

/* ---- superblocks ---- */

static struct mutex superblocks_lock;
static struct list superblocks GUARDED_BY(&superblocks_lock) = LIST_INIT(superblocks);
/* Minors of major 0, as Linux numbers anonymous devices. */
static uint32_t next_anonymous_dev GUARDED_BY(&superblocks_lock);

void superblocks_init(void)
{
    mutex_init(&superblocks_lock);
}

struct superblock *superblock_alloc(const struct fs_type *type, const struct superblock_ops *ops)
{
    struct superblock *sb = heap_zalloc(sizeof(*sb));

    if (!sb)
        return NULL;
    assert(ops->inode_size >= sizeof(struct inode));
    sb->type = type;
    sb->ops = ops;
    sb->nr_refs = 1;
    sb->block_size = PAGE_SIZE;
    strlcpy(sb->source, "none", sizeof(sb->source));
    mutex_lock(&superblocks_lock);
    sb->dev = DEVNO(0, ++next_anonymous_dev);
    list_add_tail(&superblocks, &sb->node);
    mutex_unlock(&superblocks_lock);
    return sb;
}

void superblock_get(struct superblock *sb)
{
    __atomic_fetch_add(&sb->nr_refs, 1, __ATOMIC_RELAXED);
}

void superblock_put(struct superblock *sb)
{
    if (__atomic_sub_fetch(&sb->nr_refs, 1, __ATOMIC_ACQ_REL) != 0)
        return;
    mutex_lock(&superblocks_lock);
    list_del(&sb->node);
    mutex_unlock(&superblocks_lock);
    if (sb->root) {
        dentry_kill_tree(sb->root);
        inode_evict_all(sb);
        if (sb->ops->sync && (sb->flags & SB_READ_ONLY) == 0)
            (void)sb->ops->sync(sb);
    }
    if (sb->ops->destroy)
        sb->ops->destroy(sb);
    heap_free(sb);
}

int superblock_set_root(struct superblock *sb, struct inode *root)
{
    struct dentry *dentry = dentry_create(NULL, "/", 1);

    if (!dentry) {
        inode_put(root);
        return -ENOMEM;
    }
    dentry->inode = root;
    if (sb->ops->names_equal)
        dentry->flags |= DENTRY_FOLDS;
    sb->root = dentry;
    return 0;
}

/* Call fn for every superblock, with a reference held. */
int superblock_for_each(int (*fn)(struct superblock *sb))
{
    struct superblock *sb;
    struct superblock *before = NULL;
    int result = 0;

    mutex_lock(&superblocks_lock);
    list_for_each_entry(sb, &superblocks, node) {
        uint32_t nr_refs = __atomic_load_n(&sb->nr_refs, __ATOMIC_RELAXED);

        /* Skip a superblock whose last reference is being dropped: it waits for
         * superblocks_lock. */
        do {
            if (nr_refs == 0)
                break;
        } while (!__atomic_compare_exchange_n(&sb->nr_refs, &nr_refs, nr_refs + 1, false,
                                              __ATOMIC_ACQUIRE, __ATOMIC_RELAXED));
        if (nr_refs == 0)
            continue;
        mutex_unlock(&superblocks_lock);
        if (before)
            superblock_put(before);
        before = sb;
        int ret = fn(sb);

        if (result == 0)
            result = ret;
        mutex_lock(&superblocks_lock);
    }
    mutex_unlock(&superblocks_lock);
    if (before)
        superblock_put(before);
    return result;
}

static int sync_one(struct superblock *sb)
{
    return sb->ops->sync && (sb->flags & SB_READ_ONLY) == 0 ? sb->ops->sync(sb) : 0;
}

int vfs_sync_superblock(struct superblock *sb)
{
    int ret = pagecache_sync();
    int ret_fs = sync_one(sb);

    return ret != 0 ? ret : ret_fs;
}

int vfs_sync(void)
{
    int ret = pagecache_sync();
    int ret_fs = superblock_for_each(sync_one);

    return ret != 0 ? ret : ret_fs;
}
