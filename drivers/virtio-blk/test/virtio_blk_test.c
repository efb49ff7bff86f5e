/*
 * The block driver against a model of the device, honest and not: what the device answers decides
 * what a request ends with, and every request ends.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include <base/errno.h>
#include <blockdev/blockdev.h>
#include <frame/frame.h>
#include <heap/heap.h>
#include <host/host.h>
#include <virtio/virtio.h>

#include "../../virtio/test/model_device.h"

#define NR_SECTORS 1024

static struct {
    uint8_t status;
    uint64_t features;
    uint8_t config[64];
    struct virtqueue *vq;
    struct model_queue queue;
    unsigned nr_notified;
    unsigned queue_size;
    uint8_t memory[NR_SECTORS * SECTOR_SIZE];
    /* what is wrong with it */
    int status_byte;  /* -1: as it should be */
    int length_error; /* added to the used length */
    bool skips_data;  /* says that it is fine, but wrote only the status */
    bool forgets_status;
} dev;

static struct virtio_device vdev;
static struct block_device *disk;

static uint8_t get_status(struct virtio_device *v)
{
    return dev.status;
}

static void set_status(struct virtio_device *v, uint8_t status)
{
    dev.status = status;
}

static uint64_t get_features(struct virtio_device *v)
{
    return dev.features;
}

static void set_features(struct virtio_device *v, uint64_t features)
{
}

static uint32_t generation(struct virtio_device *v)
{
    return 0;
}

static uint32_t config_read(struct virtio_device *v, unsigned offset, unsigned nr_bytes)
{
    uint32_t value = 0;
    memcpy(&value, dev.config + offset, nr_bytes);
    return value;
}

static unsigned queue_max_size(struct virtio_device *v, unsigned index)
{
    return index == 0 ? dev.queue_size : 0;
}

static int queue_enable(struct virtio_device *v, struct virtqueue *vq)
{
    dev.vq = vq;
    model_queue_init(&dev.queue, vq);
    return 0;
}

static void notify(struct virtio_device *v, struct virtqueue *vq)
{
    dev.nr_notified++;
}

static const struct virtio_transport_ops ops = {
    .status = get_status,
    .set_status = set_status,
    .features = get_features,
    .set_features = set_features,
    .config_generation = generation,
    .config_read = config_read,
    .queue_max_size = queue_max_size,
    .queue_enable = queue_enable,
    .notify = notify,
};

/* Each test has a device and a disk of its own; disks stay registered, as they do. */
static void begin(uint64_t features)
{
    uint64_t capacity = NR_SECTORS;

    memset(&dev, 0, sizeof(dev));
    dev.features = VIRTIO_F_VERSION_1 | features;
    dev.queue_size = 8;
    dev.status_byte = -1;
    memcpy(dev.config, &capacity, 8);
    for (size_t i = 0; i < sizeof(dev.memory); i++)
        dev.memory[i] = (uint8_t)(i / SECTOR_SIZE + i);
    vdev = (struct virtio_device){.ops = &ops,
                                  .name = "model",
                                  .device_id = VIRTIO_ID_BLOCK,
                                  .config_bytes = sizeof(dev.config)};
    assert_int_equal(virtio_device_add(&vdev), 0);
    disk = NULL;
    for (struct block_device *d = block_next(NULL); d != NULL; d = block_next(d))
        disk = d;
    assert_non_null(disk);
}

/* The device works on one request, if there is one. */
static bool work(void)
{
    struct model_chain chain;
    struct {
        uint32_t type, reserved;
        uint64_t sector;
    } header;
    uint32_t written = 0;

    if (!model_take(&dev.queue, &chain))
        return false;
    unsigned nr = chain.nr_out + chain.nr_in;
    assert_true(chain.nr_out >= 1 && chain.nr_in >= 1 && chain.buffers[0].len == 16);
    assert_int_equal(chain.buffers[nr - 1].len, 1);
    memcpy(&header, chain.buffers[0].data, 16);
    uint64_t at = header.sector * SECTOR_SIZE;
    for (unsigned i = 1; i < nr - 1; i++) {
        assert_true(at + chain.buffers[i].len <= sizeof(dev.memory));
        if (header.type == 0 && !dev.skips_data) {
            assert_true(i >= chain.nr_out);
            memcpy(chain.buffers[i].data, dev.memory + at, chain.buffers[i].len);
            written += chain.buffers[i].len;
        } else if (header.type == 1) {
            assert_true(i < chain.nr_out);
            memcpy(dev.memory + at, chain.buffers[i].data, chain.buffers[i].len);
        }
        at += chain.buffers[i].len;
    }
    if (!dev.forgets_status)
        *chain.buffers[nr - 1].data = dev.status_byte < 0 ? 0 : (uint8_t)dev.status_byte;
    model_return(&dev.queue, chain.head, (uint32_t)((int)written + 1 + dev.length_error));
    return true;
}

