/*
 * The arch contract, 2: the kernel's view of physical memory and of its image.
 *
 * Sv39, kernel half (docs/architecture.md has the picture):
 *   ARCH_DIRECT_MAP_BASE + pa   all RAM of the device tree, read-write, never executable; the alias
 * of the kernel's text and read-only data is read-only ARCH_VMEMMAP_BASE           frame
 * descriptors, backed as the frame allocator opens sections ARCH_KMAP_BASE .. ARCH_KMAP_END  kernel
 * stacks with guard pages, device registers ARCH_KERNEL_BASE            the kernel image, wherever
 * it was loaded User half: 0 .. ARCH_USER_END.
 */
#ifndef ARCH_MEMORY_H
#define ARCH_MEMORY_H

#include <base/types.h>

#include <arch_impl/memory.h>

/* Address of RAM in the direct map. On the host: the fake RAM of the test. */
static inline void *phys_to_virt(paddr_t pa)
{
    return (void *)(uintptr_t)(pa.v + ARCH_DIRECT_MAP_BASE);
}

/* va: an address in the direct map. For an address inside the kernel image: kernel_to_phys(). */
static inline paddr_t virt_to_phys(const void *va)
{
    return PADDR((uint64_t)(uintptr_t)va - ARCH_DIRECT_MAP_BASE);
}

/* va: an address inside the kernel image (code, data, bss). */
static inline paddr_t kernel_to_phys(const void *va)
{
    return PADDR((uint64_t)(uintptr_t)va - arch_kernel_offset);
}

static inline bool is_user_address(vaddr_t va)
{
    return va < ARCH_USER_END;
}

#endif
