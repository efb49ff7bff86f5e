/*
 * Guest-physical memory on top of mm/vspace; see gstage.h.
 */
#include <arch/memory.h>
#include <base/errno.h>
#include <gstage/gstage.h>
#include <hext/hext.h>
#include <lock/preempt.h>
#include <percpu/percpu.h>

static void shootdown(cpumask_t cpus, uint64_t gpa, uint64_t size, vmid_t vmid)
{
    cpumask_t here;

    preempt_disable();
    here = BIT(cpu_index());
    if (cpus & here)
        hext_fence_gvma(vmid);
    hext_fence_gvma_remote(cpus & ~here, GPA(gpa), size, vmid);
    preempt_enable();
}

static struct vspace_gstage_ops ops = {.shootdown = shootdown};

void gstage_boot(void)
{
    ops.nr_vmids = hext_vmid_count();
    vspace_gstage_register(&ops);
}

int gstage_init(struct gstage *gs)
{
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
    request->options = VSPACE_FIXED | VSPACE_NO_REPLACE;
    return vspace_map(&gs->vs, request, &addr);
}

/* A guest with less memory is given it page by page: it is meant to be small. */
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

int gstage_add_device(struct gstage *gs, struct vdev *dev, const struct vma_ops *kind,
                      uint32_t rights)
{
    struct vspace_map_request request = {
        .addr = dev->base.v,
        .size = ALIGN_UP(dev->size, PAGE_SIZE),
        .flags = rights | VMA_SHARED,
        .ops = kind,
        .object = dev,
    };

    return add(gs, &request);
}

int gstage_fault(struct gstage *gs, gpa_t gpa, uint32_t access)
{
    return vspace_fault(&gs->vs, gpa.v, access);
}

struct vdev *gstage_device(struct gstage *gs, gpa_t gpa)
{
    struct vdev *dev = NULL;

    mutex_lock(&gs->vs.lock);
    struct vma *vma = vspace_find(&gs->vs, gpa.v);

    if (vma && vma->start <= gpa.v)
        dev = vma->object;
    mutex_unlock(&gs->vs.lock);
    return dev;
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

static bool is_memory(const struct vma *vma, uint32_t right)
{
    return right == VMA_WRITE ? vma->ops == &vma_anonymous
                              : !vma->ops->is_emulated && (vma->flags & right);
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

int gstage_populate(struct gstage *gs, gpa_t gpa, uint64_t nr_bytes)
{
    const uint64_t start = ALIGN_DOWN(gpa.v, PAGE_SIZE);

    return vspace_populate(&gs->vs, start, ALIGN_UP(gpa.v + nr_bytes, PAGE_SIZE) - start,
                           VMA_WRITE);
}

void gstage_enter(struct gstage *gs)
{
    vmid_t vmid;
    bool all;
    const bool must_fence = vspace_gstage_enter(&gs->vs, &vmid, &all);

    hext_gstage_set(virt_to_phys(gs->vs.tables.root), vmid);
    if (must_fence && all)
        hext_fence_gvma_all();
    else if (must_fence)
        hext_fence_gvma(vmid);
}

void gstage_leave(struct gstage *gs)
{
    vspace_gstage_leave(&gs->vs);
}
