/*
 * The registry of block devices, and the path from a request to its driver: validation, remapping
 * of partitions, counters. sync.c waits for requests.
 */
#include <blockdev/blockdev.h>

#include <base/errno.h>
#include <heap/heap.h>
#include <lock/spinlock.h>
#include <log/log.h>
#include <partition/partition.h>
#include <printf/printf.h>
#include <string/string.h>

LINKER_SET_DECLARE(block_watchers, struct block_watcher);

#define BLOCK_MAJOR     254 /* Linux's first dynamic major, where its virtio_blk usually is */
#define MINORS_PER_DISK 16
#define DISKS_MAX       26 /* one letter */

/*
 * Devices are never removed, and a node's neighbours are written before it is published. [d]
 * devices_lock to change (unchecked: read without)
 */
static struct spinlock devices_lock = SPINLOCK_INIT("block devices");
static LIST_DEFINE(devices); /* [d] */
static unsigned nr_disks GUARDED_BY(&devices_lock);

static bool limits_make_sense(const struct block_device *dev)
{
    return dev->ops && dev->ops->submit && IS_POWER_OF_2(dev->block_size) &&
           dev->block_size >= SECTOR_SIZE && dev->block_size <= PAGE_SIZE &&
           dev->nr_sectors <= UINT64_MAX >> SECTOR_SHIFT && dev->max_segments >= 1 &&
           dev->max_segment_bytes >= dev->block_size &&
           dev->max_sectors >= dev->block_size / SECTOR_SIZE;
}

static void publish(struct block_device *dev)
{
    unsigned long flags = spin_lock_irqsave(&devices_lock);

    dev->node.prev = devices.prev;
    dev->node.next = &devices;
    /* Readers walk without the lock: release publishes the node's fields before its link. */
    __atomic_store_n(&devices.prev->next, &dev->node, __ATOMIC_RELEASE);
    devices.prev = &dev->node;
    spin_unlock_irqrestore(&devices_lock, flags);

    LINKER_SET_FOREACH(block_watchers, struct block_watcher, watcher)
        watcher->added(dev);
}

int block_register(struct block_device *dev, const char *prefix)
{
    if (!limits_make_sense(dev))
        return -EINVAL;

    unsigned long flags = spin_lock_irqsave(&devices_lock);
    unsigned disk = nr_disks;
    if (disk < DISKS_MAX)
        nr_disks++;
    spin_unlock_irqrestore(&devices_lock, flags);
    if (disk == DISKS_MAX)
        return -ENOSPC;

    snprintf(dev->name, sizeof(dev->name), "%s%c", prefix, (char)('a' + disk));
    dev->major = BLOCK_MAJOR;
    dev->minor = disk * MINORS_PER_DISK;
    dev->disk = dev;
    dev->partition = 0;
    dev->first_sector = 0;
    if (dev->physical_block_size < dev->block_size)
        dev->physical_block_size = dev->block_size;
    log_info("%s: %lu sectors (%lu MiB), block size %u%s%s", dev->name,
             (unsigned long)dev->nr_sectors,
             (unsigned long)(dev->nr_sectors >> (20 - SECTOR_SHIFT)), dev->block_size,
             dev->is_read_only ? ", read-only" : "", dev->has_flush ? ", write cache" : "");
    publish(dev);
    return 0;
}

struct block_device *block_next(struct block_device *dev)
{
    struct list *at = dev ? &dev->node : &devices;
    struct list *next = __atomic_load_n(&at->next, __ATOMIC_ACQUIRE);

    return next == &devices ? NULL : list_entry(next, struct block_device, node);
}

struct block_device *block_find(const char *name)
{
    if (str_has_prefix(name, "/dev/"))
        name += strlen("/dev/");
    for (struct block_device *dev = block_next(NULL); dev; dev = block_next(dev))
        if (str_equal(dev->name, name))
            return dev;
    return NULL;
}

/* Check a request: whole blocks, inside the disk, segments that add up and suit the driver. */
static int check_transfer(const struct block_device *dev, const struct block_request *rq)
{
    uint64_t bytes = 0;

    if (rq->nr_segments == 0 || rq->nr_segments > dev->max_segments ||
        rq->nr_sectors > dev->max_sectors)
        return -EINVAL;
    for (unsigned i = 0; i < rq->nr_segments; i++) {
        uint32_t len = rq->segments[i].len;
        if (len == 0 || len > dev->max_segment_bytes || !IS_ALIGNED(len, dev->block_size))
            return -EINVAL;
        bytes += len;
    }
    return bytes == (uint64_t)rq->nr_sectors << SECTOR_SHIFT ? 0 : -EINVAL;
}

static int check(const struct block_device *dev, const struct block_request *rq)
{
    uint32_t per_block = dev->block_size / SECTOR_SIZE;

    if (rq->op == BLOCK_FLUSH)
        return rq->nr_sectors == 0 && rq->nr_segments == 0 ? 0 : -EINVAL;
    if (rq->nr_sectors == 0 || !IS_ALIGNED(rq->sector, per_block) ||
        !IS_ALIGNED(rq->nr_sectors, per_block))
        return -EINVAL;
    if (rq->sector >= dev->nr_sectors || rq->nr_sectors > dev->nr_sectors - rq->sector)
        return -ENXIO;
    if (rq->op != BLOCK_READ && dev->is_read_only)
        return -EROFS;
    switch (rq->op) {
    case BLOCK_READ:
    case BLOCK_WRITE:
        return check_transfer(dev, rq);
    case BLOCK_DISCARD:
        if (dev->max_discard_sectors == 0)
            return -EOPNOTSUPP;
        return rq->nr_segments == 0 && rq->nr_sectors <= dev->max_discard_sectors ? 0 : -EINVAL;
    default:
        return -EINVAL;
    }
}

