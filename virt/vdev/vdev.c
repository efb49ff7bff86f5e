/*
 * The devices of a guest by address; see vdev.h.
 */
#include <base/errno.h>
#include <vdev/vdev.h>

/* Count the devices with base at or below gpa. */
static unsigned count_up_to(const struct vdev_list *list, uint64_t gpa)
{
    unsigned low = 0, high = list->nr;

    while (low < high) {
        const unsigned middle = (low + high) / 2;

        if (list->devices[middle]->base.v <= gpa)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct vdev *vdev_list_search(const struct vdev_list *list, gpa_t gpa)
{
    const unsigned n = count_up_to(list, gpa.v);
    struct vdev *dev = n ? list->devices[n - 1] : NULL;

    return dev && gpa.v - dev->base.v < dev->size ? dev : NULL;
}

bool vdev_list_overlaps(const struct vdev_list *list, gpa_t gpa, uint64_t nr_bytes)
{
    if (nr_bytes == 0)
        return false;
    const unsigned n = count_up_to(list, gpa.v);
    const struct vdev *below = n ? list->devices[n - 1] : NULL;
    const struct vdev *above = n < list->nr ? list->devices[n] : NULL;

    return (below && gpa.v - below->base.v < below->size) ||
           (above && above->base.v - gpa.v < nr_bytes);
}

int vdev_list_add(struct vdev_list *list, struct vdev *dev)
{
    if (dev->size == 0 || dev->base.v + dev->size < dev->base.v || !dev->ops || !dev->ops->read ||
        !dev->ops->write)
        return -EINVAL;
    if (vdev_list_overlaps(list, dev->base, dev->size))
        return -EEXIST;
    if (list->nr == VDEVS_MAX)
        return -ENOSPC;
    const unsigned at = count_up_to(list, dev->base.v);

    for (unsigned i = list->nr++; i > at; i--)
        list->devices[i] = list->devices[i - 1];
    list->devices[at] = dev;
    list->end = MAX(list->end, dev->base.v + dev->size);
    return 0;
}
