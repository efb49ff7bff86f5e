/*
 * Virtio block device (Virtio 1.2, 5.2): one queue, as many requests in flight as it has entries.
 *
 * A request is a chain of a header that the device reads, the data, and a status byte that it
 * writes. Everything but the data lives in a slot; slots are allocated once. A request without a
 * free slot or room in the queue waits in a list and is started by the completion of another.
 */
#include <base/errno.h>
#include <blockdev/blockdev.h>
#include <heap/heap.h>
#include <list/list.h>
#include <lock/spinlock.h>
#include <log/log.h>
#include <virtio/virtio.h>
#include <virtio/virtqueue.h>

/* 5.2.3 */
#define VIRTIO_BLK_F_SIZE_MAX BIT(1)
#define VIRTIO_BLK_F_SEG_MAX  BIT(2)
#define VIRTIO_BLK_F_RO       BIT(5)
#define VIRTIO_BLK_F_BLK_SIZE BIT(6)
#define VIRTIO_BLK_F_FLUSH    BIT(9)
#define VIRTIO_BLK_F_TOPOLOGY BIT(10)
#define VIRTIO_BLK_F_DISCARD  BIT(13)

/* Offsets in the config space (5.2.4) */
#define CONFIG_CAPACITY     0
#define CONFIG_SIZE_MAX     8
#define CONFIG_SEG_MAX      12
#define CONFIG_BLK_SIZE     20
#define CONFIG_PHYSICAL_EXP 24
#define CONFIG_MAX_DISCARD  36

/* 5.2.6 */
#define VIRTIO_BLK_T_IN      0
#define VIRTIO_BLK_T_OUT     1
#define VIRTIO_BLK_T_FLUSH   4
#define VIRTIO_BLK_T_DISCARD 11

#define VIRTIO_BLK_S_OK     0
#define VIRTIO_BLK_S_IOERR  1
#define VIRTIO_BLK_S_UNSUPP 2
#define STATUS_UNWRITTEN    0xff

#define QUEUE_SIZE_MAX 64
/* A run of the page cache; with header and status a table of 544 bytes. */
#define SEGMENTS_MAX 32
#define SECTORS_MAX  8192

struct virtio_blk_header {
    uint32_t type;
    uint32_t reserved;
    uint64_t sector;
};

struct virtio_blk_discard {
    uint64_t sector;
    uint32_t nr_sectors;
    uint32_t flags;
};

/* A request in flight; in the direct map, since the device accesses parts of it. */
struct slot {
    struct virtqueue_desc table[SEGMENTS_MAX + 2] ALIGNED(16);
    struct virtio_blk_header header;
    struct virtio_blk_discard discard;
    struct block_request *rq;
    struct slot *next_free;
    uint8_t status;
};

struct virtio_blk {
    struct block_device disk;
    struct virtio_device *vdev;             /* [I] */
    struct virtqueue *vq GUARDED_BY(&lock); /* [lock] */
    struct spinlock lock;
    struct list
        waiting GUARDED_BY(&lock); /* [lock] requests that found no room, first come first served */
    struct slot *free_slots GUARDED_BY(&lock); /* [lock] */
    struct slot *slots;                        /* [I] */
};

static uint32_t type_of(enum block_op op)
{
    switch (op) {
    case BLOCK_READ:
        return VIRTIO_BLK_T_IN;
    case BLOCK_WRITE:
        return VIRTIO_BLK_T_OUT;
    case BLOCK_FLUSH:
        return VIRTIO_BLK_T_FLUSH;
    default:
        return VIRTIO_BLK_T_DISCARD;
    }
}

/* Put the request into the queue. -ENOSPC: no room now. */
static int start(struct virtio_blk *blk, struct block_request *rq) REQUIRES(&blk->lock)
{
    struct virtio_buffer buffers[SEGMENTS_MAX + 2];
    struct slot *slot = blk->free_slots;
    unsigned nr = 0;

    if (!slot)
        return -ENOSPC;
    slot->header = (struct virtio_blk_header){
        .type = type_of(rq->op),
        .sector = rq->op == BLOCK_READ || rq->op == BLOCK_WRITE ? rq->disk_sector : 0};
    slot->status = STATUS_UNWRITTEN;
    slot->rq = rq;

    buffers[nr++] = (struct virtio_buffer){&slot->header, sizeof(slot->header)};
    if (rq->op == BLOCK_DISCARD) {
        slot->discard = (struct virtio_blk_discard){rq->disk_sector, rq->nr_sectors, 0};
        buffers[nr++] = (struct virtio_buffer){&slot->discard, sizeof(slot->discard)};
    }
    for (unsigned i = 0; i < rq->nr_segments; i++)
        buffers[nr++] = (struct virtio_buffer){rq->segments[i].data, rq->segments[i].len};
    buffers[nr++] = (struct virtio_buffer){&slot->status, 1};

    unsigned nr_in = 1 + (rq->op == BLOCK_READ ? rq->nr_segments : 0);
    int error = virtqueue_add(blk->vq, buffers, nr - nr_in, nr_in, slot, slot->table);
    if (error == 0)
        blk->free_slots = slot->next_free;
    return error;
}

