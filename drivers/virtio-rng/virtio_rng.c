/*
 * Virtio entropy device (Virtio 1.2, 5.4): one buffer is filled at boot and refilled after each
 * answer, up to a number of times. The bytes are mixed into core/random, never used directly, so
 * that a malicious device can only give false credit.
 */
#include <base/errno.h>
#include <heap/heap.h>
#include <lock/spinlock.h>
#include <random/random.h>
#include <virtio/virtio.h>
#include <virtio/virtqueue.h>

#define SEED_BYTES 64
/* Refills per boot: QEMU sets no limit, and the host's entropy is not ours to drain. */
#define REFILLS 4

struct virtio_rng {
    struct virtio_device *vdev;
    struct virtqueue *vq GUARDED_BY(&lock); /* [lock] */
    struct spinlock lock;
    unsigned nr_left GUARDED_BY(&lock); /* [lock] */
    uint8_t *seed;                      /* SEED_BYTES in the direct map */
};

static void ask(struct virtio_rng *rng) REQUIRES(&rng->lock)
{
    struct virtio_buffer buffer = {rng->seed, SEED_BYTES};

    if (rng->nr_left == 0 || virtqueue_add(rng->vq, &buffer, 0, 1, rng, NULL) != 0)
        return;
    rng->nr_left--;
    virtqueue_kick(rng->vq);
}

static void queue_callback(struct virtqueue *vq)
{
    struct virtio_rng *rng = vq->ctx;
    uint32_t nr_bytes;

    unsigned long flags = spin_lock_irqsave(&rng->lock);
    while (virtqueue_get(vq, &nr_bytes)) {
        random_add(rng->seed, nr_bytes, nr_bytes * 8);
        ask(rng);
    }
    const char *broken = vq->is_broken ? vq->broken_why : NULL;
    spin_unlock_irqrestore(&rng->lock, flags);
    if (broken)
        virtio_device_break(rng->vdev, broken);
}

static int rng_probe(struct virtio_device *vdev)
{
    struct virtio_rng *rng = heap_zalloc(sizeof(*rng));
    int err = -ENOMEM;

    if (!rng)
        return err;
    rng->vdev = vdev;
    spin_init(&rng->lock, "virtio-rng");
    rng->nr_left = REFILLS;
    rng->seed = heap_zalloc(SEED_BYTES);
    if (!rng->seed)
        goto fail;
    err = virtqueue_create(vdev, 0, 4, queue_callback, rng, &rng->vq);
    if (err != 0)
        goto fail;
    virtio_device_ready(vdev);
    LOCK_GIVEN(&rng->lock, "set up: from here on interrupts may want it");
    unsigned long flags = spin_lock_irqsave(&rng->lock);
    ask(rng);
    spin_unlock_irqrestore(&rng->lock, flags);
    return 0;

fail:
    heap_free(rng->seed);
    heap_free(rng);
    return err;
}

VIRTIO_DRIVER(virtio_rng) = {
    .name = "virtio-rng",
    .device_id = VIRTIO_ID_RNG,
    .probe = rng_probe,
};
