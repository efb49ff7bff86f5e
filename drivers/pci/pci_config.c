#include "pci_config.h"

#include <base/errno.h>

/* PCI 3.0, 6.2.5.1 */
#define BAR_IS_IO      0x1u
#define BAR_TYPE_MASK  0x6u
#define BAR_TYPE_64    0x4u
#define BAR_FLAGS_MASK 0xfu

#define STATUS_CAPABILITIES 0x10u

/* A list of 4-byte-aligned capabilities of at least 4 bytes in 192 bytes has no more than 48. */
#define CAPABILITIES_MAX 48

/* phys.hi of the PCI binding: space code */
#define SPACE_MASK  0x03000000u
#define SPACE_MEM32 0x02000000u
#define SPACE_MEM64 0x03000000u

unsigned pci_next_capability(struct pci_config *config, struct pci_cap_walk *walk, uint8_t id)
{
    if (walk->nr_steps == 0 && !(config->read(config, PCI_STATUS, 2) & STATUS_CAPABILITIES))
        return 0;
    while (walk->nr_steps < CAPABILITIES_MAX) {
        unsigned from = walk->nr_steps == 0 ? PCI_CAPABILITIES : walk->at + 1;
        unsigned at = config->read(config, from, 1) & ~3u;

        if (at < 0x40) {
            walk->nr_steps = CAPABILITIES_MAX; /* the end, also for the next call */
            break;
        }
        walk->at = at;
        walk->nr_steps++;
        if (config->read(config, at, 1) == id)
            return at;
    }
    return 0;
}

void pci_windows_read(struct pci_windows *windows, const struct fdt_node *node,
                      const struct fdt_prop *ranges)
{
    struct fdt_range range;

    windows->nr = 0;
    for (unsigned pass = 0; pass < 2; pass++) {
        uint32_t space = pass == 0 ? SPACE_MEM32 : SPACE_MEM64;
        for (unsigned i = 0; fdt_range(node, ranges, i, &range) == 0; i++) {
            if ((range.child_flags & SPACE_MASK) != space || windows->nr == PCI_WINDOWS_MAX)
                continue;
            if (range.size == 0 || range.child + range.size < range.child ||
                range.parent + range.size < range.parent)
                continue;
            windows->windows[windows->nr++] =
                (struct pci_window){.pci = range.child, .cpu = range.parent, .size = range.size};
        }
    }
}

/* Allocate size bytes at a multiple of size. is_64: the register can hold any address. */
static bool place(struct pci_windows *windows, uint64_t size, bool is_64, uint64_t *pci,
                  uint64_t *cpu)
{
    for (unsigned i = 0; i < windows->nr; i++) {
        struct pci_window *w = &windows->windows[i];
        uint64_t free = w->pci + w->used;
        uint64_t at = ALIGN_UP(free, size);

        if (at < free || at - w->pci > w->size || size > w->size - (at - w->pci))
            continue;
        if (!is_64 && at + size - 1 > UINT32_MAX)
            continue;
        w->used = at + size - w->pci;
        *pci = at;
        *cpu = w->cpu + (at - w->pci);
        return true;
    }
    return false;
}

static uint32_t probe_mask(struct pci_config *config, unsigned reg)
{
    config->write(config, reg, 4, 0xffffffff);
    uint32_t mask = config->read(config, reg, 4);
    config->write(config, reg, 4, 0);
    return mask;
}

unsigned pci_assign_bars(struct pci_config *config, struct pci_windows *windows,
                         struct pci_bar bars[PCI_BARS])
{
    uint32_t command = config->read(config, PCI_COMMAND, 2);
    unsigned refused = 0;

    /* Disable decoding while BARs are sized. */
    config->write(config, PCI_COMMAND, 2, command & ~(COMMAND_IO | COMMAND_MEMORY));
    for (unsigned i = 0; i < PCI_BARS; i++)
        bars[i] = (struct pci_bar){PADDR(0), 0};

    for (unsigned i = 0; i < PCI_BARS; i++) {
        unsigned bar = i;
        unsigned reg = PCI_BAR0 + 4 * bar;
        uint32_t low = probe_mask(config, reg);
        uint64_t pci, cpu;

        if (low == 0 || (low & BAR_IS_IO))
            continue;
        bool is_64 = (low & BAR_TYPE_MASK) == BAR_TYPE_64;
        uint64_t mask = low & ~BAR_FLAGS_MASK;
        if (is_64) {
            if (bar == PCI_BARS - 1) { /* its high half would be outside */
                refused |= 1u << bar;
                continue;
            }
            mask |= (uint64_t)probe_mask(config, reg + 4) << 32;
            i++;
        } else {
            mask |= 0xffffffff00000000ull;
        }
        /* The writable bits are the upper ones: the lowest of them is the size. */
        uint64_t size = -mask;
        if (!IS_POWER_OF_2(size) || !place(windows, size, is_64, &pci, &cpu)) {
            refused |= 1u << bar;
            continue;
        }
        config->write(config, reg, 4, (uint32_t)pci);
        if (is_64)
            config->write(config, reg + 4, 4, (uint32_t)(pci >> 32));
        bars[bar] = (struct pci_bar){PADDR(cpu), size};
    }
    return refused;
}

/* Read one cell of the map; behind its end 0, clearing *ok. */
static uint32_t cell(const struct fdt_prop *map, unsigned index, bool *ok)
{
    uint32_t value = 0;

    if (fdt_prop_u32(map, index, &value) != 0)
        *ok = false;
    return value;
}

int pci_interrupt_line(const struct fdt *fdt, const struct fdt_node *node, unsigned slot,
                       unsigned pin, uint32_t *irq)
{
    struct fdt_prop map, mask;
    const uint32_t want[4] = {slot << 11, 0, 0,
                              pin}; /* unit address (phys.hi, mid, lo), interrupt */
    bool ok = true;

    if (fdt_prop_find(fdt, node, "interrupt-map", &map) != 0 ||
        fdt_prop_find(fdt, node, "interrupt-map-mask", &mask) != 0)
        return -ENOENT;
    unsigned nr_cells = fdt_prop_nr_cells(&map);
    uint32_t parent_phandle = 0;
    unsigned parent_address_cells = 0, parent_interrupt_cells = 0;

    for (unsigned at = 0; at < nr_cells;) {
        bool is_match = true;
        for (unsigned i = 0; i < 4; i++) {
            uint32_t m = cell(&mask, i, &ok);
            if ((cell(&map, at + i, &ok) & m) != (want[i] & m))
                is_match = false;
        }
        uint32_t phandle = cell(&map, at + 4, &ok);
        if (!ok)
            return -EBADMSG;
        /* An entry's length depends on its parent, which is mostly the same: cache it. */
        if (phandle != parent_phandle) {
            struct fdt_node parent;
            uint32_t n = 0;
            if (fdt_find_phandle(fdt, phandle, &parent) != 0 ||
                fdt_node_u32(fdt, &parent, "#interrupt-cells", &n) != 0 || n == 0 ||
                n > FDT_MAX_CELLS)
                return -EBADMSG;
            parent_interrupt_cells = n;
            n = 0; /* an interrupt controller without the property has no unit address in a map */
            (void)fdt_node_u32(fdt, &parent, "#address-cells", &n);
            if (n > FDT_MAX_CELLS)
                return -EBADMSG;
            parent_address_cells = n;
            parent_phandle = phandle;
        }
        at += 5 + parent_address_cells;
        if (is_match) {
            *irq = cell(&map, at, &ok);
            return ok ? 0 : -EBADMSG;
        }
        at += parent_interrupt_cells;
    }
    return -ENOENT;
}
