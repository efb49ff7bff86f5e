/*
 * Interrupts above the arch layer: dispatch of the three causes, device interrupt lines, and
 * requests from one CPU to another.
 *
 * Device lines are numbers of one controller (the PLIC's source numbers). A handler runs on some
 * CPU with interrupts masked and preemption disabled; it must not sleep.
 */
#ifndef IRQ_IRQ_H
#define IRQ_IRQ_H

#include <base/types.h>

#define IRQ_MAX 1024 /* the PLIC has sources 1 .. 1023 */

typedef void (*irq_handler_t)(void *ctx);

/* Install the handler of a line and unmask it. -EINVAL, -EBUSY (one handler per line), -ENODEV. */
int irq_register(unsigned irq, irq_handler_t handler, void *ctx) MUST_CHECK;

/* Mask the line and remove the handler; on return it does not run on any CPU. */
void irq_unregister(unsigned irq);

/* Return how often the line fired, for /proc/interrupts, and the handler's driver name or NULL. */
uint64_t irq_count(unsigned irq);

/* --- the interrupt controller's side ---------------------------------------------------------- */

struct irq_chip {
    const char *name;
    void (*mask)(unsigned irq);
    void (*unmask)(unsigned irq);
    void (*set_affinity)(unsigned irq, cpumask_t cpus);
    unsigned (*claim)(void); /* 0: none pending */
    void (*complete)(unsigned irq);
    void (*cpu_init)(void); /* on each CPU before it takes interrupts */
};

void irq_chip_register(const struct irq_chip *chip);

/* Unmask software and external interrupts on this CPU. Once per CPU, interrupts masked. */
void irq_cpu_init(void);

/* --- requests between CPUs -------------------------------------------------------------------- */

enum ipi {
    IPI_RESCHED, /* scheduler: check the run queue again */
    IPI_CALL,    /* ipi_call */
    IPI_STOP,    /* panic: stop */
    IPI_WAKE,    /* only to leave wfi, or user or guest mode */
    NR_IPIS
};

/* Send to the CPUs of mask; the current one may be in it. Returns at once. */
void ipi_send(cpumask_t cpus, enum ipi ipi);

/* Set the handler, which runs in interrupt context on the target. RESCHED belongs to core/thread,
 * STOP to core/panic. */
void ipi_set_handler(enum ipi ipi, void (*handler)(void));

/*
 * Run fn(ctx) on every CPU of mask, with interrupts masked, and wait until all are done. This CPU
 * too if in the mask. Not with interrupts masked (two CPUs calling each other would deadlock).
 */
void ipi_call(cpumask_t cpus, void (*fn)(void *ctx), void *ctx);

#endif
