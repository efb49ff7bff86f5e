#include <vfs/device.h>

#include <base/errno.h>
#include <lock/spinlock.h>

static struct spinlock ranges_lock = SPINLOCK_INIT("devices");
/* In order of registration; ranges are never removed. */
static struct list ranges GUARDED_BY(&ranges_lock) = LIST_INIT(ranges);

static struct device_range *find_overlap(uint32_t mode_type, devno_t first, uint32_t nr)
    REQUIRES(&ranges_lock)
{
    struct device_range *range;

    list_for_each_entry(range, &ranges, node)
        if (range->mode_type == mode_type && first < range->first + range->nr &&
            range->first < first + nr)
            return range;
    return NULL;
}

int device_range_register(struct device_range *range)
{
    int ret = -EBUSY;

    spin_lock(&ranges_lock);
    if (!find_overlap(range->mode_type, range->first, range->nr)) {
        list_add_tail(&ranges, &range->node);
        ret = 0;
    }
    spin_unlock(&ranges_lock);
    return ret;
}

const struct device_range *device_range_find(uint32_t mode_type, devno_t rdev)
{
    spin_lock(&ranges_lock);
    const struct device_range *range = find_overlap(mode_type, rdev, 1);

    spin_unlock(&ranges_lock);
    return range;
}

void device_range_for_each(void (*fn)(const struct device_range *range, void *ctx), void *ctx)
{
    struct device_range *range;

    ASSUME_LOCKED(&ranges_lock, "no need: what is complete is added at the end, and never goes");
    list_for_each_entry(range, &ranges, node)
        fn(range, ctx);
}
