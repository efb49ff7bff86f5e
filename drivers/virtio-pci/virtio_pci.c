/*
 * Virtio over PCI (Virtio 1.2, 4.1), modern interface only; transitional devices are driven through
 * their modern capabilities. Interrupts come by INTx and the ISR register.
 */
#include <arch/memory.h>
#include <arch/mmio.h>
#include <base/errno.h>
#include <heap/heap.h>
#include <kmap/kmap.h>
#include <log/log.h>
#include <pci/pci.h>
#include <virtio/transport.h>
#include <virtio/virtio.h>
#include <virtio/virtqueue.h>

/* 4.1.2 */
#define VENDOR_ID        0x1af4
#define DEVICE_ID_FIRST  0x1000
#define DEVICE_ID_MODERN 0x1040 /* + device type */
#define DEVICE_ID_LAST   0x107f

/* struct virtio_pci_cap (4.1.4) */
#define CAP_LENGTH     2
#define CAP_TYPE       3
#define CAP_BAR        4
#define CAP_OFFSET     8
#define CAP_SIZE       12
#define CAP_MULTIPLIER 16 /* of the notification capability only */

#define CAP_TYPE_COMMON 1
#define CAP_TYPE_NOTIFY 2
#define CAP_TYPE_ISR    3
#define CAP_TYPE_DEVICE 4
#define NR_CAP_TYPES    5

/* struct virtio_pci_common_cfg (4.1.4.3) */
#define COMMON_FEATURES_SEL        0x00
#define COMMON_FEATURES            0x04
#define COMMON_DRIVER_FEATURES_SEL 0x08
#define COMMON_DRIVER_FEATURES     0x0c
#define COMMON_STATUS              0x14
#define COMMON_CONFIG_GENERATION   0x15
#define COMMON_QUEUE_SEL           0x16
#define COMMON_QUEUE_SIZE          0x18
#define COMMON_QUEUE_ENABLE        0x1c
#define COMMON_QUEUE_NOTIFY_OFF    0x1e
#define COMMON_QUEUE_DESC          0x20 /* low, high, as the next two */
#define COMMON_QUEUE_DRIVER        0x28
#define COMMON_QUEUE_DEVICE        0x30
#define COMMON_BYTES               0x38

#define ISR_QUEUE  1
#define ISR_CONFIG 2

struct region {
    char *at;
    uint32_t size;
};

struct virtio_pci {
    struct virtio_device vdev;
    struct pci_device *pci;
    struct region regions[NR_CAP_TYPES];
    uint32_t notify_multiplier;
};

static struct virtio_pci *pci_of(struct virtio_device *vdev)
{
    return container_of(vdev, struct virtio_pci, vdev);
}

static char *common_of(struct virtio_device *vdev)
{
    return pci_of(vdev)->regions[CAP_TYPE_COMMON].at;
}

static uint8_t pci_status(struct virtio_device *vdev)
{
    return mmio_read8(common_of(vdev) + COMMON_STATUS);
}

static void pci_set_status(struct virtio_device *vdev, uint8_t status)
{
    mmio_write8(common_of(vdev) + COMMON_STATUS, status);
}

static uint64_t pci_features(struct virtio_device *vdev)
{
    return virtio_read_halves(common_of(vdev) + COMMON_FEATURES_SEL,
                              common_of(vdev) + COMMON_FEATURES);
}

static void pci_set_features(struct virtio_device *vdev, uint64_t features)
{
    virtio_write_halves(common_of(vdev) + COMMON_DRIVER_FEATURES_SEL,
                        common_of(vdev) + COMMON_DRIVER_FEATURES, features);
}

static uint32_t pci_config_generation(struct virtio_device *vdev)
{
    return mmio_read8(common_of(vdev) + COMMON_CONFIG_GENERATION);
}

static uint32_t pci_config_read(struct virtio_device *vdev, unsigned offset, unsigned nr_bytes)
{
    return mmio_read(pci_of(vdev)->regions[CAP_TYPE_DEVICE].at + offset, nr_bytes);
}

static unsigned pci_queue_max_size(struct virtio_device *vdev, unsigned index)
{
    mmio_write16(common_of(vdev) + COMMON_QUEUE_SEL, (uint16_t)index);
    return mmio_read16(common_of(vdev) + COMMON_QUEUE_SIZE);
}

static int pci_queue_enable(struct virtio_device *vdev, struct virtqueue *vq)
{
    struct virtio_pci *pci = pci_of(vdev);
    struct region *notify = &pci->regions[CAP_TYPE_NOTIFY];
    char *common = common_of(vdev);

    mmio_write16(common + COMMON_QUEUE_SEL, (uint16_t)vq->index);
    uint64_t where =
        (uint64_t)mmio_read16(common + COMMON_QUEUE_NOTIFY_OFF) * pci->notify_multiplier;
    if (where + 2 > notify->size || where % 2 != 0)
        return -EIO;
    vq->notify_where = where;
    mmio_write16(common + COMMON_QUEUE_SIZE, vq->size);
    virtio_write_address(common + COMMON_QUEUE_DESC, vq->desc);
    virtio_write_address(common + COMMON_QUEUE_DRIVER, vq->avail);
    virtio_write_address(common + COMMON_QUEUE_DEVICE, vq->used);
    mmio_write16(common + COMMON_QUEUE_ENABLE, 1);
    return 0;
}

