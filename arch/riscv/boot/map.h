/* Between start.S and map.c. */
#ifndef BOOT_MAP_H
#define BOOT_MAP_H

#include <base/types.h>

struct boot_mapped {
    uint64_t satp;
    uint64_t offset; /* virtual minus physical address of the image */
};

extern char boot_stack[];

struct boot_mapped boot_map(uint64_t fdt);

/* Print a line by the firmware and power off. */
NORETURN void boot_die(const char *reason, uint64_t a, uint64_t b);

#endif
