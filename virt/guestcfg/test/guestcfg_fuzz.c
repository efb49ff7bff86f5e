/*
 * Any bytes as a guest description: the reader ends, and what it accepts is within the limits.
 */
#include <stdlib.h>
#include <string.h>

#include <guestcfg/guestcfg.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct guest_config config;
    struct guestcfg it;
    struct fdt fdt;
    const char *problem;
    uint8_t *copy = aligned_alloc(8, ALIGN_UP(size, 8) + 8);

    memcpy(copy, data, size);
    if (fdt_open(&fdt, copy, size) == 0) {
        guestcfg_init(&it, &fdt);
        while (guestcfg_next(&it, &config, &problem) > 0) {
            if (problem)
                continue;
            if (config.nr_vcpus < 1 || config.nr_vcpus > GUEST_VCPUS_MAX || !config.kernel ||
                config.memory_bytes < GUEST_MEMORY_MIN || config.nr_flash > GUEST_FLASH_MAX)
                abort();
        }
    }
    free(copy);
    return 0;
}
