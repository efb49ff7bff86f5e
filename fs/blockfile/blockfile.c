#include <blockfile/blockfile.h>

#include <arch/uaccess.h>
#include <base/errno.h>
#include <blockdev/blockdev.h>
#include <devfs/devfs.h>
#include <heap/heap.h>
#include <log/log.h>
#include <string/string.h>
#include <sync/mutex.h>
#include <vfs/device.h>
#include <vfs/vfs.h>

/* uapi/linux/fs.h */
#define BLKROGET     0x125eu
#define BLKGETSIZE   0x1260u
#define BLKFLSBUF    0x1261u
#define BLKSSZGET    0x1268u
#define BLKBSZGET    0x80081270u
#define BLKGETSIZE64 0x80081272u
#define BLKPBSZGET   0x127bu

static struct mutex blockfiles_lock;

/* A device that is or was open. Never freed, like the devices themselves. */
struct blockfile {
    struct list node GUARDED_BY(&blockfiles_lock);
    struct block_device *dev;
    struct inode *inode; /* owner of the cache, for mappings */
};

static struct list blockfiles GUARDED_BY(&blockfiles_lock) = LIST_INIT(blockfiles);
static struct superblock *blockfs; /* superblock of the devices' own inodes */

static struct blockfile *blockfile_of_cache(struct pagecache *cache)
{
    return container_of(cache, struct inode, cache)->private;
}

static uint64_t device_size(const struct block_device *dev)
{
    return dev->nr_sectors << SECTOR_SHIFT;
}

/* ---- page cache operations ---- */

/* Count the bytes of the device in the nr pages from index on. */
static size_t bytes_in(const struct block_device *dev, uint64_t index, size_t nr)
{
    uint64_t pos = index * PAGE_SIZE;

    return (size_t)MIN((uint64_t)nr * PAGE_SIZE, device_size(dev) - MIN(pos, device_size(dev)));
}

static int cache_read_pages(struct pagecache *cache, uint64_t index, struct frame *const *frames,
                            size_t nr)
{
    struct block_device *dev = blockfile_of_cache(cache)->dev;
    size_t n = bytes_in(dev, index, nr);

    for (size_t at = n; at < nr * PAGE_SIZE; at = ALIGN_DOWN(at, PAGE_SIZE) + PAGE_SIZE)
        memset((char *)frame_to_virt(frames[at / PAGE_SIZE]) + at % PAGE_SIZE, 0,
               PAGE_SIZE - at % PAGE_SIZE);
    if (n == 0)
        return 0;
    return block_read_frames(dev, index * PAGE_SIZE >> SECTOR_SHIFT, frames, 0,
                             (uint32_t)(n >> SECTOR_SHIFT));
}

static int cache_write_pages(struct pagecache *cache, uint64_t index, struct frame *const *frames,
                             size_t nr)
{
    struct block_device *dev = blockfile_of_cache(cache)->dev;
    size_t n = bytes_in(dev, index, nr);

    if (n == 0)
        return 0;
    return block_write_frames(dev, index * PAGE_SIZE >> SECTOR_SHIFT, frames, 0,
                              (uint32_t)(n >> SECTOR_SHIFT));
}

static uint64_t cache_nr_pages(struct pagecache *cache)
{
    return ALIGN_UP(device_size(blockfile_of_cache(cache)->dev), PAGE_SIZE) / PAGE_SIZE;
}

static const struct pagecache_ops cache_ops = {
    .read_pages = cache_read_pages, .nr_pages = cache_nr_pages, .write_pages = cache_write_pages};

static const struct superblock_ops blockfs_ops = {.inode_size = sizeof(struct inode)};
static const struct fs_type blockfs_type = {.name = "bdev"};
static const struct inode_ops block_inode_ops = {.getattr = NULL};

/* ---- finding devices ---- */

static struct block_device *device_find(devno_t rdev)
{
    struct block_device *dev = block_next(NULL);

    while (dev && DEVNO(dev->major, dev->minor) != rdev)
        dev = block_next(dev);
    return dev;
}

static struct blockfile *blockfile_create(struct block_device *dev) REQUIRES(&blockfiles_lock)
{
    struct blockfile *bf = heap_zalloc(sizeof(*bf));
    struct inode *inode = bf ? inode_alloc(blockfs, S_IFBLK | 0600) : NULL;

    if (!inode) {
        heap_free(bf);
        return NULL;
    }
    bf->dev = dev;
    bf->inode = inode;
    inode->ops = &block_inode_ops;
    inode->private = bf;
    inode->size = device_size(dev);
    inode->rdev = DEVNO(dev->major, dev->minor);
    pagecache_init(&inode->cache, &cache_ops, true);
    list_add_tail(&blockfiles, &bf->node);
    return bf;
}

static struct blockfile *blockfile_get(devno_t rdev)
{
    struct block_device *dev = device_find(rdev);
    struct blockfile *found = NULL;
    struct blockfile *bf;

    if (!dev)
        return NULL;
    mutex_lock(&blockfiles_lock);
    list_for_each_entry(bf, &blockfiles, node)
        if (bf->dev == dev)
            found = bf;
    if (!found)
        found = blockfile_create(dev);
    mutex_unlock(&blockfiles_lock);
    return found;
}

/* ---- file operations ---- */

