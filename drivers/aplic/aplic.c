/*
 * The advanced platform-level interrupt controller: an APLIC's supervisor domain, which either
 * interrupts the harts itself (direct delivery), or sends messages to their IMSICs.
 *
 * Every source is taken as level-triggered, active high, as QEMU's devices are, and goes to one
 * hart: the lowest CPU of its affinity mask, at first the boot CPU. With messages a source's
 * identity is its number.
 *
 * The RISC-V Advanced Interrupt Architecture 1.0, chapter 4; Linux's bindings riscv,aplic and
 * riscv,imsics.
 */
#include <arch/mmio.h>
#include <arch/smp.h>
#include <arch/trap.h>
#include <base/errno.h>
#include <driver/driver.h>
#include <imsic/imsic.h>
#include <irq/irq.h>
#include <kmap/kmap.h>
#include <lock/spinlock.h>
#include <percpu/percpu.h>
#include <platform/boot_info.h>

enum {
    APLIC_DOMAINCFG = 0x0000,
    APLIC_SOURCECFG = 0x0000, /* of source n: 4 * n behind */
    APLIC_IN = 0x1d00,        /* input levels, a bit per source */
    APLIC_SETIPNUM = 0x1cdc,
    APLIC_SETIENUM = 0x1edc,
    APLIC_CLRIENUM = 0x1fdc,
    APLIC_TARGET = 0x3000,
    APLIC_IDC = 0x4000, /* direct delivery: a block for each hart */
    IDC_STRIDE = 32,
    IDC_DELIVERY = 0x00,
    IDC_THRESHOLD = 0x08,
    IDC_CLAIM = 0x1c,
};

#define DOMAINCFG_ENABLE     (1u << 8)
#define DOMAINCFG_MESSAGES   (1u << 2)
#define SOURCECFG_LEVEL_HIGH 6
#define TARGET_HART_SHIFT    18
#define PRIORITY             1
#define APLIC_MAX_SOURCES    1023

static struct {
    volatile uint8_t *regs;
    uint32_t nr_sources;
    uint32_t nr_ids; /* of the IMSICs; 0: direct delivery */
    struct spinlock lock;
    int hart[NR_CPUS_MAX]; /* [I] each CPU's index in the controller, -1: none */
} aplic = {.lock = SPINLOCK_INIT("aplic")};

static void reg_write(unsigned offset, uint32_t value)
{
    mmio_write32(aplic.regs + offset, value);
}

static bool is_source(unsigned irq)
{
    return irq != 0 && irq <= aplic.nr_sources;
}

static void mask(unsigned irq)
{
    if (is_source(irq))
        reg_write(APLIC_CLRIENUM, irq);
}

static void set_affinity(unsigned irq, cpumask_t cpus)
{
    if (!is_source(irq))
        return;
    for (unsigned cpu = 0; cpu < boot_info.nr_harts; cpu++) {
        if (!(cpus >> cpu & 1) || aplic.hart[cpu] < 0)
            continue;
        reg_write(APLIC_TARGET + 4 * irq,
                  (uint32_t)aplic.hart[cpu] << TARGET_HART_SHIFT | (aplic.nr_ids ? irq : PRIORITY));
        return;
    }
    mask(irq);
}

static void unmask(unsigned irq)
{
    if (!is_source(irq))
        return;
    unsigned long flags = spin_lock_irqsave(&aplic.lock);

    reg_write(APLIC_SOURCECFG + 4 * irq, SOURCECFG_LEVEL_HIGH);
    set_affinity(irq, 1);
    reg_write(APLIC_SETIENUM, irq);
    spin_unlock_irqrestore(&aplic.lock, flags);
}

static unsigned idc_reg(unsigned reg)
{
    return APLIC_IDC + (unsigned)aplic.hart[cpu_index()] * IDC_STRIDE + reg;
}

static unsigned claim(void)
{
    if (aplic.nr_ids)
        return imsic_claim();
    if (aplic.hart[cpu_index()] < 0)
        return 0;
    return mmio_read32(aplic.regs + idc_reg(IDC_CLAIM)) >> 16;
}

