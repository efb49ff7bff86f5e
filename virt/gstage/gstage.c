/*
 * Guest-physical memory on top of mm/vspace; see gstage.h.
 */
#include <base/errno.h>
#include <gstage/gstage.h>

int gstage_init(struct gstage *gs)
{
    gs->devices = (struct vdev_list){0};
    return vspace_init(&gs->vs, VSPACE_GSTAGE, 0, GSTAGE_LIMIT);
}

void gstage_destroy(struct gstage *gs)
{
    vspace_destroy(&gs->vs);
}

static int add(struct gstage *gs, struct vspace_map_request *request)
{
    uint64_t addr;

    if (!IS_ALIGNED(request->addr | request->size | request->offset, PAGE_SIZE) ||
        request->addr >= GSTAGE_LIMIT || request->size > GSTAGE_LIMIT - request->addr)
        return -EINVAL;
    if (vdev_list_overlaps(&gs->devices, GPA(request->addr), request->size))
        return -EEXIST;
    request->options = VSPACE_FIXED | VSPACE_NO_REPLACE;
    return vspace_map(&gs->vs, request, &addr);
}

/* Below this size RAM is given page by page: a small guest should stay small. */
#define LARGE_RAM MIB(64)

int gstage_add_ram(struct gstage *gs, gpa_t gpa, uint64_t size)
{
    struct vspace_map_request request = {
        .addr = gpa.v,
        .size = size,
        .flags = VMA_READ | VMA_WRITE | VMA_EXEC | (size >= LARGE_RAM ? VMA_LARGE : 0),
        .ops = &vma_anonymous,
    };

    return add(gs, &request);
}

int gstage_add_host(struct gstage *gs, gpa_t gpa, paddr_t pa, uint64_t size, uint32_t rights)
{
    struct vspace_map_request request = {
        .addr = gpa.v,
        .size = size,
        .flags = rights | VMA_SHARED,
        .ops = &vma_physical,
        .offset = pa.v,
    };

    return add(gs, &request);
}

/* True if the range overlaps memory, of RAM or of a device. */
static bool has_memory(struct gstage *gs, gpa_t gpa, uint64_t nr_bytes)
{
    mutex_lock(&gs->vs.lock);
    const struct vma *vma = vspace_find(&gs->vs, gpa.v);
    const bool has = vma && (vma->start <= gpa.v || vma->start - gpa.v < nr_bytes);

    mutex_unlock(&gs->vs.lock);
    return has;
}

static bool is_in_reach(const struct vdev *dev)
{
    return dev->base.v < GSTAGE_LIMIT && dev->size <= GSTAGE_LIMIT - dev->base.v;
}

int gstage_add_device(struct gstage *gs, struct vdev *dev)
{
    if (!is_in_reach(dev))
        return -EINVAL;
    if (has_memory(gs, dev->base, dev->size))
        return -EEXIST;
    dev->memory = gs;
    return vdev_list_add(&gs->devices, dev);
}

int gstage_add_memory_device(struct gstage *gs, struct vdev *dev, const struct vma_ops *kind,
                             uint32_t rights)
{
    struct vspace_map_request request = {
        .addr = dev->base.v,
        .size = dev->size,
        .flags = rights | VMA_SHARED,
        .ops = kind,
        .object = dev,
    };
    int err = add(gs, &request);

    if (err)
        return err;
    dev->memory = gs;
    err = vdev_list_add(&gs->devices, dev);
    if (err)
        (void)!vspace_unmap(&gs->vs, dev->base.v, dev->size);
    return err;
}

/* The device stopped being memory meanwhile: the guest repeats the access, which is then
 * emulated. */
int gstage_fault(struct gstage *gs, gpa_t gpa, uint32_t access)
{
    const int ret = vspace_fault(&gs->vs, gpa.v, access);

    return ret == VSPACE_EMULATE ? 0 : ret;
}

static int copied(ssize_t done, size_t wanted)
{
    if (done < 0)
        return (int)done;
    return (size_t)done == wanted ? 0 : -EFAULT;
}

int gstage_read(struct gstage *gs, gpa_t gpa, void *data, size_t nr_bytes)
{
    return copied(vspace_copy_out(&gs->vs, data, gpa.v, nr_bytes), nr_bytes);
}

int gstage_write(struct gstage *gs, gpa_t gpa, const void *data, size_t nr_bytes)
{
    return copied(vspace_copy_in(&gs->vs, gpa.v, data, nr_bytes), nr_bytes);
}

/* A passed-through bank has no frames: the host cannot access it. */
static bool is_memory(const struct vma *vma, uint32_t right)
{
    return right == VMA_WRITE ? vma->ops == &vma_anonymous
                              : vma->ops != &vma_physical && (vma->flags & right);
}

bool gstage_is_memory(struct gstage *gs, gpa_t gpa, uint64_t nr_bytes, uint32_t right)
{
    const uint64_t end = gpa.v + nr_bytes;
    uint64_t addr = gpa.v;

    mutex_lock(&gs->vs.lock);
    while (addr < end) {
        const struct vma *vma = vspace_find(&gs->vs, addr);

        if (!vma || vma->start > addr || !is_memory(vma, right))
            break;
        addr = vma->end;
    }
    mutex_unlock(&gs->vs.lock);
    return addr >= end;
}
