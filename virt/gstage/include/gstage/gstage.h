/*
 * A guest's physical memory: a vspace in the G-stage format, and what guests put into one.
 *
 * RAM is anonymous memory, filled at the first touch; a host range (a flash bank passed through) is
 * a physical VMA; a device is in a list of its own and no VMA, so that an exit finds it without the
 * vspace's lock. A device that can be read as memory at times has a VMA as well, of its own kind
 * (see vm/flash.c).
 *
 * Life: gstage_init -> add -> fault, map -> gstage_destroy when no vCPU and no mapping is left.
 * VMIDs, fences and the tables are mm/vspace's; entering it is virt/vcpu's.
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
 * All but devices are page aligned. -EINVAL, -EEXIST (overlaps another), -ENOMEM, -ENOSPC (too many
 * devices). May sleep; the guest does not run yet.
 */
int gstage_add_ram(struct gstage *gs, gpa_t gpa, uint64_t size) MUST_CHECK;
int gstage_add_host(struct gstage *gs, gpa_t gpa, paddr_t pa, uint64_t size,
                    uint32_t rights) MUST_CHECK;
int gstage_add_device(struct gstage *gs, struct vdev *dev) MUST_CHECK;

/* A device with ops->is_memory; its pages are an object of that kind, which is dev. */
int gstage_add_memory_device(struct gstage *gs, struct vdev *dev, const struct vma_ops *kind,
                             uint32_t rights) MUST_CHECK;

/* The device that is to answer an access of the guest; NULL: memory, or nothing. Any context. */
static inline struct vdev *gstage_device(const struct gstage *gs, gpa_t gpa, bool is_write)
{
    struct vdev *dev = vdev_list_find(&gs->devices, gpa);

    return dev && dev->ops->is_memory && dev->ops->is_memory(dev, is_write) ? NULL : dev;
}

/*
 * Makes an access of the guest possible that no device answers. access: VMA_READ, VMA_WRITE or
 * VMA_EXEC. 0: repeat it; -EFAULT, -EACCES, -ENXIO: the guest gets an access fault; -ENOMEM: the
 * host has no memory left. May sleep.
 */
int gstage_fault(struct gstage *gs, gpa_t gpa, uint32_t access) MUST_CHECK;

/*
 * Copies out of or into guest memory. 0; -EFAULT when part of it is not memory (then some bytes may
 * have been copied); -ENOMEM. May sleep.
 */
int gstage_read(struct gstage *gs, gpa_t gpa, void *data, size_t nr_bytes) MUST_CHECK;
int gstage_write(struct gstage *gs, gpa_t gpa, const void *data, size_t nr_bytes) MUST_CHECK;

/*
 * Is all of the range memory with that right, however long? VMA_WRITE: RAM only. An empty range is.
 * May sleep.
 */
bool gstage_is_memory(struct gstage *gs, gpa_t gpa, uint64_t nr_bytes, uint32_t right);

/* --- map.c: memory that the host holds on to --------------------------------------------------
 * A range of guest memory, found once: rings and buffers of a device. Its pages are filled and
 * pinned, so that using it neither faults nor fails, in any context, until gstage_unmap().
 */
#define GSTAGE_MAP_MAX MIB(16)

/* Memory that lies together in the host. */
struct gstage_run {
    uint64_t offset; /* in the mapping, of its first byte */
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
 * right: VMA_READ (RAM, and flash as it reads now), or VMA_WRITE (RAM; it may be read, too). 0;
 * -EFAULT: part of the range is not such memory; -E2BIG: longer than GSTAGE_MAP_MAX; -ENOMEM.
 * Nothing is mapped then. An empty range is mapped anywhere, to nothing. May sleep.
 */
int gstage_map(struct gstage *gs, gpa_t gpa, uint64_t nr_bytes, uint32_t right,
               struct gstage_map *map) MUST_CHECK;
void gstage_unmap(struct gstage_map *map);

/*
 * The memory at an offset, and in *nr_bytes how much lies together from there (at most what is
 * left). NULL: outside.
 */
void *gstage_map_at(const struct gstage_map *map, uint64_t offset, uint64_t *nr_bytes);

#endif
