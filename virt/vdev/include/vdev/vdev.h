/*
 * Emulated devices of a guest: what their registers answer. They are found by their address in the
 * guest's physical space, where each is a VMA (virt/gstage).
 *
 * A device model is a pure state machine behind two functions. It takes no locks: the machine that
 * owns it calls it with its device lock held, for one guest access or one event of the host at a
 * time. An access outside of every device is the caller's business (the guest gets an access
 * fault).
 */
#ifndef VDEV_VDEV_H
#define VDEV_VDEV_H

#include <base/compiler.h>
#include <base/types.h>

struct vdev;

struct vdev_ops {
    /*
     * offset: into the device, offset + size <= device size. size: 1, 2, 4 or 8. An access that the
     * registers do not support reads as zero and writes nothing; a guest's access never fails.
     */
    uint64_t (*read)(struct vdev *dev, uint64_t offset, unsigned size);
    void (*write)(struct vdev *dev, uint64_t offset, unsigned size, uint64_t value);
};

/* Embedded in the model's own structure. */
struct vdev {
    const char *name;
    gpa_t base;
    uint64_t size;
    const struct vdev_ops *ops;
};

/* A level-triggered interrupt line from a model to whatever takes interrupts. */
struct vdev_irq {
    void (*set)(void *ctx, unsigned irq, bool is_raised); /* NULL: not connected */
    void *ctx;
    unsigned irq;
};

static inline void vdev_irq_set(const struct vdev_irq *line, bool is_raised)
{
    if (line->set)
        line->set(line->ctx, line->irq, is_raised);
}

#endif
