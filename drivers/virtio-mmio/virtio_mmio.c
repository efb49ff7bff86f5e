/*
 * Virtio over memory-mapped registers (Virtio 1.2, 4.2), modern interface only.
 *
 * QEMU's virt machine has eight such slots, most of them empty (device id 0), and presents the
 * legacy interface (version 1) unless it is told force-legacy=false.
 */
#include <arch/memory.h>
#include <arch/mmio.h>
#include <base/errno.h>
#include <driver/driver.h>
#include <heap/heap.h>
#include <irq/irq.h>
#include <kmap/kmap.h>
#include <log/log.h>
#include <virtio/transport.h>
#include <virtio/virtio.h>
#include <virtio/virtqueue.h>

/* 4.2.2, table 4.1 */
#define REG_MAGIC               0x000
#define REG_VERSION             0x004
#define REG_DEVICE_ID           0x008
#define REG_FEATURES            0x010
#define REG_FEATURES_SEL        0x014
#define REG_DRIVER_FEATURES     0x020
#define REG_DRIVER_FEATURES_SEL 0x024
#define REG_QUEUE_SEL           0x030
#define REG_QUEUE_SIZE_MAX      0x034
#define REG_QUEUE_SIZE          0x038
#define REG_QUEUE_READY         0x044
#define REG_QUEUE_NOTIFY        0x050
#define REG_INTERRUPT_STATUS    0x060
#define REG_INTERRUPT_ACK       0x064
#define REG_STATUS              0x070
#define REG_QUEUE_DESC          0x080 /* low, high, as the next two */
#define REG_QUEUE_DRIVER        0x090
#define REG_QUEUE_DEVICE        0x0a0
#define REG_CONFIG_GENERATION   0x0fc
#define REG_CONFIG              0x100

#define MAGIC            0x74726976 /* "virt" */
#define VERSION_LEGACY   1
#define VERSION_MODERN   2
#define INTERRUPT_QUEUE  1
#define INTERRUPT_CONFIG 2

struct virtio_mmio {
    struct virtio_device vdev;
    char *regs;
};

static char *regs_of(struct virtio_device *vdev)
{
    return container_of(vdev, struct virtio_mmio, vdev)->regs;
}

static uint8_t mmio_status(struct virtio_device *vdev)
{
    return (uint8_t)mmio_read32(regs_of(vdev) + REG_STATUS);
}

static void mmio_set_status(struct virtio_device *vdev, uint8_t status)
{
    mmio_write32(regs_of(vdev) + REG_STATUS, status);
}

static uint64_t mmio_features(struct virtio_device *vdev)
{
    return virtio_read_halves(regs_of(vdev) + REG_FEATURES_SEL, regs_of(vdev) + REG_FEATURES);
}

static void mmio_set_features(struct virtio_device *vdev, uint64_t features)
{
    virtio_write_halves(regs_of(vdev) + REG_DRIVER_FEATURES_SEL,
                        regs_of(vdev) + REG_DRIVER_FEATURES, features);
}

static uint32_t mmio_config_generation(struct virtio_device *vdev)
{
    return mmio_read32(regs_of(vdev) + REG_CONFIG_GENERATION);
}

static uint32_t mmio_config_read(struct virtio_device *vdev, unsigned offset, unsigned nr_bytes)
{
    return mmio_read(regs_of(vdev) + REG_CONFIG + offset, nr_bytes);
}

static unsigned mmio_queue_max_size(struct virtio_device *vdev, unsigned index)
{
    mmio_write32(regs_of(vdev) + REG_QUEUE_SEL, index);
    return mmio_read32(regs_of(vdev) + REG_QUEUE_SIZE_MAX);
}

