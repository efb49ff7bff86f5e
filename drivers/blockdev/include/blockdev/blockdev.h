/*
 * Block devices: the interface between disk drivers and file systems.
 *
 * A driver fills a struct block_device and registers it; the device then has a name (vda, vdb, ...;
 * partitions vda1, vda2, ...). Users submit requests: a range of sectors, a scatter/gather list of
 * memory, and a function to call at completion. Several requests may be in flight at once and may
 * complete in any order; for an order, wait or flush. block_read and its siblings are the same for
 * a thread that wants to sleep until it is done.
 *
 * Not here: no page cache (mm/pagecache), no request merging or I/O scheduling (the devices we
 * drive do that on their own), no naming in the file system (fs/devfs watches, see BLOCK_WATCHER).
 *
 * Units: a sector is 512 bytes, always; a device whose blocks are larger (block_size) refuses
 * requests that are not whole blocks with -EINVAL.
 *
 * Life of a request: filled in by its owner -> block_submit() -> owned by the block layer and the
 * driver -> done() is called exactly once, with error set -> the owner's again (done may free it or
 * submit it anew).
 */
#ifndef BLOCKDEV_BLOCKDEV_H
#define BLOCKDEV_BLOCKDEV_H

#include <base/types.h>
#include <base/linkerset.h>
#include <list/list.h>

#define SECTOR_SHIFT 9
#define SECTOR_SIZE  (1u << SECTOR_SHIFT)

#define BLOCK_NAME_MAX 16

enum block_op {
    BLOCK_READ,
    BLOCK_WRITE,
    /* On completion all writes completed before its submission are on stable storage. */
    BLOCK_FLUSH,
    /* The contents of the range are no longer needed; reads may return anything until rewritten. */
    BLOCK_DISCARD,
};

/*
 * A piece of memory: kernel memory that is physically contiguous, i.e. in the direct map (heap,
 * slab, frames); never a stack or a static variable. len is a multiple of the device's block_size.
 * The synchronous functions below take any kernel memory.
 */
struct block_segment {
    void *data;
    uint32_t len; /* bytes */
};

struct block_device;
struct frame;

struct block_request {
    /* Filled in by the owner; not changed until done. */
    enum block_op op;
    uint64_t sector;     /* first sector; 0 for BLOCK_FLUSH */
    uint32_t nr_sectors; /* 0 for BLOCK_FLUSH */
    const struct block_segment
        *segments; /* their lengths sum up to nr_sectors; none for flush, discard */
    unsigned nr_segments;
    void (*done)(struct block_request *rq); /* interrupt context: must not sleep; may submit */
    void *ctx;                              /* the owner's */

    /* Valid in done: 0 or -EIO, -EROFS (write to a read-only disk), -EOPNOTSUPP, -ENOSPC. */
    int error;

    /* Private to block layer and driver while in flight. */
    struct block_device *dev; /* the disk, after remapping of partitions */
    uint64_t disk_sector;     /* first sector counted on the whole disk */
    struct list node;         /* the driver's queue */
};

struct block_ops {
    /*
     * Start rq (already validated and remapped: use disk_sector) or queue it; ends in one call of
     * block_complete(rq, error), from any context, also from within submit. Any context.
     */
    void (*submit)(struct block_device *dev, struct block_request *rq);
};

/* [I] after registration, except the counters [a] */
struct block_device {
    /* Filled in by the driver before block_register. */
    const struct block_ops *ops;
    void *driver;        /* private to the driver */
    uint64_t nr_sectors; /* capacity */
    uint32_t block_size; /* smallest unit of a request, bytes; a power of two from 512 to 4096 */
    uint32_t
        physical_block_size;    /* unit that is written without read-modify-write; 0 = block_size */
    uint32_t max_segments;      /* per request, >= 1 */
    uint32_t max_segment_bytes; /* per segment */
    uint32_t max_sectors;       /* per request */
    uint32_t max_discard_sectors; /* per discard request; 0 = the device has no discard */
    bool is_read_only;
    bool
        has_flush; /* false: writes are stable when they complete; flush is then answered at once */

    /* Filled in by block_register. */
    char name[BLOCK_NAME_MAX];
    uint32_t major,
        minor; /* device number as Linux shows it: 254:0 is vda, 254:1 vda1, 254:16 vdb */
    struct block_device *disk; /* the whole disk of a partition; itself for a disk */
    unsigned partition;        /* 0 = whole disk */
    uint64_t first_sector;     /* of a partition, on the disk */
    struct list node;          /* all devices, in order of registration */
    uint32_t is_silent;        /* [a] the disk has not answered for too long; see sync.c */

