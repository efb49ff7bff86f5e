/*
 * Dispatch of interrupts: timer, requests from other CPUs, devices.
 *
 * Lines may be registered before their controller is: they are unmasked when it comes, so that the
 * order of nodes in the device tree does not matter.
 */
#include <arch/context.h>
#include <arch/cpu.h>
#include <arch/smp.h>
#include <arch/trap.h>
#include <arch/upcalls.h>
#include <base/errno.h>
#include <irq/irq.h>
#include <irq/upcalls.h>
#include <lock/order.h>
#include <lock/spinlock.h>
#include <log/log.h>

#include "irq.h"

#define IRQ_LINES 128 /* lines in use at the same time; QEMU virt has 96 sources */

struct irq_line {
    irq_handler_t handler; /* [a] written with irq_lock held */
    void *ctx;
    uint64_t count;   /* only by the CPU that claimed the line */
    uint32_t running; /* [a] handlers now running */
};

static struct spinlock irq_lock = SPINLOCK_INIT("irq");
static struct irq_line lines[IRQ_LINES];
static const struct irq_chip *chip; /* [I] once registered */

int irq_register(unsigned irq, irq_handler_t handler, void *ctx)
{
    int err = 0;

    if (irq == 0 || irq >= IRQ_LINES || !handler)
        return -EINVAL;
    unsigned long flags = spin_lock_irqsave(&irq_lock);

    if (lines[irq].handler) {
        err = -EBUSY;
    } else {
        lines[irq].ctx = ctx;
        __atomic_store_n(&lines[irq].handler, handler, __ATOMIC_RELEASE);
        if (chip)
            chip->unmask(irq);
    }
    spin_unlock_irqrestore(&irq_lock, flags);
    return err;
}

void irq_unregister(unsigned irq)
{
    if (irq >= IRQ_LINES)
        return;
    unsigned long flags = spin_lock_irqsave(&irq_lock);

    if (chip)
        chip->mask(irq);
    __atomic_store_n(&lines[irq].handler, NULL, __ATOMIC_SEQ_CST);
    spin_unlock_irqrestore(&irq_lock, flags);
    while (__atomic_load_n(&lines[irq].running, __ATOMIC_ACQUIRE) != 0)
        arch_cpu_relax();
}

uint64_t irq_count(unsigned irq)
{
    return irq < IRQ_LINES ? READ_ONCE(lines[irq].count) : 0;
}

void irq_chip_register(const struct irq_chip *new_chip)
{
    unsigned long flags = spin_lock_irqsave(&irq_lock);

    if (!chip) {
        chip = new_chip;
        if (chip->cpu_init)
            chip->cpu_init();
        for (unsigned irq = 1; irq < IRQ_LINES; irq++)
            if (lines[irq].handler)
                chip->unmask(irq);
    }
    spin_unlock_irqrestore(&irq_lock, flags);
}

void irq_cpu_init(void)
{
    if (chip && chip->cpu_init)
        chip->cpu_init();
    arch_irq_unmask_causes();
}

static void handle_external(void)
{
    unsigned irq;

    if (!chip)
        return;
    while ((irq = chip->claim()) != 0) {
        struct irq_line *line = irq < IRQ_LINES ? &lines[irq] : NULL;

        if (line) {
            __atomic_fetch_add(&line->running, 1, __ATOMIC_SEQ_CST);
            irq_handler_t handler = __atomic_load_n(&line->handler, __ATOMIC_SEQ_CST);

            line->count++;
            if (handler)
                handler(line->ctx);
            __atomic_fetch_sub(&line->running, 1, __ATOMIC_RELEASE);
        }
        chip->complete(irq);
    }
}

void trap_irq(struct trap_frame *frame, unsigned cause)
{
    struct arch_thread *t = arch_current();

    (void)frame;
    t->preempt_count++;
    lock_order_irq_enter();
    if (cause == TRAP_IRQ_TIMER) {
        time_interrupt();
    } else if (cause == TRAP_IRQ_EXTERNAL) {
        handle_external();
    } else if (cause == TRAP_IRQ_SOFTWARE) {
        arch_ipi_clear();
        ipi_handle();
    } else {
        panic("interrupt with unknown cause %u", cause);
    }
    lock_order_irq_exit();
    if (--t->preempt_count == 0 && READ_ONCE(t->need_resched))
        thread_irq_exit();
}
