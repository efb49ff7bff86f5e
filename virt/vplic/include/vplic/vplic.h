/*
 * An emulated platform-level interrupt controller, after the RISC-V PLIC specification 1.0.0.
 *
 * Context n is the supervisor mode of vCPU n. Sources are level triggered; one that is still raised
 * when its claim completes becomes pending again.
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
    bool is_raised; /* last value passed to set_external */
};

struct vplic {
    struct vdev dev;
    /* Called when the external interrupt of a context changes. With the lock held. */
    void (*set_external)(void *ctx, unsigned context, bool is_raised); /* [I] */
    void *ctx;                                                         /* [I] */
    unsigned nr_contexts;                                              /* [I] */

    struct spinlock lock; /* interrupts masked; after those of all other devices */
    uint8_t priority[VPLIC_NR_SOURCES] GUARDED_BY(&lock);
    /* Lines as driven by the devices; raised and not claimed yet; claimed and not completed. */
    uint32_t level[VPLIC_NR_WORDS] GUARDED_BY(&lock);
    uint32_t pending[VPLIC_NR_WORDS] GUARDED_BY(&lock);
    uint32_t claimed[VPLIC_NR_WORDS] GUARDED_BY(&lock);
    struct vplic_context contexts[VPLIC_CONTEXTS_MAX] GUARDED_BY(&lock);
};

/* Initialise the model in its reset state, with dev at base. nr_contexts: 1 to VPLIC_CONTEXTS_MAX.
 * Once. */
void vplic_init(struct vplic *plic, gpa_t base, unsigned nr_contexts,
                void (*set_external)(void *ctx, unsigned context, bool is_raised), void *ctx);

/* Reset, with all lines low; set_external is not called. Any context. */
void vplic_reset(struct vplic *plic);

/*
 * Drive a line; of struct vdev_irq's type (ctx is the struct vplic). Unknown sources are ignored.
 * Any context.
 */
void vplic_set_level(void *plic, unsigned source, bool is_raised);

#endif
