/*
 * The transport-independent core: the status dance, feature negotiation, config fields, queues.
 */
#include <virtio/virtio.h>
#include <virtio/virtqueue.h>

#include <base/errno.h>
#include <heap/heap.h>
#include <log/log.h>
#include <random/random.h>

LINKER_SET_DECLARE(virtio_drivers, struct virtio_driver);

/* Features that the core handles for every driver. */
#define CORE_FEATURES                                                                              \
    (VIRTIO_F_VERSION_1 | VIRTIO_F_ACCESS_PLATFORM | VIRTIO_F_INDIRECT_DESC | VIRTIO_F_EVENT_IDX)

#define RESET_POLLS 1000000u

static void status_add(struct virtio_device *vdev, uint8_t bits)
{
    vdev->ops->set_status(vdev, vdev->ops->status(vdev) | bits);
}

/* The device has released all memory only when its status reads 0 (4.1.4.3.2, 2.1.2). */
static bool reset(struct virtio_device *vdev)
{
    vdev->ops->set_status(vdev, 0);
    for (unsigned i = 0; i < RESET_POLLS; i++)
        if (vdev->ops->status(vdev) == 0)
            return true;
    log_err("%s: does not reset", vdev->name);
    return false;
}

static const struct virtio_driver *driver_for(uint32_t device_id)
{
    LINKER_SET_FOREACH(virtio_drivers, struct virtio_driver, driver)
        if (driver->device_id == device_id)
            return driver;
    return NULL;
}

/* 3.1.1, steps 4 to 6 */
static int negotiate(struct virtio_device *vdev, uint64_t known)
{
    uint64_t offered = vdev->ops->features(vdev);

    if (!(offered & VIRTIO_F_VERSION_1)) {
        log_err("%s: offers no VIRTIO_F_VERSION_1; legacy devices are not supported", vdev->name);
        return -ENOTSUP;
    }
    vdev->features = offered & (known | CORE_FEATURES);
    vdev->ops->set_features(vdev, vdev->features);
    status_add(vdev, VIRTIO_STATUS_FEATURES_OK);
    if (!(vdev->ops->status(vdev) & VIRTIO_STATUS_FEATURES_OK)) {
        log_err("%s: refuses the features %#lx out of %#lx", vdev->name,
                (unsigned long)vdev->features, (unsigned long)offered);
        return -ENOTSUP;
    }
    return 0;
}

static void free_queues(struct virtio_device *vdev)
{
    while (vdev->nr_queues > 0) {
        struct virtqueue *vq = vdev->queues[--vdev->nr_queues];
        heap_free(vq->desc);
        heap_free(vq->slots);
        heap_free(vq);
    }
}

int virtio_device_add(struct virtio_device *vdev)
{
    if (!reset(vdev))
        return -EIO;
    status_add(vdev, VIRTIO_STATUS_ACKNOWLEDGE);

    const struct virtio_driver *driver = driver_for(vdev->device_id);
    if (!driver) {
        log_debug("%s: no driver for virtio device type %u", vdev->name, vdev->device_id);
        reset(vdev);
        return -ENODEV;
    }
    status_add(vdev, VIRTIO_STATUS_DRIVER);

    int err = negotiate(vdev, driver->features);
    if (err == 0) {
        vdev->driver = driver;
        err = driver->probe(vdev);
    }
    if (err != 0) {
        vdev->driver = NULL;
        vdev->is_broken = true;
        if (reset(vdev))
            free_queues(vdev);
        vdev->ops->set_status(vdev, VIRTIO_STATUS_FAILED);
        log_err("%s: not usable: error %d", vdev->name, -err);
    }
    return err;
}

void virtio_device_ready(struct virtio_device *vdev)
{
    status_add(vdev, VIRTIO_STATUS_DRIVER_OK);
}

void virtio_queues_interrupt(struct virtio_device *vdev)
{
    if (READ_ONCE(vdev->is_broken))
        return;
    random_add_jitter();
    for (unsigned i = 0; i < vdev->nr_queues; i++) {
        struct virtqueue *vq = vdev->queues[i];
        if (vq->callback)
            vq->callback(vq);
    }
}

