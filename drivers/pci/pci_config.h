/*
 * Bus-independent parts: sizing of base address registers, placing them in windows, the interrupt
 * map.
 */
#ifndef PCI_CONFIG_H
#define PCI_CONFIG_H

#include <fdt/fdt.h>
#include <pci/pci.h>

/* A window of the host bridge's address space, which is filled from the bottom. */
struct pci_window {
    uint64_t pci; /* address on the bus */
    uint64_t cpu; /* the same as the CPU sees it */
    uint64_t size;
    uint64_t used; /* bytes from the start, alignment gaps included */
};

/* Bits of the command register (PCI 3.0, 6.2.2). */
#define COMMAND_IO         0x1u
#define COMMAND_MEMORY     0x2u
#define COMMAND_BUS_MASTER 0x4u

#define PCI_WINDOWS_MAX 4

struct pci_windows {
    unsigned nr;
    struct pci_window windows[PCI_WINDOWS_MAX]; /* memory only, those below 4 GiB first */
};

/* The memory windows of a host bridge's `ranges`; those of no use are left out. */
void pci_windows_read(struct pci_windows *windows, const struct fdt_node *node,
                      const struct fdt_prop *ranges);

/*
 * Sizes and places all memory BARs of a function of header type 0. Decoding is off afterwards.
 * Returns a bitmap of the BARs that found no place or make no sense; bars[] has size 0 for these,
 * for I/O BARs and for those that are not there.
 */
unsigned pci_assign_bars(struct pci_config *config, struct pci_windows *windows,
                         struct pci_bar bars[PCI_BARS]);

/*
 * The interrupt line of pin (1 = INTA) of device number slot on bus 0, by the interrupt-map of the
 * host bridge's node: 0 and the first cell of the parent's specifier, -ENOENT, or -EBADMSG.
 */
MUST_CHECK int pci_interrupt_line(const struct fdt *fdt, const struct fdt_node *node, unsigned slot,
                                  unsigned pin, uint32_t *irq);

#endif
