/*
 * Split virtqueues, the driver's side (Virtio 1.2, 2.7).
 *
 * A queue is three rings in memory shared with the device: descriptors (what memory), available
 * (what the driver offers) and used (what the device has done). A driver adds chains of buffers,
 * each with a token of its own; kicks; and takes the tokens back as the device returns them, in any
 * order.
 *
 * The device is not trusted. Nothing that it can write is used before it is checked, and everything
 * the driver needs to remember is kept outside the shared rings: the free list, the chain behind
 * each head, its token and how many bytes the device was allowed to write. A used entry that names
 * no outstanding chain, claims more bytes than that, or a used index that runs ahead of what was
 * offered breaks the queue: is_broken is set, virtqueue_get returns NULL from then on, and the
 * driver calls virtio_device_break.
 *
 * Locking: the driver's lock is held around every function here that takes a queue.
 */
#ifndef VIRTIO_VIRTQUEUE_H
#define VIRTIO_VIRTQUEUE_H

#include <base/types.h>

struct virtio_device;

/* 2.7.5; little-endian, as are all machines that we run on */
struct virtqueue_desc {
    uint64_t addr; /* physical */
    uint32_t len;
    uint16_t flags; /* VIRTQUEUE_DESC_ */
    uint16_t next;
};
#define VIRTQUEUE_DESC_NEXT     1
#define VIRTQUEUE_DESC_WRITE    2 /* the device writes it */
#define VIRTQUEUE_DESC_INDIRECT 4

/* 2.7.6 */
struct virtqueue_avail {
    uint16_t flags;
    uint16_t idx;
    uint16_t ring[]; /* size entries, then used_event */
};
#define VIRTQUEUE_AVAIL_NO_INTERRUPT 1

struct virtqueue_used_elem {
    uint32_t id;
    uint32_t len;
};

/* 2.7.8 */
struct virtqueue_used {
    uint16_t flags;
    uint16_t idx;
    struct virtqueue_used_elem ring[]; /* size entries, then avail_event (16 bits) */
};
#define VIRTQUEUE_USED_NO_NOTIFY 1

/* The driver's private record of a descriptor. */
struct virtqueue_slot {
    void *token;        /* of the chain whose head this is; NULL: not an outstanding head */
    uint32_t max_bytes; /* most bytes that the device may write to the chain */
    uint16_t nr_descs;  /* in the ring (1 for an indirect chain) */
    uint16_t next;      /* free list, or the rest of the chain */
};

struct virtqueue {
    /* [I] */
    struct virtio_device *vdev;
    unsigned index;
    uint16_t size; /* a power of two */
    bool has_event_idx, has_indirect;
    struct virtqueue_desc *desc;
    struct virtqueue_avail *avail;
    struct virtqueue_used *used;
    struct virtqueue_slot *slots;
    void (*callback)(struct virtqueue *vq); /* used buffers arrived; interrupt context */
    void *ctx;                              /* the driver's */
    uint64_t notify_where;                  /* the transport's */

    /* the driver's lock */
    uint16_t free_head, nr_free;
    uint16_t avail_idx;      /* our copy of avail->idx */
    uint16_t kicked_idx;     /* avail_idx at the last kick */
    uint16_t last_used;      /* next used entry to take */
    uint16_t nr_outstanding; /* chains owned by the device */
    bool wants_callbacks;
    bool is_broken;
    const char *broken_why;
};

/* A piece of memory in the direct map. */
struct virtio_buffer {
    void *data;
    uint32_t len;
};

/* Memory for the three rings of a queue, to be aligned to 16 bytes and physically contiguous. */
size_t virtqueue_ring_bytes(unsigned size);

/*
 * Lay a queue out over rings (virtqueue_ring_bytes(size), zeroed) and slots (size of them). size: a
 * power of two up to 32768. Features are taken from vdev.
 */
void virtqueue_init(struct virtqueue *vq, struct virtio_device *vdev, unsigned index, unsigned size,
                    void *rings, struct virtqueue_slot *slots);

/*
 * Allocate queue number index with at most max_size entries, enable it in the device and store it
 * in vdev. Callbacks are on. 0, -ENXIO (the device has no such queue), -ENOMEM, -EIO. Thread
 * context, in probe.
 */
MUST_CHECK int virtqueue_create(struct virtio_device *vdev, unsigned index, unsigned max_size,
                                void (*callback)(struct virtqueue *vq), void *ctx,
                                struct virtqueue **out);

/*
 * Offer a chain: nr_out buffers that the device reads, then nr_in that it writes. virtqueue_get()
 * returns token, which is not NULL. indirect, if not NULL and supported by the device, is memory of
 * the caller for nr_out + nr_in descriptors (direct map, 16-byte aligned, unchanged until the chain
 * is returned); the chain then takes one entry of the queue. 0, -ENOSPC (queue full: try after a
 * completion), -EIO (broken), -EINVAL (no buffers or an empty one).
 */
MUST_CHECK int virtqueue_add(struct virtqueue *vq, const struct virtio_buffer *buffers,
                             unsigned nr_out, unsigned nr_in, void *token,
                             struct virtqueue_desc *indirect);

/*
 * True if the device wants a notification of the chains added since the last kick; the caller then
 * notifies.
 */
MUST_CHECK bool virtqueue_kick_prepare(struct virtqueue *vq);

/* virtqueue_kick_prepare and the notification. */
void virtqueue_kick(struct virtqueue *vq);

/*
 * The next finished chain's token, with the number of bytes that the device says it wrote (never
 * more than the chain had room for); NULL when there is none or the queue is broken.
 */
MUST_CHECK void *virtqueue_get(struct virtqueue *vq, uint32_t *nr_written);

/* Suppress callbacks: a hint to the device, callbacks may still come. */
void virtqueue_disable_callbacks(struct virtqueue *vq);

/* Turn callbacks on; false: used buffers are pending already (call virtqueue_get() again). */
MUST_CHECK bool virtqueue_enable_callbacks(struct virtqueue *vq);

/*
 * After the device was reset: the next outstanding token, which then is the driver's again; NULL:
 * none.
 */
MUST_CHECK void *virtqueue_detach(struct virtqueue *vq);

#endif
