/*
 * The host bridge's driver: maps the root bus's configuration space, walks it, probes.
 */
#include "pci_config.h"

#include <arch/mmio.h>
#include <base/errno.h>
#include <driver/driver.h>
#include <heap/heap.h>
#include <irq/irq.h>
#include <kmap/kmap.h>
#include <log/log.h>
#include <printf/printf.h>

LINKER_SET_DECLARE(pci_drivers, struct pci_driver);

#define ECAM_FUNCTION_BYTES KIB(4)
#define ECAM_BUS_BYTES      MIB(1)
#define SLOTS               32
#define FUNCTIONS           8

#define HEADER_MULTI_FUNCTION 0x80
#define HEADER_TYPE_MASK      0x7f
#define CLASS_HOST_BRIDGE     0x0600

struct host_bridge {
    const struct fdt *fdt;
    const struct fdt_node *node;
    char *ecam; /* of bus 0 */
    struct pci_windows windows;
};

static uint32_t ecam_read(struct pci_config *config, unsigned offset, unsigned nr_bytes)
{
    return mmio_read(container_of(config, struct pci_device, config)->ecam + offset, nr_bytes);
}

static void ecam_write(struct pci_config *config, unsigned offset, unsigned nr_bytes,
                       uint32_t value)
{
    mmio_write(container_of(config, struct pci_device, config)->ecam + offset, nr_bytes, value);
}

/*
 * --- lines
 * -----------------------------------------------------------------------------------------
 */

struct line_handler {
    void (*handler)(void *ctx);
    void *ctx;
    struct line_handler *next; /* [a] pushed to the front, never removed */
};

struct line {
    unsigned irq;
    struct line_handler *handlers; /* [a] */
    struct line *next;
};

static struct line *lines; /* changed only by probes, which are sequential */

static void line_interrupt(void *ctx)
{
    struct line *line = ctx;
    struct line_handler *h = __atomic_load_n(&line->handlers, __ATOMIC_ACQUIRE);

    for (; h; h = h->next)
        h->handler(h->ctx);
}

static struct line *line_of(unsigned irq, int *err)
{
    struct line *line = lines;

    while (line && line->irq != irq)
        line = line->next;
    if (line)
        return line;
    line = heap_zalloc(sizeof(*line));
    *err = -ENOMEM;
    if (!line)
        return NULL;
    line->irq = irq;
    *err = irq_register(irq, line_interrupt, line);
    if (*err != 0) {
        heap_free(line);
        return NULL;
    }
    line->next = lines;
    lines = line;
    return line;
}

int pci_irq_register(struct pci_device *dev, void (*handler)(void *ctx), void *ctx)
{
    int err = -ENODEV;

    if (dev->irq == 0)
        return err;
    struct line_handler *h = heap_alloc(sizeof(*h));
    if (!h)
        return -ENOMEM;
    struct line *line = line_of(dev->irq, &err);
    if (!line) {
        heap_free(h);
        return err;
    }
    *h = (struct line_handler){handler, ctx, line->handlers};
    __atomic_store_n(&line->handlers, h, __ATOMIC_RELEASE);
    return 0;
}

void *pci_map_bar(struct pci_device *dev, unsigned bar, uint64_t offset, uint64_t nr_bytes)
{
    if (bar >= PCI_BARS || nr_bytes == 0 || offset > dev->bars[bar].size ||
        nr_bytes > dev->bars[bar].size - offset)
        return NULL;
    return kmap_device(paddr_add(dev->bars[bar].base, offset), nr_bytes);
}

/*
 * --- the walk
 * -------------------------------------------------------------------------------------
 */

static const struct pci_driver *driver_for(const struct pci_device *dev)
{
    LINKER_SET_FOREACH(pci_drivers, struct pci_driver, driver)
        if (driver->vendor_id == dev->vendor_id && dev->device_id >= driver->device_first &&
            dev->device_id <= driver->device_last)
            return driver;
    return NULL;
}

