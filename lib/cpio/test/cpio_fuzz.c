/*
 * Any bytes as archives: every entry lies within the data, and the reader moves on.
 */
#include <stdlib.h>
#include <string.h>

#include <cpio/cpio.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *block = malloc(size ? size : 1);
    struct cpio_reader reader;
    struct cpio_entry entry;
    size_t last = 0;

    if (size)
        memcpy(block, data, size);
    cpio_init(&reader, block, size);
    while (cpio_next(&reader, &entry) > 0) {
        if (reader.pos <= last || strlen(entry.name) != entry.name_length ||
            entry.body + entry.body_size > block + size)
            abort();
        last = reader.pos;
    }
    free(block);
    return 0;
}
