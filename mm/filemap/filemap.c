/*
 * File-backed VMAs. See <filemap/filemap.h>.
 *
 * Locks: map->lock guards the list of VMAs and is held while they are zapped, so that ops->put of a
 * VMA waits for a truncation in progress. Order: vspace lock -> map->lock -> table_lock.
 */
#include <filemap/filemap.h>

#include <base/errno.h>
#include <heap/heap.h>
#include <pagecache/pagecache.h>
#include <string/string.h>
#include <vfs/vfs.h>

struct filemap {
    uint32_t refcount; /* [a] VMAs, and the creator until it is mapped */
    struct spinlock lock;
    struct list vmas GUARDED_BY(&lock); /* [lock] of vma.object_node */
    struct file *file;                  /* [I] counted */
    struct pagecache *cache;            /* [I] */
    struct inode *inode;                /* [I] its size bounds the mapping; held by the file */
    struct pagecache_mapping mapping;
};

/* A map whose last reference is being dropped has no VMAs left: nothing to unmap. */
static bool owner_get(void *owner)
{
    struct filemap *map = owner;
    uint32_t count = __atomic_load_n(&map->refcount, __ATOMIC_RELAXED);

    while (count != 0)
        if (__atomic_compare_exchange_n(&map->refcount, &count, count + 1, false, __ATOMIC_ACQUIRE,
                                        __ATOMIC_RELAXED))
            return true;
    return false;
}

static void owner_put(void *owner)
{
    filemap_put(owner);
}

static void unmap(void *owner, struct pagecache *cache, uint64_t first, uint64_t nr, bool is_hole)
{
    struct filemap *map = owner;
    uint64_t nr_bytes = nr > UINT64_MAX >> PAGE_SHIFT ? UINT64_MAX : nr << PAGE_SHIFT;
    void (*zap)(struct vma * vma, uint64_t offset, uint64_t size) =
        is_hole ? vspace_zap_hole : vspace_zap;
    struct vma *vma;

    (void)cache;
    spin_lock(&map->lock);
    list_for_each_entry(vma, &map->vmas, object_node)
        zap(vma, first << PAGE_SHIFT, nr_bytes);
    spin_unlock(&map->lock);
}

static void write_protect(void *owner, struct pagecache *cache, uint64_t first, uint64_t nr)
{
    struct filemap *map = owner;
    uint64_t nr_bytes = nr > UINT64_MAX >> PAGE_SHIFT ? UINT64_MAX : nr << PAGE_SHIFT;
    struct vma *vma;

    (void)cache;
    spin_lock(&map->lock);
    list_for_each_entry(vma, &map->vmas, object_node)
        if (vma->flags & VMA_SHARED)
            vspace_zap_write(vma, first << PAGE_SHIFT, nr_bytes);
    spin_unlock(&map->lock);
}

static const struct pagecache_mapping_ops mapping_ops = {
    .owner_get = owner_get,
    .owner_put = owner_put,
    .unmap = unmap,
    .write_protect = write_protect,
};

struct filemap *filemap_create(struct file *file, const struct file_mapping *mapping)
{
    struct filemap *map = heap_zalloc(sizeof(*map));

    if (!map)
        return NULL;
    map->refcount = 1;
    spin_init(&map->lock, "file mapping");
    list_init(&map->vmas);
    map->file = file;
    file_get(file);
    map->cache = mapping->cache;
    map->inode = mapping->inode;
    map->mapping.ops = &mapping_ops;
    map->mapping.owner = map;
    pagecache_map_add(map->cache, &map->mapping);
    return map;
}

void filemap_put(struct filemap *map)
{
    if (__atomic_fetch_sub(&map->refcount, 1, __ATOMIC_ACQ_REL) != 1)
        return;
    pagecache_map_remove(map->cache, &map->mapping);
    file_put(map->file);
    heap_free(map);
}

static int file_page(struct vma *vma, uint64_t offset, uint32_t access, struct vma_page *out)
{
    struct filemap *map = vma->object;
    bool writes = (access & VMA_WRITE) && (vma->flags & VMA_SHARED);
    struct frame *frame;
    int err;

    if (offset >= ALIGN_UP(READ_ONCE(map->inode->size), PAGE_SIZE))
        return -ENXIO;
    err = pagecache_get(map->cache, offset >> PAGE_SHIFT, PAGECACHE_NO_WAIT, &frame);
    if (err)
        return err;
    if (writes && !pagecache_is_writable(map->cache, frame)) {
        frame_put(frame);
        return -EAGAIN;
    }
    *out = (struct vma_page){.pa = frame_to_pa(frame), .frame = frame, .is_writable = writes};
    return 0;
}

