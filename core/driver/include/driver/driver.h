/*
 * Drivers and the device tree. driver_probe_all() walks the tree once; for every enabled node whose
 * `compatible` names a driver of the linker set it calls the driver's probe.
 *
 *   static int uart_probe(struct device *dev) { ... }
 *   DRIVER(ns16550a, uart_probe, "ns16550a", "ns16550");
 *
 * The order is the tree's: a line of an interrupt controller that is not there yet may be
 * registered, and becomes live with it.
 */
#ifndef DRIVER_DRIVER_H
#define DRIVER_DRIVER_H

#include <base/linkerset.h>
#include <base/types.h>
#include <fdt/fdt.h>

#define DEVICE_MAX_REGS 4
#define DEVICE_MAX_IRQS 8

struct device_reg {
    paddr_t base;
    uint64_t size;
};

#define DRIVER_NOTHING 1 /* result of a probe: nothing to drive, not an error */

/* A node of the tree, decoded and checked. Valid during probe; drivers copy it. */
struct device {
    const char *name;       /* node name with unit address, in the tree (stays valid) */
    const char *compatible; /* the entry that matched */
    struct device_reg reg[DEVICE_MAX_REGS];
    unsigned nr_regs;
    uint32_t irq[DEVICE_MAX_IRQS]; /* first cell of each specifier of `interrupts` */
    unsigned nr_irqs;
    const struct fdt *fdt; /* for other properties: fdt_node_u32(dev->fdt, &dev->node, ...) */
    struct fdt_node node;
};

struct driver {
    const char *name;
    const char *const *compatible; /* NULL-terminated */
    /*
     * 0, DRIVER_NOTHING where a slot is empty, or a negative errno, which is logged with the node's
     * name; the boot goes on.
     */
    int (*probe)(struct device *dev);
};

#define DRIVER(name_, probe_, ...)                                                                 \
    static const char *const PASTE(name_, _compatible)[] = {__VA_ARGS__, NULL};                    \
    LINKER_SET_ITEM(drivers, struct driver, PASTE(name_, _driver)) = {                             \
        .name = #name_,                                                                            \
        .compatible = PASTE(name_, _compatible),                                                   \
        .probe = probe_,                                                                           \
    }

/* Probe all devices. After frame_init(), kmap_init() and the interrupt dispatch. Returns how many
 * were probed. */
int driver_probe_all(void);

#endif
