/* Between fail.S and sbi.c. */
#ifndef SBI_FAIL_H
#define SBI_FAIL_H

#include <base/types.h>

/* Leaves paging, stores value at reg, and if that did not end it asks the firmware to shut down. */
NORETURN void fail_store(paddr_t reg, uint32_t value, uint64_t kernel_offset);

#endif