static int block_open(struct file *file)
{
    struct blockfile *bf = blockfile_get(file_inode(file)->rdev);

    if (!bf)
        return -ENXIO;
    if (file->can_write && bf->dev->disk->is_read_only)
        return -EROFS;
    file->private = bf;
    return 0;
}

static ssize_t block_file_read(struct file *file, struct uio *uio, uint64_t *pos)
{
    struct blockfile *bf = file->private;
    ssize_t ret = pagecache_read(&bf->inode->cache, uio, *pos, bf->inode->size);

    if (ret > 0)
        *pos += (uint64_t)ret;
    return ret;
}

static ssize_t block_file_write(struct file *file, struct uio *uio, uint64_t *pos)
{
    struct blockfile *bf = file->private;
    uint64_t size = bf->inode->size;
    ssize_t ret;

    if (uio->nr_left == 0)
        return 0;
    if (*pos >= size)
        return -ENOSPC;
    uio->nr_left = MIN(uio->nr_left, size - *pos);
    mutex_lock(&bf->inode->lock);
    ret = pagecache_write(&bf->inode->cache, uio, *pos, size);
    mutex_unlock(&bf->inode->lock);
    if (ret > 0)
        *pos += (uint64_t)ret;
    return ret;
}

static int64_t block_seek(struct file *file, int64_t offset, int whence)
{
    struct blockfile *bf = file->private;
    int64_t size = (int64_t)bf->inode->size;
    int64_t base = whence == SEEK_CUR ? (int64_t)file->pos : whence == SEEK_END ? size : 0;
    int64_t pos;

    if (whence < SEEK_SET || whence > SEEK_END || __builtin_add_overflow(base, offset, &pos) ||
        pos < 0)
        return -EINVAL;
    file->pos = (uint64_t)pos;
    return pos;
}

static int block_fsync(struct file *file, bool is_data_only)
{
    struct blockfile *bf = file->private;
    int ret = pagecache_writeback(&bf->inode->cache, 0, UINT64_MAX);

    (void)is_data_only;
    return ret != 0 ? ret : block_flush(bf->dev);
}

static int block_mmap(struct file *file, struct file_mapping *out)
{
    struct blockfile *bf = file->private;

    *out = (struct file_mapping){
        .kind = FILE_MAPPING_CACHE, .cache = &bf->inode->cache, .inode = bf->inode};
    return 0;
}

static long block_ioctl(struct file *file, unsigned cmd, uint64_t arg)
{
    struct blockfile *bf = file->private;
    uint64_t wide;
    uint32_t word;

    switch (cmd) {
    case BLKGETSIZE64:
        wide = bf->inode->size;
        return copy_to_user(arg, &wide, sizeof(wide));
    case BLKGETSIZE:
        wide = bf->dev->nr_sectors;
        return copy_to_user(arg, &wide, sizeof(wide));
    case BLKBSZGET:
        wide = PAGE_SIZE;
        return copy_to_user(arg, &wide, sizeof(wide));
    case BLKSSZGET:
        word = bf->dev->disk->block_size;
        return copy_to_user(arg, &word, sizeof(word));
    case BLKPBSZGET:
        word = MAX(bf->dev->disk->physical_block_size, bf->dev->disk->block_size);
        return copy_to_user(arg, &word, sizeof(word));
    case BLKROGET:
        word = bf->dev->disk->is_read_only;
        return copy_to_user(arg, &word, sizeof(word));
    case BLKFLSBUF:
        return block_fsync(file, false);
    default:
        return -ENOTTY;
    }
}

/* Write dirty pages back when the last descriptor is closed. */
static void block_release(struct file *file)
{
    struct blockfile *bf = file->private;

    if (file->can_write && pagecache_writeback(&bf->inode->cache, 0, UINT64_MAX) != 0)
        log_err("%s: write-back failed, data lost", bf->dev->name);
}

static const struct file_ops block_file_ops = {
    .open = block_open,
    .release = block_release,
    .read = block_file_read,
    .write = block_file_write,
    .seek = block_seek,
    .fsync = block_fsync,
    .mmap = block_mmap,
    .ioctl = block_ioctl,
};

static struct device_range
    block_range; /* covers the first device's major, which all disks share so far */

static void device_added(struct block_device *dev)
{
    if (!blockfs)
        return; /* found before blockfile_init(), which registers them all */
    if (!block_range.ops) {
        block_range = (struct device_range){.name = "virtblk",
                                            .mode_type = S_IFBLK,
                                            .first = DEVNO(dev->major, 0),
                                            .nr = 1u << 20,
                                            .ops = &block_file_ops};
        if (device_range_register(&block_range) != 0)
            log_err("%s: its device numbers are taken", dev->name);
    }
    if (devfs_add(dev->name, S_IFBLK | 0660, DEVNO(dev->major, dev->minor)) != 0)
        log_warn("%s: no name in /dev", dev->name);
}

BLOCK_WATCHER(blockfile_watcher, device_added);

int blockfile_init(void)
{
    mutex_init(&blockfiles_lock);
    blockfs = superblock_alloc(&blockfs_type, &blockfs_ops);
    if (!blockfs)
        return -ENOMEM;
    for (struct block_device *dev = block_next(NULL); dev; dev = block_next(dev))
        device_added(dev);
    return 0;
}