static int result_of(const struct slot *slot, uint32_t nr_written)
{
    const struct block_request *rq = slot->rq;

    switch (READ_ONCE(slot->status)) {
    case VIRTIO_BLK_S_OK:
        break;
    case VIRTIO_BLK_S_UNSUPP:
        return -EOPNOTSUPP;
    default:
        return -EIO;
    }
    /* Fail a read that claims success without filling the memory: it would expose old contents. */
    if (rq->op == BLOCK_READ && nr_written < ((uint64_t)rq->nr_sectors << SECTOR_SHIFT) + 1)
        return -EIO;
    return 0;
}

/* Move finished requests to a list, with results in rq->error, and start waiting ones. */
static void reap(struct virtio_blk *blk, struct list *finished) REQUIRES(&blk->lock)
{
    uint32_t nr_written;
    struct slot *slot;

    do {
        virtqueue_disable_callbacks(blk->vq);
        while ((slot = virtqueue_get(blk->vq, &nr_written)) != NULL) {
            slot->rq->error = result_of(slot, nr_written);
            list_add_tail(finished, &slot->rq->node);
            slot->next_free = blk->free_slots;
            blk->free_slots = slot;
        }
    } while (!virtqueue_enable_callbacks(blk->vq));

    while (!list_is_empty(&blk->waiting)) {
        struct block_request *rq = list_first_entry(&blk->waiting, struct block_request, node);
        if (start(blk, rq) != 0)
            break;
        list_del(&rq->node);
    }
}

static void complete_all(struct list *finished)
{
    while (!list_is_empty(finished)) {
        struct block_request *rq = list_first_entry(finished, struct block_request, node);
        list_del(&rq->node);
        block_complete(rq, rq->error);
    }
}

static void queue_callback(struct virtqueue *vq)
{
    struct virtio_blk *blk = vq->ctx;
    LIST_DEFINE(finished);

    unsigned long flags = spin_lock_irqsave(&blk->lock);
    reap(blk, &finished);
    virtqueue_kick(vq);
    const char *broken = vq->is_broken ? vq->broken_why : NULL;
    spin_unlock_irqrestore(&blk->lock, flags);

    complete_all(&finished);
    if (broken)
        virtio_device_break(blk->vdev, broken);
}

static void blk_submit(struct block_device *dev, struct block_request *rq)
{
    struct virtio_blk *blk = container_of(dev, struct virtio_blk, disk);
    int error = 0;

    unsigned long flags = spin_lock_irqsave(&blk->lock);
    if (READ_ONCE(blk->vdev->is_broken))
        error = -EIO;
    /* Keep the order: do not overtake waiting requests. */
    else if (!list_is_empty(&blk->waiting) || (error = start(blk, rq)) == -ENOSPC) {
        list_add_tail(&blk->waiting, &rq->node);
        error = 0;
    }
    virtqueue_kick(blk->vq);
    spin_unlock_irqrestore(&blk->lock, flags);

    if (error != 0)
        block_complete(rq, error);
}

/* The device was given up: fail all requests in flight and waiting. */
static void blk_broken(struct virtio_device *vdev)
{
    struct virtio_blk *blk = vdev->driver_data;
    LIST_DEFINE(finished);
    struct slot *slot;

    if (!blk)
        return;
    unsigned long flags = spin_lock_irqsave(&blk->lock);
    while ((slot = virtqueue_detach(blk->vq)) != NULL)
        list_add_tail(&finished, &slot->rq->node);
    list_splice_tail(&finished, &blk->waiting);
    spin_unlock_irqrestore(&blk->lock, flags);

    while (!list_is_empty(&finished)) {
        struct block_request *rq = list_first_entry(&finished, struct block_request, node);
        list_del(&rq->node);
        block_complete(rq, -EIO);
    }
}