static void pci_notify(struct virtio_device *vdev, struct virtqueue *vq)
{
    mmio_write16(pci_of(vdev)->regions[CAP_TYPE_NOTIFY].at + vq->notify_where, (uint16_t)vq->index);
}

static const struct virtio_transport_ops pci_ops = {
    .status = pci_status,
    .set_status = pci_set_status,
    .features = pci_features,
    .set_features = pci_set_features,
    .config_generation = pci_config_generation,
    .config_read = pci_config_read,
    .queue_max_size = pci_queue_max_size,
    .queue_enable = pci_queue_enable,
    .notify = pci_notify,
};

static void pci_interrupt(void *ctx)
{
    struct virtio_pci *pci = ctx;
    uint8_t isr = mmio_read8(pci->regions[CAP_TYPE_ISR].at); /* reading lowers the line */

    if (isr & ISR_QUEUE)
        virtio_queues_interrupt(&pci->vdev);
    if (isr & ISR_CONFIG)
        virtio_config_interrupt(&pci->vdev);
}

/*
 * Map the first capability of each type that lies inside its BAR (4.1.4: the first is preferred).
 */
static void map_regions(struct virtio_pci *pci)
{
    struct pci_device *dev = pci->pci;
    struct pci_cap_walk walk = {0};
    unsigned cap;

    while ((cap = pci_next_capability(&dev->config, &walk, PCI_CAP_VENDOR)) != 0) {
        unsigned type = pci_read8(dev, cap + CAP_TYPE);
        unsigned least = type == CAP_TYPE_NOTIFY ? 20 : 16;

        if (cap + least >
            0x100) /* end of the space for capabilities; wider reads must stay inside */
            continue;
        if (type == 0 || type >= NR_CAP_TYPES || pci->regions[type].at ||
            pci_read8(dev, cap + CAP_LENGTH) < least)
            continue;
        uint32_t offset = pci_read32(dev, cap + CAP_OFFSET);
        uint32_t size = MIN(pci_read32(dev, cap + CAP_SIZE), (uint32_t)MIB(1));
        if (type != CAP_TYPE_ISR && offset % 4 != 0) /* 4.1.4: fields are naturally aligned */
            continue;
        char *at = pci_map_bar(dev, pci_read8(dev, cap + CAP_BAR), offset, size);
        if (!at)
            continue;
        pci->regions[type] = (struct region){at, size};
        if (type == CAP_TYPE_NOTIFY)
            pci->notify_multiplier = pci_read32(dev, cap + CAP_MULTIPLIER);
    }
}

static void unmap_regions(struct virtio_pci *pci)
{
    for (unsigned i = 0; i < NR_CAP_TYPES; i++)
        if (pci->regions[i].at)
            kmap_unmap(pci->regions[i].at, pci->regions[i].size);
}

static int virtio_pci_probe(struct pci_device *dev)
{
    int err = -ENOTSUP;
    struct virtio_pci *pci = heap_zalloc(sizeof(*pci));

    if (!pci)
        return -ENOMEM;
    pci->pci = dev;
    pci->vdev.ops = &pci_ops;
    pci->vdev.name = dev->name;
    pci->vdev.device_id = dev->device_id >= DEVICE_ID_MODERN ? dev->device_id - DEVICE_ID_MODERN
                                                             : pci_read16(dev, PCI_SUBSYSTEM_ID);
    map_regions(pci);
    pci->vdev.config_bytes = pci->regions[CAP_TYPE_DEVICE].size;
    if (pci->regions[CAP_TYPE_COMMON].size < COMMON_BYTES || !pci->regions[CAP_TYPE_NOTIFY].at ||
        !pci->regions[CAP_TYPE_ISR].at) {
        log_err(
            "%s: virtio device without the modern capabilities; legacy devices are not supported",
            dev->name);
        goto unmap;
    }
    /* From here on the handler may run: keep the structure even if the device is not used. */
    pci->vdev.is_broken = true;
    err = pci_irq_register(dev, pci_interrupt, pci);
    if (err != 0)
        goto unmap;
    pci->vdev.is_broken = false;
    err = virtio_device_add(&pci->vdev);
    return err == -ENODEV ? 0 : err;

unmap:
    unmap_regions(pci);
    heap_free(pci);
    return err;
}

PCI_DRIVER(virtio_pci) = {
    .name = "virtio-pci",
    .vendor_id = VENDOR_ID,
    .device_first = DEVICE_ID_FIRST,
    .device_last = DEVICE_ID_LAST,
    .probe = virtio_pci_probe,
};