static void set_up(struct host_bridge *host, struct pci_device *dev, unsigned slot)
{
    uint8_t pin = pci_read8(dev, PCI_INTERRUPT_PIN);
    uint32_t irq;

    unsigned refused = pci_assign_bars(&dev->config, &host->windows, dev->bars);
    if (refused != 0)
        log_warn("%s: no place for BARs %#x", dev->name, refused);
    if (pin >= 1 && pin <= 4 && pci_interrupt_line(host->fdt, host->node, slot, pin, &irq) == 0)
        dev->irq = irq;
    uint32_t command = pci_read16(dev, PCI_COMMAND) | COMMAND_MEMORY | COMMAND_BUS_MASTER;
    dev->config.write(&dev->config, PCI_COMMAND, 2, command);
}

/* Probe a function; returns whether it exists. */
static bool probe_function(struct host_bridge *host, unsigned slot, unsigned function)
{
    char *ecam = host->ecam + (slot * FUNCTIONS + function) * ECAM_FUNCTION_BYTES;
    uint32_t id = mmio_read32(ecam + PCI_VENDOR_ID);

    if ((uint16_t)id == 0xffff || (uint16_t)id == 0)
        return false;
    if (mmio_read16(ecam + PCI_CLASS) == CLASS_HOST_BRIDGE)
        return true;
    if ((mmio_read8(ecam + PCI_HEADER_TYPE) & HEADER_TYPE_MASK) != 0) {
        log_warn("pci 00:%02x.%u: a bridge; buses behind bridges are not supported", slot,
                 function);
        return true;
    }

    struct pci_device *dev = heap_zalloc(sizeof(*dev));
    if (!dev) {
        log_warn("pci 00:%02x.%u: out of memory", slot, function);
        return true;
    }
    dev->config = (struct pci_config){ecam_read, ecam_write};
    dev->ecam = ecam;
    dev->vendor_id = (uint16_t)id;
    dev->device_id = (uint16_t)(id >> 16);
    snprintf(dev->name, sizeof(dev->name), "pci 00:%02x.%u", slot, function);

    const struct pci_driver *driver = driver_for(dev);
    if (!driver) {
        log_debug("%s: no driver for %04x:%04x", dev->name, dev->vendor_id, dev->device_id);
        heap_free(dev);
        return true;
    }
    set_up(host, dev, slot);
    int err = driver->probe(dev);
    if (err != 0)
        log_warn("%s: %s failed, error %d", dev->name, driver->name, -err);
    return true;
}

static int pci_probe(struct device *dev)
{
    struct host_bridge host = {.fdt = dev->fdt, .node = &dev->node};
    struct fdt_prop ranges;

    if (dev->nr_regs < 1 || dev->reg[0].size < ECAM_BUS_BYTES)
        return -EINVAL;
    if (fdt_prop_find(dev->fdt, &dev->node, "ranges", &ranges) != 0)
        return -EINVAL;
    pci_windows_read(&host.windows, &dev->node, &ranges);
    if (host.windows.nr == 0)
        return -EINVAL;
    /* Map one bus of the 256; functions keep pointers into the mapping. */
    host.ecam = kmap_device(dev->reg[0].base, ECAM_BUS_BYTES);
    if (!host.ecam)
        return -ENOMEM;

    for (unsigned slot = 0; slot < SLOTS; slot++) {
        if (!probe_function(&host, slot, 0))
            continue;
        char *ecam = host.ecam + slot * FUNCTIONS * ECAM_FUNCTION_BYTES;
        if (!(mmio_read8(ecam + PCI_HEADER_TYPE) & HEADER_MULTI_FUNCTION))
            continue;
        for (unsigned function = 1; function < FUNCTIONS; function++)
            probe_function(&host, slot, function);
    }
    return 0;
}

DRIVER(pci_host, pci_probe, "pci-host-ecam-generic");