/*
 * A message is sent once per level. If the input is still high it must be sent again: section
 * 4.9.2. (The input is tested here because QEMU before version 9 sets the bit in any case.)
 */
static void complete(unsigned irq)
{
    if (aplic.nr_ids && is_source(irq) &&
        mmio_read32(aplic.regs + APLIC_IN + irq / 32 * 4) >> irq % 32 & 1)
        reg_write(APLIC_SETIPNUM, irq);
}

static void cpu_init(void)
{
    if (aplic.nr_ids) {
        imsic_cpu_init(aplic.nr_ids);
    } else if (aplic.hart[cpu_index()] >= 0) {
        reg_write(idc_reg(IDC_THRESHOLD), 0); /* none */
        reg_write(idc_reg(IDC_DELIVERY), 1);
    }
}

static const struct irq_chip chip = {
    .name = "aplic",
    .mask = mask,
    .unmask = unmask,
    .set_affinity = set_affinity,
    .claim = claim,
    .complete = complete,
    .cpu_init = cpu_init,
};

/* Entry n of interrupts-extended is hart index n. False: not a supervisor domain. */
static bool read_harts(const struct fdt *fdt, const struct fdt_node *node)
{
    struct fdt_prop extended;
    uint32_t phandle, cause;
    bool is_found = false;

    if (fdt_prop_find(fdt, node, "interrupts-extended", &extended) != 0)
        return false;
    for (unsigned n = 0; fdt_prop_u32(&extended, 2 * n, &phandle) == 0 &&
                         fdt_prop_u32(&extended, 2 * n + 1, &cause) == 0;
         n++) {
        for (unsigned cpu = 0; cpu < boot_info.nr_harts; cpu++) {
            if (cause == TRAP_IRQ_EXTERNAL && boot_info.intc_phandles[cpu] == phandle) {
                aplic.hart[cpu] = (int)n;
                is_found = true;
            }
        }
    }
    return is_found;
}

static int aplic_probe(struct device *dev)
{
    struct fdt_node imsics;
    uint32_t phandle, last_hart = 0;

    if (aplic.regs)
        return -EBUSY;
    if (fdt_node_u32(dev->fdt, &dev->node, "riscv,num-sources", &aplic.nr_sources) != 0 ||
        aplic.nr_sources == 0 || aplic.nr_sources > APLIC_MAX_SOURCES)
        return -EINVAL;
    for (unsigned cpu = 0; cpu < NR_CPUS_MAX; cpu++)
        aplic.hart[cpu] = -1;
    aplic.nr_ids = 0;
    if (fdt_node_u32(dev->fdt, &dev->node, "msi-parent", &phandle) == 0) {
        if (fdt_find_phandle(dev->fdt, phandle, &imsics) != 0 ||
            fdt_node_u32(dev->fdt, &imsics, "riscv,num-ids", &aplic.nr_ids) != 0 ||
            aplic.nr_ids < aplic.nr_sources || aplic.nr_ids > 2047)
            return -EINVAL;
        if (!read_harts(dev->fdt, &imsics))
            return 0; /* the machine-level domain */
    } else if (!read_harts(dev->fdt, &dev->node)) {
        return 0;
    }
    for (unsigned cpu = 0; cpu < boot_info.nr_harts; cpu++)
        last_hart = MAX(last_hart, (uint32_t)MAX(aplic.hart[cpu], 0));
    if (dev->nr_regs == 0 ||
        dev->reg[0].size < APLIC_IDC + (aplic.nr_ids ? 0 : (last_hart + 1ul) * IDC_STRIDE))
        return -EINVAL;
    aplic.regs = kmap_device(dev->reg[0].base, dev->reg[0].size);
    if (!aplic.regs)
        return -ENOMEM;
    reg_write(APLIC_DOMAINCFG, DOMAINCFG_ENABLE | (aplic.nr_ids ? DOMAINCFG_MESSAGES : 0));
    irq_chip_register(&chip);
    return 0;
}

DRIVER(aplic, aplic_probe, "riscv,aplic");
