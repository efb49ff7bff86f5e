/* A disk in memory that answers from within submit. */
#ifndef FAKE_DISK_H
#define FAKE_DISK_H

#include <stdlib.h>
#include <string.h>

#include <blockdev/blockdev.h>
#include <frame/frame.h>

struct fake_disk {
    struct block_device dev;
    uint8_t *memory;
    size_t bytes;
    uint64_t bad_sector;
    unsigned nr_flushes;
    uint64_t nr_discarded;
};

static void fake_submit(struct block_device *dev, struct block_request *rq)
{
    struct fake_disk *disk = container_of(dev, struct fake_disk, dev);
    uint64_t at = rq->disk_sector * 512;

    if (rq->op == BLOCK_FLUSH)
        disk->nr_flushes++;
    if (rq->op == BLOCK_DISCARD)
        disk->nr_discarded += rq->nr_sectors;
    if (disk->bad_sector >= rq->disk_sector &&
        disk->bad_sector < rq->disk_sector + rq->nr_sectors) {
        block_complete(rq, -EIO);
        return;
    }
    for (unsigned i = 0; i < rq->nr_segments; i++) {
        const struct block_segment *s = &rq->segments[i];
        if (at + s->len > disk->bytes)
            abort();
        if (rq->op == BLOCK_READ)
            memcpy(s->data, disk->memory + at, s->len);
        else
            memcpy(disk->memory + at, s->data, s->len);
        at += s->len;
    }
    block_complete(rq, 0);
}

/* Registered; never freed, like any disk. */
static struct fake_disk *fake_disk_new(uint64_t nr_sectors, uint32_t block_size)
{
    static const struct block_ops ops = {.submit = fake_submit};
    struct fake_disk *disk = calloc(1, sizeof(*disk));

    disk->bytes = nr_sectors * 512;
    disk->memory = calloc(1, disk->bytes);
    disk->bad_sector = UINT64_MAX;
    disk->dev = (struct block_device){
        .ops = &ops,
        .nr_sectors = nr_sectors,
        .block_size = block_size,
        .max_segments = 4,
        .max_segment_bytes = 1 << 20,
        .max_sectors = 1024,
        .has_flush = true,
    };
    if (block_register(&disk->dev, "vd") != 0)
        abort();
    return disk;
}

#endif
