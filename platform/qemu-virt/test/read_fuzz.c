/*
 * Any bytes as the firmware's device tree: read to the end or refused, and what is kept keeps its
 * promises.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <platform/boot_info.h>

#include "../read.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *blob = malloc(size + !size);
    uint64_t end = 0;

    memcpy(blob, data, size);
    if (boot_info_read(3, blob, size) == NULL) {
        assert(boot_info.nr_harts >= 1 && boot_info.nr_harts <= NR_CPUS_MAX &&
               boot_info.harts[0] == 3);
        assert(strlen(boot_info.bootargs) < size);
        for (unsigned i = 0; i < boot_info.nr_memory; i++) {
            const struct boot_range *r = &boot_info.memory[i];

            assert(r->start.v >= end && r->size != 0 && ((r->start.v | r->size) & PAGE_MASK) == 0);
            end = r->start.v + r->size;
            assert(end <= BOOT_MEMORY_END && end > r->start.v);
        }
        for (unsigned i = 0; i < boot_info.nr_reserved; i++)
            assert(boot_info.reserved[i].start.v + boot_info.reserved[i].size >=
                   boot_info.reserved[i].start.v);
    }
    free(blob);
    return 0;
}
