/*
 * A guest's physical memory: a vspace in the G-stage format, and what guests put into one.
 *
 * RAM is anonymous memory, filled at the first touch; a host range (a flash bank passed through) is
 * a physical VMA; an emulated device is an emulated VMA whose object is the struct vdev. A device
 * that can be read as memory at times brings its own kind of VMA with the same object (see
 * vm/pflash.c).
 *
 * Life: gstage_boot() once; gstage_init -> add -> fault, enter, leave -> gstage_destroy when no
 * vCPU is left. VMIDs, fences and the tables are mm/vspace's.
 */
#ifndef GSTAGE_GSTAGE_H
#define GSTAGE_GSTAGE_H

#include <vdev/vdev.h>
#include <vspace/vspace.h>

struct gstage {
    struct vspace vs;
};

#define GSTAGE_LIMIT (1ul << 41) /* Sv39x4 */

/* The numbers of VMIDs and how to fence them. Once, on the boot CPU, after hext_cpu_init(). */
void gstage_boot(void);

/* -ENOMEM. */
int gstage_init(struct gstage *gs) MUST_CHECK;
void gstage_destroy(struct gstage *gs);

/* Ranges are page aligned. -EINVAL, -EEXIST (overlaps another), -ENOMEM. May sleep. */
int gstage_add_ram(struct gstage *gs, gpa_t gpa, uint64_t size) MUST_CHECK;
int gstage_add_host(struct gstage *gs, gpa_t gpa, paddr_t pa, uint64_t size,
                    uint32_t rights) MUST_CHECK;
int gstage_add_device(struct gstage *gs, struct vdev *dev, const struct vma_ops *kind,
                      uint32_t rights) MUST_CHECK;

/* The usual kind for gstage_add_device: every access is emulated. */
#define GSTAGE_EMULATED (&vma_emulated)

/*
 * Makes an access of the guest possible. access: VMA_READ, VMA_WRITE or VMA_EXEC. 0: repeat it;
 * VSPACE_EMULATE: gstage_device() has the device; -EFAULT, -EACCES, -ENXIO: the guest gets an
 * access fault; -ENOMEM: the host has no memory left. May sleep.
 */
int gstage_fault(struct gstage *gs, gpa_t gpa, uint32_t access) MUST_CHECK;

/* The device whose range holds gpa, or NULL. May sleep. */
struct vdev *gstage_device(struct gstage *gs, gpa_t gpa);

/*
 * Copies out of or into guest memory. 0; -EFAULT when part of it is not memory (then some bytes may
 * have been copied); -ENOMEM. May sleep.
 */
int gstage_read(struct gstage *gs, gpa_t gpa, void *data, size_t nr_bytes) MUST_CHECK;
int gstage_write(struct gstage *gs, gpa_t gpa, const void *data, size_t nr_bytes) MUST_CHECK;

/*
 * Is all of the range memory with that right, so that a copy fails at most for want of frames?
 * VMA_WRITE: RAM only. An empty range is. May sleep.
 */
bool gstage_is_memory(struct gstage *gs, gpa_t gpa, uint64_t nr_bytes, uint32_t right);

/* Fills the pages of a range of RAM. As gstage_write. */
int gstage_populate(struct gstage *gs, gpa_t gpa, uint64_t nr_bytes) MUST_CHECK;

/* This CPU's hgatp. Interrupts masked. enter: before a vCPU of it goes on; leave: when it stops. */
void gstage_enter(struct gstage *gs);
void gstage_leave(struct gstage *gs);

#endif
