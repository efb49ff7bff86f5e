/*
 * Power off and reboot by a register of a system controller, as the device tree describes it
 * (Documentation/devicetree/bindings/power/reset/syscon-{poweroff,reboot}.yaml: regmap, offset,
 * value, mask). On QEMU's virt machine and SiFive chips the register is the test finisher
 * ("sifive,test0"), which can also tell a failure.
 */
#include <arch/cpu.h>
#include <arch/mmio.h>
#include <base/errno.h>
#include <driver/driver.h>
#include <kmap/kmap.h>
#include <power/power.h>

#define SIFIVE_TEST_FAIL(code) (0x3333u | (uint32_t)(code) << 16)

/* Time allowed for the machine to obey. */
#define OBEY_POLLS 1000000u

struct syscon_action {
    char *reg; /* NULL: not in the tree */
    uint32_t value, mask;
    bool is_sifive_test;
};

static struct syscon_action off_action, reboot_action; /* [I] after the probe */

/* Write the register; returns only if the machine did not obey. */
static void act(const struct syscon_action *action, uint32_t value)
{
    uint32_t old = action->mask == UINT32_MAX ? 0 : mmio_read32(action->reg);

    mmio_write32(action->reg, (old & ~action->mask) | (value & action->mask));
    arch_io_mb();
    for (unsigned i = 0; i < OBEY_POLLS; i++)
        arch_cpu_relax();
}

static void syscon_off(struct power_provider *provider, bool is_failure)
{
    if (is_failure && off_action.is_sifive_test)
        act(&off_action, SIFIVE_TEST_FAIL(1));
    act(&off_action, off_action.value);
}

static void syscon_reboot(struct power_provider *provider)
{
    act(&reboot_action, reboot_action.value);
}

static struct power_provider off_provider = {.name = "syscon-poweroff", .off = syscon_off};
static struct power_provider reboot_provider = {.name = "syscon-reboot", .reboot = syscon_reboot};

static int read_action(struct device *dev, struct syscon_action *action)
{
    const struct fdt *fdt = dev->fdt;
    struct fdt_node syscon;
    uint32_t phandle, offset = 0, value = 0, mask = UINT32_MAX;
    paddr_t base;
    uint64_t size;

    if (fdt_node_u32(fdt, &dev->node, "regmap", &phandle) != 0 ||
        fdt_find_phandle(fdt, phandle, &syscon) != 0 ||
        fdt_reg_phys(fdt, &syscon, 0, &base, &size) != 0)
        return -EINVAL;
    (void)fdt_node_u32(fdt, &dev->node, "offset", &offset);
    bool has_mask = fdt_node_u32(fdt, &dev->node, "mask", &mask) == 0;
    bool has_value = fdt_node_u32(fdt, &dev->node, "value", &value) == 0;
    if (!has_mask && !has_value)
        return -EINVAL;
    if (!has_value)
        value = mask; /* old form of the binding: write the mask */
    if (size < 4 || offset > size - 4 || offset % 4 != 0)
        return -EINVAL;
    char *regs = kmap_device(base, size);
    if (!regs)
        return -ENOMEM;
    *action = (struct syscon_action){
        .reg = regs + offset,
        .value = value,
        .mask = mask,
        .is_sifive_test = fdt_node_is_compatible(&syscon, "sifive,test0"),
    };
    return 0;
}

static int off_probe(struct device *dev)
{
    if (off_action.reg)
        return -EBUSY;
    int err = read_action(dev, &off_action);
    if (err == 0)
        power_register(&off_provider);
    return err;
}

static int reboot_probe(struct device *dev)
{
    if (reboot_action.reg)
        return -EBUSY;
    int err = read_action(dev, &reboot_action);
    if (err == 0)
        power_register(&reboot_provider);
    return err;
}

DRIVER(syscon_poweroff, off_probe, "syscon-poweroff");
DRIVER(syscon_reboot, reboot_probe, "syscon-reboot");
