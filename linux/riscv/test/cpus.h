/*
 * A machine of three harts for host tests of linux/riscv, of which each can something else.
 */
#ifndef LINUX_RISCV_TEST_CPUS_H
#define LINUX_RISCV_TEST_CPUS_H

#include "../../task/test/world.h"

#include <abi/syscalls.h>
#include <arch/uaccess.h>
#include <machine/machine.h>
#include <percpu/percpu.h>
#include <platform/boot_info.h>
#include <riscv_isa/isa.h>
#include <vdso/vdso.h>

#define NR_CPUS 3

static inline void isa_set(unsigned cpu, const char *isa, uint32_t size)
{
    boot_info.isa_props[cpu].value = (const uint8_t *)isa;
    boot_info.isa_props[cpu].size = size;
}

/* The first two by strings, the third by a list of names; 3 is no CPU that runs. */
static inline int cpus_init(void)
{
    static const char first[] = "rv64imafdcv_zba_zbb_zicond_zve64d_sstc_zfh";
    static const char second[] = "rv64imafdc_zba_zicond_zfhmin";
    static const char third[] = "i\0m\0a\0f\0d\0c\0zba\0zbb\0zicond\0zfh";

    if (program_world_init() != 0 || vdso_boot() != 0)
        return -1;
    isa_set(0, first, sizeof(first));
    isa_set(1, second, sizeof(second));
    isa_set(2, third, sizeof(third));
    for (unsigned cpu = 0; cpu < NR_CPUS; cpu++)
        hart_ids[cpu] = (struct hart_ids){0x489, 7, cpu};
    cpus_online = BIT(NR_CPUS) - 1;
    arch_features = BIT(ARCH_FEATURE_FD);
    arch_cboz_block = 64;
    boot_info.timebase_hz = 10000000;
    return 0;
}

#endif