static const struct block_ops blk_ops = {.submit = blk_submit};

/* Read the device's limits, clamped to ours; block_register() refuses implausible ones. */
static void read_config(struct virtio_blk *blk)
{
    struct virtio_device *vdev = blk->vdev;
    struct block_device *disk = &blk->disk;
    uint32_t seg_max = SEGMENTS_MAX;

    disk->ops = &blk_ops;
    disk->nr_sectors = virtio_config_u64(vdev, CONFIG_CAPACITY);
    disk->block_size = SECTOR_SIZE;
    if (virtio_has_feature(vdev, VIRTIO_BLK_F_BLK_SIZE))
        disk->block_size = virtio_config_u32(vdev, CONFIG_BLK_SIZE);
    if (virtio_has_feature(vdev, VIRTIO_BLK_F_TOPOLOGY))
        disk->physical_block_size = disk->block_size
                                    << MIN(virtio_config_u8(vdev, CONFIG_PHYSICAL_EXP), 8);
    if (virtio_has_feature(vdev, VIRTIO_BLK_F_SEG_MAX))
        seg_max = MAX(virtio_config_u32(vdev, CONFIG_SEG_MAX), 1u);
    disk->max_segments = MIN(seg_max, (uint32_t)SEGMENTS_MAX);
    /* A chain may not be longer than the queue (2.7.5.3.1). */
    ASSUME_UNSHARED(&blk->lock, "the disk is not registered yet");
    disk->max_segments = MIN(disk->max_segments, blk->vq->size - 2u);
    disk->max_sectors = SECTORS_MAX;
    disk->max_segment_bytes = SECTORS_MAX * SECTOR_SIZE;
    if (virtio_has_feature(vdev, VIRTIO_BLK_F_SIZE_MAX)) {
        uint32_t size_max = virtio_config_u32(vdev, CONFIG_SIZE_MAX);
        disk->max_segment_bytes = MIN(ALIGN_DOWN(size_max, SECTOR_SIZE), disk->max_segment_bytes);
    }
    disk->is_read_only = virtio_has_feature(vdev, VIRTIO_BLK_F_RO);
    disk->has_flush = virtio_has_feature(vdev, VIRTIO_BLK_F_FLUSH);
    if (virtio_has_feature(vdev, VIRTIO_BLK_F_DISCARD))
        disk->max_discard_sectors = virtio_config_u32(vdev, CONFIG_MAX_DISCARD);
}

static int blk_probe(struct virtio_device *vdev)
{
    struct virtio_blk *blk = heap_zalloc(sizeof(*blk));

    if (!blk)
        return -ENOMEM;
    blk->vdev = vdev;
    spin_init(&blk->lock, "virtio-blk");
    list_init(&blk->waiting);
    int error = virtqueue_create(vdev, 0, QUEUE_SIZE_MAX, queue_callback, blk, &blk->vq);
    if (error != 0)
        goto free_blk;
    error = -EINVAL;
    if (blk->vq->size < 4)
        goto free_blk;
    error = -ENOMEM;
    blk->slots = heap_calloc(blk->vq->size, sizeof(*blk->slots));
    if (!blk->slots)
        goto free_blk;
    for (unsigned i = 0; i < blk->vq->size; i++) {
        blk->slots[i].next_free = blk->free_slots;
        blk->free_slots = &blk->slots[i];
    }

    read_config(blk);
    vdev->driver_data = blk;
    virtio_device_ready(vdev);
    error = block_register(&blk->disk, "vd");
    if (error == 0)
        return 0;

    log_err("%s: capacity %lu sectors, block size %u: not a disk that can be used", vdev->name,
            (unsigned long)blk->disk.nr_sectors, blk->disk.block_size);
    vdev->driver_data = NULL;
    heap_free(blk->slots);
free_blk:
    heap_free(blk);
    return error;
}

VIRTIO_DRIVER(virtio_blk) = {
    .name = "virtio-blk",
    .device_id = VIRTIO_ID_BLOCK,
    .features = VIRTIO_BLK_F_SIZE_MAX | VIRTIO_BLK_F_SEG_MAX | VIRTIO_BLK_F_RO |
                VIRTIO_BLK_F_BLK_SIZE | VIRTIO_BLK_F_FLUSH | VIRTIO_BLK_F_TOPOLOGY |
                VIRTIO_BLK_F_DISCARD,
    .probe = blk_probe,
    .broken = blk_broken,
};
