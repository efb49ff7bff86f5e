/* Between read.c and boot_info.c. */
#ifndef PLATFORM_READ_H
#define PLATFORM_READ_H

#include <platform/boot_info.h>

/* RAM above is out of the direct map's reach (ARCH_DIRECT_MAP_SIZE). */
#define BOOT_MEMORY_END GIB(128)

/* Fills boot_info from a tree of at most size bytes; NULL, or what makes it unusable. */
const char *boot_info_read(hartid_t boot_hart, const void *blob, size_t size);

void boot_warn(const char *text);
void boot_reserve(uint64_t start, uint64_t size);
bool boot_is_in_memory(uint64_t start, uint64_t size);

#endif