static void pump(void)
{
    while (work())
        virtio_queues_interrupt(&vdev);
}

struct io {
    struct block_request rq;
    struct block_segment segments[4];
    unsigned nr_done;
};

static void io_done(struct block_request *rq)
{
    container_of(rq, struct io, rq)->nr_done++;
}

static int start(struct io *io, enum block_op op, uint64_t sector, char *data, unsigned nr_segments)
{
    io->nr_done = 0;
    for (unsigned i = 0; i < nr_segments; i++)
        io->segments[i] = (struct block_segment){data + i * SECTOR_SIZE, SECTOR_SIZE};
    block_request_init(&io->rq, op, sector, io->segments, nr_segments, io_done, NULL);
    return block_submit(disk, &io->rq);
}

static const uint64_t feature_sets[] = {0, VIRTIO_F_INDIRECT_DESC, VIRTIO_F_EVENT_IDX,
                                        VIRTIO_F_INDIRECT_DESC | VIRTIO_F_EVENT_IDX};

static void reads_and_writes(void **state)
{
    char *data = heap_alloc(4 * SECTOR_SIZE);

    for (unsigned f = 0; f < ARRAY_SIZE(feature_sets); f++) {
        struct io io;
        begin(feature_sets[f]);
        assert_int_equal(start(&io, BLOCK_READ, 100, data, 4), 0);
        assert_int_equal(io.nr_done, 0);
        pump();
        assert_int_equal(io.nr_done, 1);
        assert_int_equal(io.rq.error, 0);
        assert_memory_equal(data, dev.memory + 100 * SECTOR_SIZE, 4 * SECTOR_SIZE);
        memset(data, 'w', 4 * SECTOR_SIZE);
        assert_int_equal(start(&io, BLOCK_WRITE, 200, data, 3), 0);
        pump();
        assert_int_equal(io.nr_done, 1);
        assert_memory_equal(data, dev.memory + 200 * SECTOR_SIZE, 3 * SECTOR_SIZE);
        assert_true(dev.memory[203 * SECTOR_SIZE] != 'w');
    }
    heap_free(data);
}

/* Far more than the queue holds: the rest waits and is started by completions, in order. */
static void more_than_fit(void **state)
{
    enum { NR = 60 };
    static struct io ios[NR];
    char *data = heap_alloc(NR * 2 * SECTOR_SIZE);

    for (unsigned f = 0; f < ARRAY_SIZE(feature_sets); f++) {
        begin(feature_sets[f]);
        for (unsigned i = 0; i < NR; i++)
            assert_int_equal(start(&ios[i], BLOCK_READ, i * 2, data + i * 2 * SECTOR_SIZE, 2), 0);
        pump();
        for (unsigned i = 0; i < NR; i++) {
            assert_int_equal(ios[i].nr_done, 1);
            assert_int_equal(ios[i].rq.error, 0);
        }
        assert_memory_equal(data, dev.memory, NR * 2 * SECTOR_SIZE);
    }
    heap_free(data);
}

static void status_bytes(void **state)
{
    static const struct {
        int byte, error;
    } cases[] = {{0, 0}, {1, -EIO}, {2, -EOPNOTSUPP}, {3, -EIO}, {0xff, -EIO}};
    char *data = heap_alloc(SECTOR_SIZE);
    struct io io;

    begin(VIRTIO_F_INDIRECT_DESC);
    for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
        dev.status_byte = cases[i].byte;
        assert_int_equal(start(&io, BLOCK_READ, 0, data, 1), 0);
        pump();
        assert_int_equal(io.nr_done, 1);
        assert_int_equal(io.rq.error, cases[i].error);
    }
    dev.status_byte = -1;
    dev.forgets_status = true; /* nothing that was there before counts as an answer */
    assert_int_equal(start(&io, BLOCK_READ, 0, data, 1), 0);
    pump();
    assert_int_equal(io.rq.error, -EIO);
    dev.forgets_status = false;
    dev.skips_data = true; /* memory that the device did not write is not shown as the disk's */
    assert_int_equal(start(&io, BLOCK_READ, 0, data, 1), 0);
    pump();
    assert_int_equal(io.rq.error, -EIO);
    heap_free(data);
}