static int mmio_queue_enable(struct virtio_device *vdev, struct virtqueue *vq)
{
    char *regs = regs_of(vdev);

    mmio_write32(regs + REG_QUEUE_SEL, vq->index);
    if (mmio_read32(regs + REG_QUEUE_READY) != 0)
        return -EIO;
    mmio_write32(regs + REG_QUEUE_SIZE, vq->size);
    virtio_write_address(regs + REG_QUEUE_DESC, vq->desc);
    virtio_write_address(regs + REG_QUEUE_DRIVER, vq->avail);
    virtio_write_address(regs + REG_QUEUE_DEVICE, vq->used);
    mmio_write32(regs + REG_QUEUE_READY, 1);
    return 0;
}

static void mmio_notify(struct virtio_device *vdev, struct virtqueue *vq)
{
    mmio_write32(regs_of(vdev) + REG_QUEUE_NOTIFY, vq->index);
}

static const struct virtio_transport_ops mmio_ops = {
    .status = mmio_status,
    .set_status = mmio_set_status,
    .features = mmio_features,
    .set_features = mmio_set_features,
    .config_generation = mmio_config_generation,
    .config_read = mmio_config_read,
    .queue_max_size = mmio_queue_max_size,
    .queue_enable = mmio_queue_enable,
    .notify = mmio_notify,
};

static void mmio_interrupt(void *ctx)
{
    struct virtio_mmio *mmio = ctx;
    uint32_t status = mmio_read32(mmio->regs + REG_INTERRUPT_STATUS);

    mmio_write32(mmio->regs + REG_INTERRUPT_ACK, status);
    if (status & INTERRUPT_QUEUE)
        virtio_queues_interrupt(&mmio->vdev);
    if (status & INTERRUPT_CONFIG)
        virtio_config_interrupt(&mmio->vdev);
}

/* Return the slot's device id; 0: empty or unsupported. */
static uint32_t identify(const struct device *dev, char *regs)
{
    uint32_t magic = mmio_read32(regs + REG_MAGIC);
    uint32_t version = mmio_read32(regs + REG_VERSION);
    uint32_t id = mmio_read32(regs + REG_DEVICE_ID);

    if (magic != MAGIC) {
        log_warn("%s: no virtio device there (magic %#x)", dev->name, magic);
        return 0;
    }
    if (id != 0 && version == VERSION_LEGACY) {
        log_err("%s: legacy virtio device, not supported; "
                "start QEMU with -global virtio-mmio.force-legacy=false",
                dev->name);
        return 0;
    }
    if (id != 0 && version != VERSION_MODERN) {
        log_err("%s: unknown virtio-mmio version %u", dev->name, version);
        return 0;
    }
    return id;
}

static int virtio_mmio_probe(struct device *dev)
{
    if (dev->nr_regs < 1 || dev->reg[0].size < REG_CONFIG || dev->nr_irqs < 1)
        return -EINVAL;
    char *regs = kmap_device(dev->reg[0].base, dev->reg[0].size);
    if (!regs)
        return -ENOMEM;

    int err = DRIVER_NOTHING;
    uint32_t id = identify(dev, regs);
    if (id == 0)
        goto unmap;
    struct virtio_mmio *mmio = heap_zalloc(sizeof(*mmio));
    err = -ENOMEM;
    if (!mmio)
        goto unmap;
    mmio->regs = regs;
    mmio->vdev.ops = &mmio_ops;
    mmio->vdev.name = dev->name;
    mmio->vdev.device_id = id;
    mmio->vdev.config_bytes = (unsigned)MIN(dev->reg[0].size, PAGE_SIZE) - REG_CONFIG;

    err = irq_register(dev->irq[0], mmio_interrupt, mmio);
    if (err != 0)
        goto free;
    err = virtio_device_add(&mmio->vdev);
    if (err == 0)
        return 0;
    if (err == -ENODEV)
        err = DRIVER_NOTHING; /* no driver for this type: not an error */
    irq_unregister(dev->irq[0]);
free:
    heap_free(mmio);
unmap:
    kmap_unmap(regs, dev->reg[0].size);
    return err;
}

DRIVER(virtio_mmio, virtio_mmio_probe, "virtio,mmio");
