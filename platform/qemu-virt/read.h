/* Between read.c and boot_info.c. */
#ifndef PLATFORM_READ_H
#define PLATFORM_READ_H

#include <platform/boot_info.h>

/* RAM above does not fit into the direct map (ARCH_DIRECT_MAP_SIZE). */
#define BOOT_MEMORY_END GIB(128)

/* Fill boot_info from a tree of at most size bytes; NULL, or why it is unusable. */
const char *boot_info_read(hartid_t boot_hart, const void *blob, size_t size);

void boot_warn(const char *text);
void boot_reserve(uint64_t start, uint64_t size);
bool boot_is_in_memory(uint64_t start, uint64_t size);

#endif