void virtio_config_interrupt(struct virtio_device *vdev)
{
    if (READ_ONCE(vdev->is_broken))
        return;
    if (vdev->ops->status(vdev) & VIRTIO_STATUS_NEEDS_RESET)
        virtio_device_break(vdev, "the device asks for a reset");
    else if (vdev->driver && vdev->driver->config_changed)
        vdev->driver->config_changed(vdev);
}

void virtio_device_break(struct virtio_device *vdev, const char *why)
{
    if (__atomic_exchange_n(&vdev->is_broken, 1, __ATOMIC_ACQ_REL))
        return;
    log_err("%s: %s; the device is given up", vdev->name, why);
    /*
     * End the requests even if the reset does not finish: waiting would not stop a device that
     * writes to memory against the rules (only an IOMMU would).
     */
    reset(vdev);
    if (vdev->driver && vdev->driver->broken)
        vdev->driver->broken(vdev);
}

int virtqueue_create(struct virtio_device *vdev, unsigned index, unsigned max_size,
                     void (*callback)(struct virtqueue *vq), void *ctx, struct virtqueue **out)
{
    unsigned size = vdev->ops->queue_max_size(vdev, index);
    int err;

    if (vdev->nr_queues == VIRTIO_QUEUES_MAX)
        return -ENOMEM;
    size = MIN(MIN(size, max_size), 32768u);
    if (size == 0)
        return -ENXIO;
    while (!IS_POWER_OF_2(size))
        size &= size - 1;

    size_t ring_bytes = virtqueue_ring_bytes(size);
    struct virtqueue *vq = heap_zalloc(sizeof(*vq));
    struct virtqueue_slot *slots = heap_calloc(size, sizeof(*slots));
    void *rings = heap_zalloc(ring_bytes);
    if (!vq || !slots || !rings) {
        err = -ENOMEM;
        goto fail;
    }

    virtqueue_init(vq, vdev, index, size, rings, slots);
    vq->callback = callback;
    vq->ctx = ctx;
    err = vdev->ops->queue_enable(vdev, vq);
    if (err != 0)
        goto fail;

    vdev->queues[vdev->nr_queues++] = vq;
    *out = vq;
    return 0;

fail:
    heap_free(rings);
    heap_free(slots);
    heap_free(vq);
    return err;
}

void virtqueue_kick(struct virtqueue *vq)
{
    if (virtqueue_kick_prepare(vq))
        vq->vdev->ops->notify(vq->vdev, vq);
}

/* nr_bytes: 1, 2 or 4 */
static uint32_t config_read(struct virtio_device *vdev, unsigned offset, unsigned nr_bytes)
{
    if (nr_bytes > vdev->config_bytes || offset > vdev->config_bytes - nr_bytes)
        return 0;
    return vdev->ops->config_read(vdev, offset, nr_bytes);
}

uint8_t virtio_config_u8(struct virtio_device *vdev, unsigned offset)
{
    return (uint8_t)config_read(vdev, offset, 1);
}

uint16_t virtio_config_u16(struct virtio_device *vdev, unsigned offset)
{
    return (uint16_t)config_read(vdev, offset, 2);
}

uint32_t virtio_config_u32(struct virtio_device *vdev, unsigned offset)
{
    return config_read(vdev, offset, 4);
}

uint64_t virtio_config_u64(struct virtio_device *vdev, unsigned offset)
{
    uint64_t value = 0;

    /* Parts of one state have the same generation (2.5.3); bound the retries for a device that
     * keeps changing it. */
    for (unsigned i = 0; i < 100; i++) {
        uint32_t before = vdev->ops->config_generation(vdev);
        value = config_read(vdev, offset, 4);
        value |= (uint64_t)config_read(vdev, offset + 4, 4) << 32;
        if (vdev->ops->config_generation(vdev) == before)
            break;
    }
    return value;
}
