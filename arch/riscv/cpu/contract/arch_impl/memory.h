/* The address-space layout of <arch/memory.h> for Sv39. */
#ifndef ARCH_IMPL_MEMORY_H
#define ARCH_IMPL_MEMORY_H

#define ARCH_USER_END        0x0000004000000000ul
#define ARCH_DIRECT_MAP_BASE 0xffffffc000000000ul
#define ARCH_DIRECT_MAP_SIZE 0x0000002000000000ul /* 128 GiB */
#define ARCH_VMEMMAP_BASE    0xffffffe000000000ul
#define ARCH_KMAP_BASE       0xffffffe800000000ul
#define ARCH_KMAP_END        0xffffffe840000000ul /* one second-level table, shared by all roots */
#define ARCH_KERNEL_BASE     0xffffffff80000000ul

/* ARCH_KERNEL_BASE minus the physical address the image was loaded at. */
extern uint64_t arch_kernel_offset;

/* kernel.ld: the image and its parts; all but image_text_end page aligned. */
extern char image_start[], image_text_end[], image_data_start[], image_end[];

#endif
