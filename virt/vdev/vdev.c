/*
 * The table of emulated devices; see vdev.h. A guest has a handful, so the search is linear.
 */
#include <base/errno.h>
#include <vdev/vdev.h>

int vdev_table_add(struct vdev_table *table, struct vdev *dev)
{
    const uint64_t last = dev->base.v + (dev->size - 1);

    if (dev->size == 0 || last < dev->base.v)
        return -EINVAL;
    for (unsigned i = 0; i < table->nr_devs; i++) {
        const struct vdev *other = table->devs[i];

        if (dev->base.v <= other->base.v + (other->size - 1) && other->base.v <= last)
            return -EEXIST;
    }
    if (table->nr_devs == VDEV_TABLE_MAX)
        return -ENOSPC;
    table->devs[table->nr_devs++] = dev;
    return 0;
}

struct vdev *vdev_table_find(const struct vdev_table *table, gpa_t gpa, unsigned size)
{
    for (unsigned i = 0; i < table->nr_devs; i++) {
        struct vdev *dev = table->devs[i];
        const uint64_t offset = gpa.v - dev->base.v;

        if (offset < dev->size && size <= dev->size - offset)
            return dev;
    }
    return NULL;
}
