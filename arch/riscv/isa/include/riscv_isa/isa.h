/*
 * Identity of a hart: the names in its ISA string, and its machine-mode id registers, for
 * riscv_hwprobe(2).
 */
#ifndef RISCV_ISA_ISA_H
#define RISCV_ISA_ISA_H

#include <arch/smp.h>
#include <base/types.h>

/*
 * Get the next extension's name in an ISA string ("rv64imafdc_zba_...", property riscv,isa) or one
 * name of riscv,isa-extensions: returns its length, 0 at the end, and moves *isa behind it. Single
 * letters, then '_' and longer names: unprivileged specification, chapter 27. Any context.
 */
size_t isa_next(const char **isa, const char **name);

struct hart_ids {
    uint64_t vendor;         /* mvendorid */
    uint64_t arch;           /* marchid */
    uint64_t implementation; /* mimpid */
};

/* By CPU; arch/riscv/user writes them once, before the CPU runs threads. [I] */
extern struct hart_ids hart_ids[NR_CPUS_MAX];

#endif
