/*
 * An emulated platform-level interrupt controller, after the RISC-V PLIC specification 1.0.0.
 *
 * One context per vCPU, its supervisor mode: context n is what vCPU n sees. Sources are level
 * triggered; a source that is still raised when its claim completes becomes pending again.
 */
#ifndef VPLIC_VPLIC_H
#define VPLIC_VPLIC_H

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
    /* The external interrupt of a context changed. */
    void (*set_external)(void *ctx, unsigned context, bool is_raised);
    void *ctx;
    unsigned nr_contexts;

    uint8_t priority[VPLIC_NR_SOURCES];
    uint32_t level[VPLIC_NR_WORDS];   /* the lines as the devices drive them */
    uint32_t pending[VPLIC_NR_WORDS]; /* was raised, not claimed since */
    uint32_t claimed[VPLIC_NR_WORDS]; /* in service: claimed, not completed */
    struct vplic_context contexts[VPLIC_CONTEXTS_MAX];
};

/* nr_contexts: 1 to VPLIC_CONTEXTS_MAX. */
void vplic_init(struct vplic *plic, gpa_t base, unsigned nr_contexts,
                void (*set_external)(void *ctx, unsigned context, bool is_raised), void *ctx);

/* Drives a line; shaped to fit struct vdev_irq (ctx is the struct vplic). Unknown sources: ignored.
 */
void vplic_set_level(void *plic, unsigned source, bool is_raised);

#endif
