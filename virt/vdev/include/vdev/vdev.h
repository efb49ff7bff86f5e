/*
 * Emulated devices of a guest: the operations of a model, and the list of devices by address.
 *
 * A device model embeds a struct vdev. Its operations are called without locks, on any vCPU's
 * thread, possibly concurrently: the model takes a lock of its own (a spinlock with interrupts
 * masked if it is used in interrupts, a mutex if it sleeps), and under it calls only what comes
 * later in the lock order: its interrupt line and back end.
 *
 * The list belongs to a guest. It is immutable once the guest runs, so that an exit looks a device
 * up once and takes no lock but the device's.
 */
#ifndef VDEV_VDEV_H
#define VDEV_VDEV_H

#include <base/compiler.h>
#include <base/types.h>

#define VDEVS_MAX 32 /* per guest */

struct gstage;
struct vdev;

struct vdev_ops {
    /*
     * offset: into the device, offset + size <= device size. size: 1, 2, 4 or 8. An access that the
     * registers do not support reads as zero and writes nothing; a guest's access never fails. May
     * sleep.
     */
    uint64_t (*read)(struct vdev *dev, uint64_t offset, unsigned size);
    void (*write)(struct vdev *dev, uint64_t offset, unsigned size, uint64_t value);

    /*
     * True while such an access can use pages behind the device, which are then mapped instead of
     * emulating it (a flash bank in read mode). A stale result is harmless: read() returns what the
     * pages hold, and if the pages are gone the guest repeats the access. NULL: never. Any context.
     */
    bool (*is_memory)(const struct vdev *dev, bool is_write);
};

/* A level-triggered interrupt line from a model to an interrupt controller. */
struct vdev_irq {
    void (*set)(void *ctx, unsigned irq, bool is_raised); /* any context; NULL: not connected */
    void *ctx;
    unsigned irq;
};

/* Embedded in the model's own structure. [I] once it is in a list */
struct vdev {
    const char *name;
    gpa_t base;
    uint64_t size;
    const struct vdev_ops *ops;
    struct vdev_irq irq;
    struct gstage *memory; /* guest memory for DMA by gstage_map(); set when it is added */
};

static inline void vdev_irq_set(const struct vdev *dev, bool is_raised)
{
    if (dev->irq.set)
        dev->irq.set(dev->irq.ctx, dev->irq.irq, is_raised);
}

/* Zeroed memory is an empty list. [I] while the guest runs */
struct vdev_list {
    struct vdev *devices[VDEVS_MAX]; /* by base */
    unsigned nr;
    uint64_t end; /* end of the highest device */
};

/*
 * Add a device. -EINVAL: it is empty, wraps or has no operations; -EEXIST: it overlaps another;
 * -ENOSPC: the list is full. The guest does not run yet.
 */
int vdev_list_add(struct vdev_list *list, struct vdev *dev) MUST_CHECK;

/* True if a device overlaps the range. An empty range overlaps nothing. */
bool vdev_list_overlaps(const struct vdev_list *list, gpa_t gpa, uint64_t nr_bytes);

/* The slow part of vdev_list_find(). */
struct vdev *vdev_list_search(const struct vdev_list *list, gpa_t gpa);

/* Find the device whose range contains gpa, or NULL. Any context. Fast for RAM above all
 * devices. */
static inline struct vdev *vdev_list_find(const struct vdev_list *list, gpa_t gpa)
{
    return likely(gpa.v >= list->end) ? NULL : vdev_list_search(list, gpa);
}

/* True if an access that starts at gpa inside the device also ends inside. */
static inline bool vdev_is_inside(const struct vdev *dev, gpa_t gpa, unsigned size)
{
    return size <= dev->size - (gpa.v - dev->base.v);
}

#endif
