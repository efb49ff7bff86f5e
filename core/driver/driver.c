/*
 * Matches device-tree nodes with drivers, in one pass over the tree.
 */
#include <driver/driver.h>
#include <log/log.h>
#include <platform/boot_info.h>
#include <string/string.h>

LINKER_SET_DECLARE(drivers, struct driver);

static const struct driver *match(const struct fdt_node *node, const char **compatible)
{
    const char *have;

    for (unsigned i = 0; (have = fdt_prop_string(&node->compatible, i)) != NULL; i++) {
        LINKER_SET_FOREACH(drivers, struct driver, driver) {
            for (const char *const *want = driver->compatible; *want; want++) {
                if (str_equal(have, *want)) {
                    *compatible = have;
                    return driver;
                }
            }
        }
    }
    return NULL;
}

static void decode(struct device *dev)
{
    struct fdt_prop prop;

    for (unsigned i = 0; i < DEVICE_MAX_REGS; i++) {
        struct device_reg *reg = &dev->reg[dev->nr_regs];

        if (fdt_reg_phys(dev->fdt, &dev->node, i, &reg->base, &reg->size) != 0)
            break;
        dev->nr_regs++;
    }
    /* A PLIC has one cell per interrupt. */
    if (fdt_prop_find(dev->fdt, &dev->node, "interrupts", &prop) == 0)
        while (dev->nr_irqs < DEVICE_MAX_IRQS &&
               fdt_prop_u32(&prop, dev->nr_irqs, &dev->irq[dev->nr_irqs]) == 0)
            dev->nr_irqs++;
}

/* Call the driver's probe. True: it took the device. */
static bool probe(const struct driver *driver, const struct fdt_node *node, const char *compatible)
{
    struct device dev = {
        .fdt = &boot_info.fdt, .node = *node, .name = node->name, .compatible = compatible};
    int error;

    decode(&dev);
    error = driver->probe(&dev);
    if (error == 0)
        log_note("driver: %s: %s", (uintptr_t)dev.name, (uintptr_t)driver->name);
    else if (error != DRIVER_NOTHING)
        log_warn("%s: %s failed, error %d", dev.name, driver->name, -error);
    return error == 0;
}

int driver_probe_all(void)
{
    struct fdt_walk walk;
    struct fdt_node node;
    int nr_probed = 0;
    int err;

    fdt_walk_init(&walk, &boot_info.fdt);
    while ((err = fdt_walk_next(&walk, &node)) > 0) {
        const char *compatible;
        const struct driver *driver = NULL;

        if (node.compatible.value && fdt_node_is_enabled(&node))
            driver = match(&node, &compatible);
        if (driver && probe(driver, &node, compatible))
            nr_probed++;
    }
    if (err < 0)
        log_warn("device tree: malformed, later devices are ignored");
    return nr_probed;
}
