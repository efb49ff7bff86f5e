/*
 * The arch contract on the host: RAM is an arena made by host_ram_init(), see <host/host.h>. Before
 * that the bases are 0 and every address faults.
 */
#ifndef ARCH_IMPL_MEMORY_H
#define ARCH_IMPL_MEMORY_H

#include <base/types.h>

extern uint64_t host_direct_map_base;
extern uint64_t host_vmemmap_base;
extern uint64_t arch_kernel_offset;

#define ARCH_DIRECT_MAP_BASE host_direct_map_base
#define ARCH_VMEMMAP_BASE    host_vmemmap_base
#define ARCH_KMAP_BASE       0xffffffe800000000ull
#define ARCH_KMAP_END        0xfffffff000000000ull
#define ARCH_KERNEL_BASE     0xffffffff80000000ull
#define ARCH_USER_END        0x4000000000ull

#endif
