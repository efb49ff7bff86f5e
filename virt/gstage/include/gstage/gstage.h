/*
 * A guest's physical address space: a vspace in the G-stage format.
 *
 * RAM is anonymous memory, filled at the first touch; a host range (a passed-through flash bank) is
 * a physical VMA; devices are in a separate list instead of VMAs, so that an exit finds them
 * without the vspace's lock. A device that can at times be read as memory also has a VMA, of its
 * own kind (see vm/flash.c).
 *
 * Life: gstage_init -> add -> fault, map -> gstage_destroy when no vCPU and no mapping is left.
 * VMIDs, fences and tables are in mm/vspace; virt/vcpu enters it.
 */
#ifndef GSTAGE_GSTAGE_H
#define GSTAGE_GSTAGE_H

#include <vdev/vdev.h>
#include <vspace/vspace.h>

struct gstage {
    struct vspace vs;
    struct vdev_list devices; /* [I] while the guest runs */
};

#define GSTAGE_LIMIT (1ul << 41) /* Sv39x4 */

/* -ENOMEM. */
int gstage_init(struct gstage *gs) MUST_CHECK;
void gstage_destroy(struct gstage *gs);

/*
 * Add RAM, a host range or a device. All but devices must be page aligned. -EINVAL, -EEXIST
 * (overlaps another), -ENOMEM, -ENOSPC (too many devices). May sleep; the guest does not run yet.
 */
int gstage_add_ram(struct gstage *gs, gpa_t gpa, uint64_t size) MUST_CHECK;
int gstage_add_host(struct gstage *gs, gpa_t gpa, paddr_t pa, uint64_t size,
                    uint32_t rights) MUST_CHECK;
int gstage_add_device(struct gstage *gs, struct vdev *dev) MUST_CHECK;

/* Add a device with ops->is_memory; its pages are those of a VMA of the given kind with dev as
 * object. */
int gstage_add_memory_device(struct gstage *gs, struct vdev *dev, const struct vma_ops *kind,
                             uint32_t rights) MUST_CHECK;

/* Find the device that must emulate an access of the guest; NULL: memory, or a hole. Any
 * context. */
static inline struct vdev *gstage_device(const struct gstage *gs, gpa_t gpa, bool is_write)
{
    struct vdev *dev = vdev_list_find(&gs->devices, gpa);

    return dev && dev->ops->is_memory && dev->ops->is_memory(dev, is_write) ? NULL : dev;
}

/*
 * Resolve a G-stage fault outside devices. access: VMA_READ, VMA_WRITE or VMA_EXEC. 0: the guest
 * repeats the access; -EFAULT, -EACCES, -ENXIO: it gets an access fault; -ENOMEM: the host is out
 * of memory. May sleep.
 */
int gstage_fault(struct gstage *gs, gpa_t gpa, uint32_t access) MUST_CHECK;

/*
 * Copy from or to guest memory. 0; -EFAULT if part of it is not memory (some bytes may have been
 * copied); -ENOMEM. May sleep.
 */
int gstage_read(struct gstage *gs, gpa_t gpa, void *data, size_t nr_bytes) MUST_CHECK;
int gstage_write(struct gstage *gs, gpa_t gpa, const void *data, size_t nr_bytes) MUST_CHECK;

/*
 * True if all of the range, however long, is memory with that right (VMA_WRITE: RAM only), or it is
 * empty. May sleep.
 */
bool gstage_is_memory(struct gstage *gs, gpa_t gpa, uint64_t nr_bytes, uint32_t right);

/* --- map.c: pinned guest memory --------------------------------------------------------------- */

/*
 * A range of guest memory, found once: rings and buffers of a device. Its pages are filled and
 * pinned, so that using it neither faults nor fails, in any context, until gstage_unmap().
 */
#define GSTAGE_MAP_MAX MIB(16)

/* A contiguous range of host memory. */
struct gstage_run {
    uint64_t offset; /* of its first byte, in the mapping */
    uint64_t size;
    uint8_t *memory;
};

/* [I] */
struct gstage_map {
    gpa_t gpa;
    uint64_t size;
    struct gstage_run *runs; /* from the first byte to the last, without holes */
    struct frame **frames;   /* pinned */
    unsigned nr_runs, nr_frames;
};

/*
 * Fill and pin a range. right: VMA_READ (RAM, and flash as it reads now), or VMA_WRITE (RAM,
 * readable too). 0; -EFAULT: part of the range is not such memory; -E2BIG: longer than
 * GSTAGE_MAP_MAX; -ENOMEM. Nothing stays mapped on failure. An empty range can be mapped at any
 * address. May sleep.
 */
int gstage_map(struct gstage *gs, gpa_t gpa, uint64_t nr_bytes, uint32_t right,
               struct gstage_map *map) MUST_CHECK;
void gstage_unmap(struct gstage_map *map);

/*
 * Return the memory at an offset, and in *nr_bytes how much is contiguous from there. NULL:
 * outside.
 */
void *gstage_map_at(const struct gstage_map *map, uint64_t offset, uint64_t *nr_bytes);

#endif
