/*
 * Virtio 1.x, the driver's side, independent of the transport (OASIS "Virtual I/O Device (VIRTIO)
 * 1.2").
 *
 * A transport (drivers/virtio-mmio, drivers/virtio-pci) finds devices, fills a struct virtio_device
 * and calls virtio_device_add(), which negotiates features and probes the driver that registered
 * for the device's type with VIRTIO_DRIVER. A driver works with virtqueues (virtqueue.h) and the
 * config space.
 *
 * The device is not trusted: everything that it writes is checked before use (virtqueue.h); one
 * that breaks the rules is reset, marked broken and reported in one line, and its requests fail
 * with -EIO.
 *
 * Life cycle (2.1, 3.1.1): reset -> ACKNOWLEDGE -> DRIVER -> features -> FEATURES_OK -> probe sets
 * up queues -> DRIVER_OK -> live; any failure -> FAILED.
 */
#ifndef VIRTIO_VIRTIO_H
#define VIRTIO_VIRTIO_H

#include <base/types.h>
#include <base/linkerset.h>

/* Device types (5) */
#define VIRTIO_ID_NET     1
#define VIRTIO_ID_BLOCK   2
#define VIRTIO_ID_CONSOLE 3
#define VIRTIO_ID_RNG     4

/* Device status (2.1) */
#define VIRTIO_STATUS_ACKNOWLEDGE 1
#define VIRTIO_STATUS_DRIVER      2
#define VIRTIO_STATUS_DRIVER_OK   4
#define VIRTIO_STATUS_FEATURES_OK 8
#define VIRTIO_STATUS_NEEDS_RESET 64
#define VIRTIO_STATUS_FAILED      128

/* Features that belong to no device type (6) */
#define VIRTIO_F_INDIRECT_DESC   BIT(28)
#define VIRTIO_F_EVENT_IDX       BIT(29)
#define VIRTIO_F_VERSION_1       BIT(32)
#define VIRTIO_F_ACCESS_PLATFORM BIT(33)
#define VIRTIO_F_RING_PACKED     BIT(34)

struct virtio_device;
struct virtqueue;

/* Operations of a transport. Offsets and widths are in the device's config space. */
struct virtio_transport_ops {
    uint8_t (*status)(struct virtio_device *vdev);
    void (*set_status)(struct virtio_device *vdev, uint8_t status); /* 0 resets and waits for it */
    uint64_t (*features)(struct virtio_device *vdev);
    void (*set_features)(struct virtio_device *vdev, uint64_t features);
    uint32_t (*config_generation)(struct virtio_device *vdev);
    /* One access of 1, 2 or 4 bytes, naturally aligned, inside config_bytes. */
    uint32_t (*config_read)(struct virtio_device *vdev, unsigned offset, unsigned nr_bytes);
    unsigned (*queue_max_size)(struct virtio_device *vdev, unsigned index); /* 0: no such queue */
    /* Set the queue's addresses in the device and enable it. */
    int (*queue_enable)(struct virtio_device *vdev, struct virtqueue *vq);
    void (*notify)(struct virtio_device *vdev, struct virtqueue *vq);
};

struct virtio_driver;

#define VIRTIO_QUEUES_MAX 4

struct virtio_device {
    /* Set by the transport before virtio_device_add(). */
    const struct virtio_transport_ops *ops;
    const char *name;      /* for log lines: "virtio-mmio@10008000", "virtio-pci 00:01.0" */
    uint32_t device_id;    /* VIRTIO_ID_ */
    unsigned config_bytes; /* size of the config space that may be touched */

    /* Private to the core. */
    uint64_t features; /* negotiated */
    const struct virtio_driver *driver;
    void *driver_data;
    uint32_t is_broken; /* [a] not 0: the device broke the rules or was reset; no more I/O */
    unsigned nr_queues;
    struct virtqueue *queues[VIRTIO_QUEUES_MAX];
};

struct virtio_driver {
    const char *name;
    uint32_t device_id;
    uint64_t
        features; /* device-type features that the driver knows; the generic ones are the core's */
    /*
     * Set up queues and call virtio_device_ready() before the first request. Thread context. On a
     * negative value (the driver has freed its own allocations) the core resets the device and
     * frees its queues.
     */
    int (*probe)(struct virtio_device *vdev);
    void (*config_changed)(struct virtio_device *vdev); /* may be NULL; interrupt context */
    /* The device is broken and was reset: fail outstanding requests. May be NULL. Any context. */
    void (*broken)(struct virtio_device *vdev);
};

#define VIRTIO_DRIVER(name) LINKER_SET_ITEM(virtio_drivers, struct virtio_driver, name)

/*
 * For transports: negotiates and probes. -ENODEV (no driver; the device is left reset), -ENOTSUP
 * (the device lacks VERSION_1 or refuses the features), or the probe's error. Thread context.
 */
MUST_CHECK int virtio_device_add(struct virtio_device *vdev);

/* For transports: handle an interrupt for used buffers; for a changed configuration. */
void virtio_queues_interrupt(struct virtio_device *vdev);
void virtio_config_interrupt(struct virtio_device *vdev);

static inline bool virtio_has_feature(const struct virtio_device *vdev, uint64_t feature)
{
    return (vdev->features & feature) != 0;
}

/* Set DRIVER_OK. */
void virtio_device_ready(struct virtio_device *vdev);

/*
 * Reset the device, mark it broken, log the reason once and call the driver's broken(). Any
 * context, without the driver's lock.
 */
void virtio_device_break(struct virtio_device *vdev, const char *why);

/*
 * Config space fields, little-endian (2.5). Multi-part reads are repeated until the generation is
 * stable. Fields outside the device's config space read as 0.
 */
uint8_t virtio_config_u8(struct virtio_device *vdev, unsigned offset);
uint16_t virtio_config_u16(struct virtio_device *vdev, unsigned offset);
uint32_t virtio_config_u32(struct virtio_device *vdev, unsigned offset);
uint64_t virtio_config_u64(struct virtio_device *vdev, unsigned offset);

#endif
