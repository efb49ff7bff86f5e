/*
 * The platform-level interrupt controller (RISC-V PLIC specification 1.0.0).
 *
 * Every source has priority 1 and every hart's supervisor context threshold 0. A source is enabled
 * in the contexts of the CPUs of its affinity mask: at first the boot CPU's only.
 */
#include <arch/mmio.h>
#include <arch/smp.h>
#include <arch/trap.h>
#include <base/errno.h>
#include <driver/driver.h>
#include <irq/irq.h>
#include <kmap/kmap.h>
#include <lock/spinlock.h>
#include <percpu/percpu.h>
#include <platform/boot_info.h>

#define PLIC_PRIORITY       0x000000
#define PLIC_ENABLE         0x002000
#define PLIC_ENABLE_STRIDE  0x80
#define PLIC_CONTEXT        0x200000
#define PLIC_CONTEXT_STRIDE 0x1000
#define PLIC_THRESHOLD      0
#define PLIC_CLAIM          4
#define PLIC_MAX_SOURCES    1024
#define PLIC_MAX_CONTEXTS   15872

static struct {
    volatile uint8_t *regs;
    uint32_t nr_sources;
    struct spinlock lock;     /* enable bits: read, modify, write */
    int context[NR_CPUS_MAX]; /* [I] of each CPU's supervisor mode, -1: none */
} plic = {.lock = SPINLOCK_INIT("plic")};

static void enable_set(unsigned cpu, unsigned irq, bool is_enabled)
{
    volatile uint8_t *word =
        plic.regs + PLIC_ENABLE + (size_t)plic.context[cpu] * PLIC_ENABLE_STRIDE + irq / 32 * 4;
    uint32_t bits = mmio_read32(word);

    bits = is_enabled ? bits | 1u << irq % 32 : bits & ~(1u << irq % 32);
    mmio_write32(word, bits);
}

static void set_affinity(unsigned irq, cpumask_t cpus)
{
    if (irq == 0 || irq > plic.nr_sources)
        return;
    unsigned long flags = spin_lock_irqsave(&plic.lock);

    for (unsigned cpu = 0; cpu < boot_info.nr_harts; cpu++)
        if (plic.context[cpu] >= 0)
            enable_set(cpu, irq, cpus >> cpu & 1);
    spin_unlock_irqrestore(&plic.lock, flags);
}

static void mask(unsigned irq)
{
    set_affinity(irq, 0);
}

static void unmask(unsigned irq)
{
    if (irq != 0 && irq <= plic.nr_sources)
        mmio_write32(plic.regs + PLIC_PRIORITY + 4ul * irq, 1);
    set_affinity(irq, 1);
}

static volatile uint8_t *context_reg(unsigned reg)
{
    return plic.regs + PLIC_CONTEXT + (size_t)plic.context[cpu_index()] * PLIC_CONTEXT_STRIDE + reg;
}

static unsigned claim(void)
{
    return plic.context[cpu_index()] < 0 ? 0 : mmio_read32(context_reg(PLIC_CLAIM));
}

static void complete(unsigned irq)
{
    mmio_write32(context_reg(PLIC_CLAIM), irq);
}

static void cpu_init(void)
{
    if (plic.context[cpu_index()] >= 0)
        mmio_write32(context_reg(PLIC_THRESHOLD), 0);
}

static const struct irq_chip chip = {
    .name = "plic",
    .mask = mask,
    .unmask = unmask,
    .set_affinity = set_affinity,
    .claim = claim,
    .complete = complete,
    .cpu_init = cpu_init,
};

/* Find the CPU whose interrupt controller node has this phandle; -1: none. */
static int cpu_of_intc(uint32_t phandle)
{
    for (unsigned cpu = 0; cpu < boot_info.nr_harts; cpu++)
        if (boot_info.intc_phandles[cpu] == phandle)
            return (int)cpu;
    return -1;
}

static int plic_probe(struct device *dev)
{
    struct fdt_prop extended;
    uint32_t phandle;
    uint32_t cause;
    bool has_context = false;

    if (plic.regs)
        return -EBUSY;
    if (dev->nr_regs == 0 || dev->reg[0].size < PLIC_CONTEXT + PLIC_CONTEXT_STRIDE)
        return -EINVAL;
    if (fdt_node_u32(dev->fdt, &dev->node, "riscv,ndev", &plic.nr_sources) != 0 ||
        plic.nr_sources == 0 || plic.nr_sources >= PLIC_MAX_SOURCES)
        return -EINVAL;
    for (unsigned cpu = 0; cpu < NR_CPUS_MAX; cpu++)
        plic.context[cpu] = -1;
    /* Context n is the n-th pair (interrupt controller of a hart, its cause). */
    if (fdt_prop_find(dev->fdt, &dev->node, "interrupts-extended", &extended) != 0)
        return -EINVAL;
    for (unsigned n = 0; n < PLIC_MAX_CONTEXTS && fdt_prop_u32(&extended, 2 * n, &phandle) == 0 &&
                         fdt_prop_u32(&extended, 2 * n + 1, &cause) == 0;
         n++) {
        int cpu = cause == TRAP_IRQ_EXTERNAL ? cpu_of_intc(phandle) : -1;

        if (cpu < 0 || dev->reg[0].size < PLIC_CONTEXT + (n + 1ul) * PLIC_CONTEXT_STRIDE)
            continue;
        plic.context[cpu] = (int)n;
        has_context = true;
    }
    if (!has_context)
        return -ENODEV;
    plic.regs = kmap_device(dev->reg[0].base, dev->reg[0].size);
    if (!plic.regs)
        return -ENOMEM;
    irq_chip_register(&chip);
    return 0;
}

DRIVER(plic, plic_probe, "sifive,plic-1.0.0", "riscv,plic0");
