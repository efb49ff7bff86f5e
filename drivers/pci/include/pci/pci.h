/*
 * PCI Express behind an ECAM host bridge that the device tree describes (pci-host-ecam-generic):
 * finds the functions of the root bus, gives them addresses, and probes drivers.
 *
 * OpenSBI leaves base address registers unassigned, so they are sized and placed here, in the
 * windows of the host bridge's `ranges`. Interrupts are the four INTx lines, routed by
 * `interrupt-map`.
 *
 * Not here: bridges and further buses, MSI-X (the PLIC takes no messages), hot plug, power
 * management.
 *
 * Specs: PCI Local Bus 3.0 (configuration space, BARs, capabilities), PCI Express Base 5.0, 7.2.2
 * (ECAM), IEEE Std 1275 PCI binding (ranges, interrupt-map).
 */
#ifndef PCI_PCI_H
#define PCI_PCI_H

#include <base/linkerset.h>
#include <base/types.h>

#define PCI_BARS 6

#define PCI_VENDOR_ID           0x00
#define PCI_DEVICE_ID           0x02
#define PCI_COMMAND             0x04
#define PCI_STATUS              0x06
#define PCI_REVISION            0x08
#define PCI_CLASS               0x0a /* subclass, class */
#define PCI_HEADER_TYPE         0x0e
#define PCI_BAR0                0x10
#define PCI_SUBSYSTEM_VENDOR_ID 0x2c
#define PCI_SUBSYSTEM_ID        0x2e
#define PCI_CAPABILITIES        0x34
#define PCI_INTERRUPT_PIN       0x3d

#define PCI_CAP_VENDOR 0x09

/*
 * Access to the configuration space of a function, abstract so that code can be tested without a
 * bus. offset: naturally aligned, below 4096; nr_bytes: 1, 2 or 4.
 */
struct pci_config {
    uint32_t (*read)(struct pci_config *config, unsigned offset, unsigned nr_bytes);
    void (*write)(struct pci_config *config, unsigned offset, unsigned nr_bytes, uint32_t value);
};

struct pci_bar {
    paddr_t base;  /* as the CPU sees it */
    uint64_t size; /* 0: no memory behind it */
};

/* [I] after its probe */
struct pci_device {
    struct pci_config config;
    char name[16]; /* "pci 00:01.0" */
    uint16_t vendor_id, device_id;
    struct pci_bar bars[PCI_BARS];
    unsigned irq; /* line of INTx; 0: none */
    char *ecam;   /* its 4096 bytes */
};

static inline uint8_t pci_read8(struct pci_device *dev, unsigned offset)
{
    return (uint8_t)dev->config.read(&dev->config, offset, 1);
}

static inline uint16_t pci_read16(struct pci_device *dev, unsigned offset)
{
    return (uint16_t)dev->config.read(&dev->config, offset, 2);
}

static inline uint32_t pci_read32(struct pci_device *dev, unsigned offset)
{
    return dev->config.read(&dev->config, offset, 4);
}

/* A walk through a function's capability list; all zeros at first. */
struct pci_cap_walk {
    unsigned at;       /* of the last one that was visited */
    unsigned nr_steps; /* so far */
};

/*
 * Return the offset of the walk's next capability of that id, or 0. The device's list may point
 * anywhere or be circular; the walk always ends.
 */
MUST_CHECK unsigned pci_next_capability(struct pci_config *config, struct pci_cap_walk *walk,
                                        uint8_t id);

/*
 * Map [offset, offset + nr_bytes) of a BAR's memory; NULL: not inside it, or no memory. Not in
 * interrupts.
 */
MUST_CHECK void *pci_map_bar(struct pci_device *dev, unsigned bar, uint64_t offset,
                             uint64_t nr_bytes);

/*
 * Install a handler for the function's INTx line. Functions share lines: it is also called for
 * others' interrupts. It cannot be removed. 0, -ENODEV (no line), -ENOMEM.
 */
MUST_CHECK int pci_irq_register(struct pci_device *dev, void (*handler)(void *ctx), void *ctx);

struct pci_driver {
    const char *name;
    uint16_t vendor_id;
    uint16_t device_first, device_last;
    /* Probe the function; memory decoding and bus mastering are on. 0; a negative errno is logged.
     * dev stays valid. */
    int (*probe)(struct pci_device *dev);
};

#define PCI_DRIVER(name) LINKER_SET_ITEM(pci_drivers, struct pci_driver, name)

#endif