static int file_fetch(void *object, uint64_t offset, uint32_t access, struct frame **out)
{
    struct filemap *map = object;
    struct frame *frame;
    int err;

    if (offset >= ALIGN_UP(READ_ONCE(map->inode->size), PAGE_SIZE))
        return -ENXIO;
    err = pagecache_get(map->cache, offset >> PAGE_SHIFT, 0, &frame);
    if (err == 0 && (access & VMA_WRITE)) { /* never called for private memory */
        err = pagecache_make_writable(map->cache, frame);
        if (err)
            frame_put(frame);
    }
    *out = err ? NULL : frame;
    return err;
}

static void file_hold(void *object)
{
    struct filemap *map = object;

    __atomic_fetch_add(&map->refcount, 1, __ATOMIC_RELAXED);
}

static void file_release(void *object)
{
    filemap_put(object);
}

/* A page that write-back took meanwhile is clean, and must not be written before it is marked
 * dirty. */
static bool file_is_current(const struct vma *vma, uint64_t offset, uint32_t access,
                            const struct frame *frame)
{
    const struct filemap *map = vma->object;

    return offset < ALIGN_UP(__atomic_load_n(&map->inode->size, __ATOMIC_ACQUIRE), PAGE_SIZE) &&
           pagecache_holds(map->cache, offset >> PAGE_SHIFT, frame) &&
           (!(access & VMA_WRITE) || pagecache_is_dirty(map->cache, frame));
}

static void file_get_vma(struct vma *vma)
{
    struct filemap *map = vma->object;

    __atomic_fetch_add(&map->refcount, 1, __ATOMIC_RELAXED);
    spin_lock(&map->lock);
    /*
     * Append: a fork or a move may be about to copy page-table entries from an older VMA to this
     * one. A zap walks the list in order, so it removes them there first, or here afterwards.
     */
    list_add_tail(&map->vmas, &vma->object_node);
    spin_unlock(&map->lock);
}

static void file_put_vma(struct vma *vma)
{
    struct filemap *map = vma->object;

    spin_lock(&map->lock);
    list_del_init(&vma->object_node);
    spin_unlock(&map->lock);
    filemap_put(map);
}

/* One number per file, not per mapping: assigned when the file is first mapped. */
static uint64_t file_identity(const struct vma *vma)
{
    const struct filemap *map = vma->object;
    uint64_t *identity = &map->cache->identity;
    uint64_t seen = __atomic_load_n(identity, __ATOMIC_RELAXED);

    if (seen == 0) {
        uint64_t fresh = vma_new_identity();

        if (__atomic_compare_exchange_n(identity, &seen, fresh, false, __ATOMIC_RELAXED,
                                        __ATOMIC_RELAXED))
            seen = fresh;
    }
    return seen;
}

static int file_sync(struct vma *vma, uint64_t offset, uint64_t size)
{
    struct filemap *map = vma->object;

    return pagecache_writeback(map->cache, offset >> PAGE_SHIFT, (offset + size - 1) >> PAGE_SHIFT);
}

static void file_describe(struct vma *vma, char *buf, size_t size, uint64_t *device,
                          uint64_t *inode)
{
    struct filemap *map = vma->object;
    bool is_reachable;
    char *text;

    *device = map->inode->sb ? map->inode->sb->dev : 0;
    *inode = map->inode->ino;
    buf[0] = '\0';
    if (!file_path(map->file)->dentry)
        return;
    text =
        vfs_path_string(&vfs_kernel_context.root, file_path(map->file), buf, size, &is_reachable);
    if (text)
        memmove(buf, text, strlen(text) + 1);
    else
        buf[0] = '\0';
}

const struct vma_ops vma_file = {
    .name = "file",
    .page = file_page,
    .fetch = file_fetch,
    .hold = file_hold,
    .release = file_release,
    .is_current = file_is_current,
    .get = file_get_vma,
    .put = file_put_vma,
    .identity = file_identity,
    .sync = file_sync,
    .describe = file_describe,
};
