/*
 * Configuration space of a function in memory, whose BARs have writable upper bits, as real ones.
 */
#ifndef MODEL_CONFIG_H
#define MODEL_CONFIG_H

#include <stdlib.h>
#include <string.h>

#include "pci_config.h"

struct model_config {
    struct pci_config config;
    uint8_t bytes[256];
    uint32_t bar_mask[PCI_BARS]; /* bits that can be written */
    unsigned nr_reads;
};

static uint32_t model_config_read(struct pci_config *config, unsigned offset, unsigned nr_bytes)
{
    struct model_config *m = container_of(config, struct model_config, config);
    uint32_t value = 0;

    if (offset % nr_bytes != 0 || offset + nr_bytes > sizeof(m->bytes) || m->nr_reads++ > 100000)
        abort();
    memcpy(&value, m->bytes + offset, nr_bytes);
    return value;
}

static void model_config_write(struct pci_config *config, unsigned offset, unsigned nr_bytes,
                               uint32_t value)
{
    struct model_config *m = container_of(config, struct model_config, config);

    if (offset % nr_bytes != 0 || offset + nr_bytes > sizeof(m->bytes))
        abort();
    if (offset >= PCI_BAR0 && offset < PCI_BAR0 + 4 * PCI_BARS && nr_bytes == 4) {
        unsigned bar = (offset - PCI_BAR0) / 4;
        uint32_t old;
        memcpy(&old, m->bytes + offset, 4);
        value = (old & ~m->bar_mask[bar]) | (value & m->bar_mask[bar]);
    }
    memcpy(m->bytes + offset, &value, nr_bytes);
}

static void model_config_init(struct model_config *m)
{
    *m = (struct model_config){.config = {model_config_read, model_config_write}};
}

#endif