static void add(uint64_t *counter, uint64_t n)
{
    __atomic_fetch_add(counter, n, __ATOMIC_RELAXED);
}

static void count(struct block_device *dev, const struct block_request *rq)
{
    switch (rq->op) {
    case BLOCK_READ:
        add(&dev->nr_reads, 1);
        add(&dev->nr_sectors_read, rq->nr_sectors);
        break;
    case BLOCK_WRITE:
        add(&dev->nr_writes, 1);
        add(&dev->nr_sectors_written, rq->nr_sectors);
        break;
    case BLOCK_FLUSH:
        add(&dev->nr_flushes, 1);
        break;
    case BLOCK_DISCARD:
        break;
    }
}

int block_submit(struct block_device *dev, struct block_request *rq)
{
    struct block_device *disk = dev->disk;

    int error = check(dev, rq);
    if (error == 0 && unlikely(READ_ONCE(disk->is_silent)))
        error = -EIO;
    if (error != 0)
        return error;

    count(dev, rq);
    if (disk != dev)
        count(disk, rq);
    rq->dev = disk;
    rq->disk_sector = dev->first_sector + rq->sector;
    rq->error = 0;
    if (rq->op == BLOCK_FLUSH && !disk->has_flush)
        block_complete(rq, 0);
    else
        disk->ops->submit(disk, rq);
    return 0;
}

static const char *op_name(enum block_op op)
{
    static const char *const names[] = {[BLOCK_READ] = "read",
                                        [BLOCK_WRITE] = "write",
                                        [BLOCK_FLUSH] = "flush",
                                        [BLOCK_DISCARD] = "discard"};
    return names[op];
}

void block_complete(struct block_request *rq, int error)
{
    if (unlikely(READ_ONCE(rq->dev->is_silent)) &&
        __atomic_exchange_n(&rq->dev->is_silent, 0, __ATOMIC_RELAXED))
        log_warn("%s: answers again", rq->dev->name);
    if (error != 0) {
        add(&rq->dev->nr_errors, 1);
        log_err("%s: %s of %u sectors at %lu failed: error %d", rq->dev->name, op_name(rq->op),
                rq->nr_sectors, (unsigned long)rq->disk_sector, -error);
    }
    rq->error = error;
    rq->done(rq);
}

/*
 * --- partitions --------------------------------------------------------------------------------
 */

static int partition_register(struct block_device *disk, const struct partition *partition)
{
    struct block_device *dev = heap_zalloc(sizeof(*dev));

    if (!dev)
        return -ENOMEM;
    *dev = *disk;
    snprintf(dev->name, sizeof(dev->name), "%s%u", disk->name, partition->number);
    dev->minor = disk->minor + partition->number;
    dev->disk = disk;
    dev->partition = partition->number;
    dev->first_sector = partition->first_sector;
    dev->nr_sectors = partition->nr_sectors;
    dev->nr_reads = dev->nr_sectors_read = 0;
    dev->nr_writes = dev->nr_sectors_written = 0;
    dev->nr_flushes = dev->nr_errors = 0;
    log_info("%s: sectors %lu to %lu", dev->name, (unsigned long)dev->first_sector,
             (unsigned long)(dev->first_sector + dev->nr_sectors - 1));
    publish(dev);
    return 0;
}

static int scan_read(struct partition_source *source, uint64_t block)
{
    return block_read_bytes(source->ctx, block * source->block_size, source->block,
                            source->block_size);
}

static void scan_refuse(struct partition_source *source, unsigned number, const char *why)
{
    struct block_device *disk = source->ctx;

    if (number == 0)
        log_warn("%s: partition table: %s", disk->name, why);
    else
        log_warn("%s: partition %u not used: %s", disk->name, number, why);
}

static bool has_partitions(const struct block_device *disk)
{
    for (struct block_device *dev = block_next(NULL); dev; dev = block_next(dev))
        if (dev != disk && dev->disk == disk)
            return true;
    return false;
}

int block_scan_partitions(struct block_device *disk)
{
    if (disk->disk != disk || has_partitions(disk))
        return -EBUSY;

    struct partition_table *table = heap_alloc(sizeof(*table));
    uint8_t *block = heap_alloc(disk->block_size);
    int result = -ENOMEM;
    if (!table || !block)
        goto out;

    struct partition_source source = {
        .nr_sectors = disk->nr_sectors,
        .block_size = disk->block_size,
        .block = block,
        .read = scan_read,
        .refuse = scan_refuse,
        .ctx = disk,
    };
    result = partition_table_read(&source, table);
    if (result != 0)
        goto out;
    for (unsigned i = 0; i < table->nr_partitions; i++) {
        int error = partition_register(disk, &table->partitions[i]);
        if (error != 0) {
            result = error;
            goto out;
        }
        result++;
    }
out:
    heap_free(block);
    heap_free(table);
    return result;
}

void block_scan_all(void)
{
    for (struct block_device *dev = block_next(NULL); dev; dev = block_next(dev)) {
        if (dev->disk != dev || has_partitions(dev))
            continue;
        int result = block_scan_partitions(dev);
        if (result < 0)
            log_warn("%s: partitions cannot be read: error %d", dev->name, -result);
    }
}
