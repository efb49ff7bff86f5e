/*
 * /dev/defect, for tests/system/fuzz_calls_test.py: to map it while it is open twice is a bug of
 * the kernel, which the fuzzer of system calls is to find and make small.
 */
#include <devfs/devfs.h>
#include <log/log.h>
#include <vfs/device.h>
#include <vfs/vfs.h>

#define DEFECT_MAJOR 240

static uint32_t nr_readers; /* [a] */

static void defect_release(struct file *file)
{
    if (!file->can_write)
        __atomic_fetch_sub(&nr_readers, 1, __ATOMIC_RELAXED);
}

static int defect_open(struct file *file)
{
    if (!file->can_write)
        __atomic_fetch_add(&nr_readers, 1, __ATOMIC_RELAXED);
    else if (__atomic_load_n(&nr_readers, __ATOMIC_RELAXED) != 0)
        panic("defect: opened for writing while somebody reads");
    return 0;
}

static const struct file_ops defect_ops = {.open = defect_open, .release = defect_release};
static struct device_range defect_range = {.name = "defect",
                                           .mode_type = S_IFCHR,
                                           .first = DEVNO(DEFECT_MAJOR, 0),
                                           .nr = 1,
                                           .ops = &defect_ops};

int defect_init(void);
int defect_init(void)
{
    int ret = device_range_register(&defect_range);

    return ret == 0 ? devfs_add("defect", S_IFCHR | 0666, DEVNO(DEFECT_MAJOR, 0)) : ret;
}