/* A device that lies is given up: everything in flight and everything later ends with EIO, once. */
static void a_lie_ends_the_device(void **state)
{
    enum { NR = 20 };
    static struct io ios[NR];
    char *data = heap_alloc(NR * SECTOR_SIZE);
    struct io late;

    begin(VIRTIO_F_INDIRECT_DESC);
    for (unsigned i = 0; i < NR; i++)
        assert_int_equal(start(&ios[i], BLOCK_READ, i, data + i * SECTOR_SIZE, 1), 0);
    assert_true(work());
    virtio_queues_interrupt(&vdev);
    dev.length_error = 1;
    assert_true(work());
    virtio_queues_interrupt(&vdev);
    assert_int_equal(dev.status, 0); /* reset */
    assert_true(vdev.is_broken);
    unsigned nr_good = 0;
    for (unsigned i = 0; i < NR; i++) {
        assert_int_equal(ios[i].nr_done, 1);
        nr_good += ios[i].rq.error == 0;
        assert_true(ios[i].rq.error == 0 || ios[i].rq.error == -EIO);
    }
    assert_int_equal(nr_good, 1);
    assert_int_equal(start(&late, BLOCK_READ, 0, data, 1), 0);
    assert_int_equal(late.nr_done, 1);
    assert_int_equal(late.rq.error, -EIO);
    virtio_queues_interrupt(&vdev);
    assert_int_equal(late.nr_done, 1);
    heap_free(data);
}

static void config_is_cut_to_sense(void **state)
{
    static const uint32_t block_sizes[] = {0, 1, 100, 513, 8192, 0xffffffff};
    uint32_t seg_max = 0xffffffff, size_max = 1000;

    for (unsigned i = 0; i < ARRAY_SIZE(block_sizes); i++) {
        memset(&dev, 0, sizeof(dev));
        dev.features = VIRTIO_F_VERSION_1 | BIT(6);
        dev.queue_size = 8;
        memcpy(dev.config + 20, &block_sizes[i], 4);
        vdev = (struct virtio_device){.ops = &ops,
                                      .name = "model",
                                      .device_id = VIRTIO_ID_BLOCK,
                                      .config_bytes = sizeof(dev.config)};
        assert_int_equal(virtio_device_add(&vdev), -EINVAL);
    }
    memset(&dev, 0, sizeof(dev));
    dev.features = VIRTIO_F_VERSION_1 | BIT(1) | BIT(2) | BIT(5) | BIT(9) | BIT(10);
    dev.queue_size = 1024;
    dev.config[0] = 100;
    memcpy(dev.config + 8, &size_max, 4);
    memcpy(dev.config + 12, &seg_max, 4);
    dev.config[24] = 3;
    vdev = (struct virtio_device){.ops = &ops,
                                  .name = "model",
                                  .device_id = VIRTIO_ID_BLOCK,
                                  .config_bytes = sizeof(dev.config)};
    assert_int_equal(virtio_device_add(&vdev), 0);
    for (struct block_device *d = block_next(NULL); d != NULL; d = block_next(d))
        disk = d;
    assert_int_equal(disk->nr_sectors, 100);
    assert_true(disk->max_segments <= 62);
    assert_int_equal(disk->max_segment_bytes, 512);
    assert_true(disk->is_read_only && disk->has_flush);
    assert_int_equal(disk->physical_block_size, 4096);

    dev.queue_size = 2; /* no room for header, data and status */
    vdev = (struct virtio_device){.ops = &ops,
                                  .name = "model",
                                  .device_id = VIRTIO_ID_BLOCK,
                                  .config_bytes = sizeof(dev.config)};
    assert_int_equal(virtio_device_add(&vdev), -EINVAL);
}

static int set_up(void **state)
{
    struct frame_range ram = {PADDR(0x80000000), MIB(64)};

    host_ram_init(ram.start, ram.size);
    return frame_init(&ram, 1, NULL, 0) != 0 || heap_init() != 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_and_writes),       cmocka_unit_test(more_than_fit),
        cmocka_unit_test(status_bytes),           cmocka_unit_test(a_lie_ends_the_device),
        cmocka_unit_test(config_is_cut_to_sense),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
