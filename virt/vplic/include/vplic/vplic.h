/*
 * An emulated platform-level interrupt controller, after the RISC-V PLIC specification 1.0.0.
 *
 * One context per vCPU, its supervisor mode: context n is what vCPU n sees. Sources are level
 * triggered; a source that is still raised when its claim completes becomes pending again.
 */
#ifndef VPLIC_VPLIC_H
#define VPLIC_VPLIC_H

#include <lock/spinlock.h>
#include <vdev/vdev.h>

#define VPLIC_SIZE         0x600000
#define VPLIC_NR_SOURCES   96 /* source 0 does not exist */
#define VPLIC_NR_WORDS     (VPLIC_NR_SOURCES / 32)
#define VPLIC_CONTEXTS_MAX 8
#define VPLIC_PRIORITY_MAX 7

struct vplic_context {
    uint32_t enabled[VPLIC_NR_WORDS];
    uint32_t threshold;
    bool is_raised; /* as last told through set_external */
};

struct vplic {
    struct vdev dev;
    /* The external interrupt of a context changed. With the lock held. */
    void (*set_external)(void *ctx, unsigned context, bool is_raised); /* [I] */
    void *ctx;                                                         /* [I] */
    unsigned nr_contexts;                                              /* [I] */

    struct spinlock lock; /* interrupts masked; after those of all other devices */
    uint8_t priority[VPLIC_NR_SOURCES] GUARDED_BY(&lock);
    /* The lines as the devices drive them; was raised, not claimed since; claimed, not completed.
     */
    uint32_t level[VPLIC_NR_WORDS] GUARDED_BY(&lock);
    uint32_t pending[VPLIC_NR_WORDS] GUARDED_BY(&lock);
    uint32_t claimed[VPLIC_NR_WORDS] GUARDED_BY(&lock);
    struct vplic_context contexts[VPLIC_CONTEXTS_MAX] GUARDED_BY(&lock);
};

/* Prepares dev for the list of devices, at base; all as after reset. nr_contexts: 1 to
 * VPLIC_CONTEXTS_MAX. Once. */
void vplic_init(struct vplic *plic, gpa_t base, unsigned nr_contexts,
                void (*set_external)(void *ctx, unsigned context, bool is_raised), void *ctx);

/* As after reset, all lines low; set_external is not told. Any context. */
void vplic_reset(struct vplic *plic);

/*
 * Drives a line; shaped to fit struct vdev_irq (ctx is the struct vplic). Unknown sources: ignored.
 * Any context.
 */
void vplic_set_level(void *plic, unsigned source, bool is_raised);

#endif