    /*
     * [a] counters, for /proc/diskstats and the bench; a partition's traffic also counts on its
     * disk
     */
    uint64_t nr_reads, nr_sectors_read, nr_writes, nr_sectors_written, nr_flushes, nr_errors;
};

/*
 * Register the disk under the next free name of the prefix ("vd" -> vda). The device must never be
 * freed (disks cannot be removed yet). Partitions are not scanned: see block_scan_partitions().
 * Logs one line. 0, -EINVAL (implausible limits), -ENOSPC (26 disks). Thread context, early boot
 * too.
 */
MUST_CHECK int block_register(struct block_device *dev, const char *prefix);

/*
 * Read the disk's partition table (GPT with its checks, else MBR with its chain of logical
 * partitions) and register the partitions. Invalid entries (outside the disk, overlapping, endless
 * chain, bad checksum) give one line each. Returns the number of partitions, or negative for a read
 * error. Sleeps.
 */
int block_scan_partitions(struct block_device *disk);

/*
 * block_scan_partitions for every disk registered so far; called once by kernels when threads can
 * sleep.
 */
void block_scan_all(void);

/* Find the device of that name ("vda1", also "/dev/vda1"), or NULL. Any context. */
struct block_device *block_find(const char *name);

/* Iterate over all devices in order of registration: NULL gives the first; NULL after the last. Any
 * context. */
struct block_device *block_next(struct block_device *dev);

/*
 * Check the request and start it. On 0, rq->done will be called exactly once (it may have been
 * called already); on error (-EINVAL, -ENXIO beyond the end, -EROFS, -EOPNOTSUPP, -EIO from a
 * silent disk) never. Any context.
 */
MUST_CHECK int block_submit(struct block_device *dev, struct block_request *rq);

/* For drivers: complete the request. error: 0 or a negative errno. Any context. */
void block_complete(struct block_request *rq, int error);

/*
 * Read, write, flush, discard and wait. data: any kernel memory, copied through a bounce page where
 * the device cannot reach it. Large transfers are cut to what the device takes and kept in flight
 * together. 0 or a negative errno as above, or -ENOMEM. Sleep.
 */
MUST_CHECK int block_read(struct block_device *dev, uint64_t sector, void *data,
                          uint32_t nr_sectors);
MUST_CHECK int block_write(struct block_device *dev, uint64_t sector, const void *data,
                           uint32_t nr_sectors);
MUST_CHECK int block_flush(struct block_device *dev);
MUST_CHECK int block_discard(struct block_device *dev, uint64_t sector, uint64_t nr_sectors);

/*
 * The same for sectors inside counted frames (frame_get): from byte `offset` of frames[0] on, a
 * page of each, through frames[1] and as many as it takes. What the device takes at once is one
 * request. A disk that does not answer within disk_timeout= seconds gives -EIO, and may then keep
 * references to the frames for as long as it likes. So do the functions below, flush, discard, and
 * memory that is copied.
 */
MUST_CHECK int block_read_frames(struct block_device *dev, uint64_t sector,
                                 struct frame *const *frames, size_t offset, uint32_t nr_sectors);
MUST_CHECK int block_write_frames(struct block_device *dev, uint64_t sector,
                                  struct frame *const *frames, size_t offset, uint32_t nr_sectors);

/*
 * As block_read and block_write at any byte offset and length (read-modify-write at the ends).
 * Sleep.
 */
MUST_CHECK int block_read_bytes(struct block_device *dev, uint64_t offset, void *data,
                                size_t nr_bytes);
MUST_CHECK int block_write_bytes(struct block_device *dev, uint64_t offset, const void *data,
                                 size_t nr_bytes);

/* Fill in a request's common fields, except the segments. */
static inline void block_request_init(struct block_request *rq, enum block_op op, uint64_t sector,
                                      const struct block_segment *segments, unsigned nr_segments,
                                      void (*done)(struct block_request *rq), void *ctx)
{
    *rq = (struct block_request){.op = op,
                                 .sector = sector,
                                 .segments = segments,
                                 .nr_segments = nr_segments,
                                 .done = done,
                                 .ctx = ctx};
    for (unsigned i = 0; i < nr_segments; i++)
        rq->nr_sectors += segments[i].len >> SECTOR_SHIFT;
}

/*
 * A watcher is called for each new device (devfs nodes, sysfs folders):
 *     BLOCK_WATCHER(devfs_block, devfs_block_added);
 * added is called in thread context once per device, after it can take requests.
 */
struct block_watcher {
    void (*added)(struct block_device *dev);
};
#define BLOCK_WATCHER(name, added_fn)                                                              \
    LINKER_SET_ITEM(block_watchers, struct block_watcher, name) = {.added = (added_fn)}

#endif
