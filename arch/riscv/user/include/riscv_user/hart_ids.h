/*
 * What the machine-mode registers that name a hart say, which programs may ask for (riscv_hwprobe).
 */
#ifndef RISCV_USER_HART_IDS_H
#define RISCV_USER_HART_IDS_H

#include <base/types.h>

struct user_hart_ids {
    uint64_t vendor;         /* mvendorid */
    uint64_t arch;           /* marchid */
    uint64_t implementation; /* mimpid */
};

/* Of a CPU for which user_cpu_init() has run. */
const struct user_hart_ids *user_hart_ids(unsigned cpu);

#endif
