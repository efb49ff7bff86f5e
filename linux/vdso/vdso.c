/*
 * The kernel's side of the vDSO.
 */
#include <vdso/vdso.h>

#include <arch/cpu.h>
#include <base/errno.h>
#include <frame/frame.h>
#include <lock/spinlock.h>
#include <string/string.h>
#include <time/time.h>
#include <vspace/vspace.h>

#include "layout.h"

extern const uint8_t vdso_image[], vdso_image_end[];

static struct frame *page;         /* [I] after vdso_boot */
static struct spinlock clock_lock; /* orders the stores of two clock settings */

static struct vdso_time *vdso_time(void)
{
    return (struct vdso_time *)((uint8_t *)frame_to_virt(page) + VDSO_TIME_OFFSET);
}

int vdso_boot(void)
{
    struct time_scale scale = time_scale();

    page = frame_alloc(0, FRAME_ZERO);
    if (!page)
        return -ENOMEM;
    frame_count(FRAME_SHARED, 1);
    spin_init(&clock_lock, "vdso clock");
    memcpy(frame_to_virt(page), vdso_image, (size_t)(vdso_image_end - vdso_image));
    vdso_time()->mult = scale.mult;
    vdso_time()->shift = scale.shift;
    vdso_time_changed();
    arch_fence_i();
    return 0;
}

void vdso_time_changed(void)
{
    unsigned long irq = spin_lock_irqsave(&clock_lock);

    __atomic_store_n(&vdso_time()->realtime_ns, time_realtime_offset_ns(), __ATOMIC_RELAXED);
    spin_unlock_irqrestore(&clock_lock, irq);
}

void vdso_set_hwprobe(const uint64_t values[VDSO_HWPROBE_KEYS])
{
    struct vdso_hwprobe *known =
        (struct vdso_hwprobe *)((uint8_t *)frame_to_virt(page) + VDSO_HWPROBE_OFFSET);

    memcpy(known->values, values, sizeof(known->values));
    __atomic_store_n(&known->is_known, 1, __ATOMIC_RELEASE);
}

static void describe(struct vma *vma, char *buf, size_t size, uint64_t *device, uint64_t *inode)
{
    (void)vma;
    (void)device;
    (void)inode;
    strlcpy(buf, "[vdso]", size);
}

/* Private: a debugger that writes into it (a breakpoint) gets a copy. */
static int vdso_page(struct vma *vma, uint64_t offset, uint32_t access, struct vma_page *out)
{
    (void)vma;
    (void)offset;
    (void)access;
    frame_get(page);
    *out = (struct vma_page){.pa = frame_to_pa(page), .frame = page};
    return 0;
}

static const struct vma_ops vma_vdso = {
    .name = "vdso",
    .page = vdso_page,
    .describe = describe,
};

int vdso_map(struct vspace *vs, uint64_t addr)
{
    struct vspace_map_request r = {
        .addr = addr,
        .size = PAGE_SIZE,
        .flags = VMA_READ | VMA_EXEC,
        .options = VSPACE_FIXED | VSPACE_POPULATE, /* the program reads it at its start anyway */
        .ops = &vma_vdso,
    };

    return vspace_map(vs, &r, &vs->vdso);
}

uint64_t vdso_sigreturn_address(uint64_t base)
{
    return base + VDSO_SIGRETURN_OFFSET;
}
