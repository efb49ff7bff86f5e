/*
 * Values of the machine-mode id registers of a hart, for riscv_hwprobe(2).
 */
#ifndef RISCV_USER_HART_IDS_H
#define RISCV_USER_HART_IDS_H

#include <base/types.h>

struct user_hart_ids {
    uint64_t vendor;         /* mvendorid */
    uint64_t arch;           /* marchid */
    uint64_t implementation; /* mimpid */
};

/* Get the ids of a CPU for which user_cpu_init() has run. */
const struct user_hart_ids *user_hart_ids(unsigned cpu);

#endif
