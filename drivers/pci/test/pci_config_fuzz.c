/*
 * A function whose configuration space is the input: every walk ends, every read is in bounds and
 * aligned, and BARs that were placed lie in a window, are aligned to their size, and do not
 * overlap.
 */
#include "model_config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_bars(const struct pci_bar bars[PCI_BARS])
{
    for (unsigned i = 0; i < PCI_BARS; i++) {
        uint64_t base = bars[i].base.v, bytes = bars[i].size;
        if (bytes == 0)
            continue;
        bool in_low = base >= 0x40000000 && bytes <= 0x40000000 && base + bytes <= 0x80000000;
        bool in_high = base >= 0x400000000 && bytes <= 0x400000000 && base + bytes <= 0x800000000;
        if ((!in_low && !in_high) || base % bytes != 0)
            abort();
        for (unsigned k = 0; k < i; k++)
            if (bars[k].size != 0 && base < bars[k].base.v + bars[k].size &&
                bars[k].base.v < base + bytes)
                abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct pci_windows w = {
        2, {{0x40000000, 0x40000000, 0x40000000, 0}, {0x400000000, 0x400000000, 0x400000000, 0}}};
    struct pci_bar bars[PCI_BARS];
    struct pci_cap_walk walk = {0};
    struct model_config m;

    model_config_init(&m);
    memcpy(m.bytes, data, MIN(size, sizeof(m.bytes)));
    if (size > sizeof(m.bytes))
        memcpy(m.bar_mask, data + sizeof(m.bytes), MIN(size - sizeof(m.bytes), sizeof(m.bar_mask)));
    while (pci_next_capability(&m.config, &walk, PCI_CAP_VENDOR) != 0) {
    }
    pci_assign_bars(&m.config, &w, bars);
    check_bars(bars);
    return 0;
}
