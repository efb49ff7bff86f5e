/*
 * Kernel virtual ranges in [ARCH_KMAP_BASE, ARCH_KMAP_END): stacks with guard pages, device
 * registers, and pages of memory that need not be physically contiguous.
 *
 * Every range is preceded by at least one unmapped page. Thread context or boot; may not be called
 * from interrupt handlers (frees shoot down TLBs).
 */
#ifndef KMAP_KMAP_H
#define KMAP_KMAP_H

#include <base/types.h>

#define KERNEL_STACK_SIZE KIB(16)

/* Once, after frame_init(). */
void kmap_init(void);

/*
 * Allocate a stack of `size` bytes (a multiple of the page size) with a guard page below; returns
 * the lowest address. Recently freed stacks of KERNEL_STACK_SIZE are kept mapped for reuse. NULL:
 * no memory.
 */
void *kmap_alloc_stack(size_t size) MUST_CHECK;
void kmap_free_stack(void *stack, size_t size);

/* Free the stacks that are kept for reuse. */
void kmap_shrink(void);

/*
 * Map device registers at [pa, pa+size), read-write, not executable; pa need not be page aligned.
 * NULL: no memory, an absurd range, or no device: the first 4 bytes are read as a probe, if there
 * are as many. Smaller ones, of byte registers, are not probed.
 */
void *kmap_device(paddr_t pa, uint64_t size) MUST_CHECK;

/* Map any physical range with the given PT_* flags (<arch/paging.h>). NULL: no memory. */
void *kmap_range(paddr_t pa, uint64_t size, uint64_t flags) MUST_CHECK;

/* Unmap the range at an address returned by kmap_device() or kmap_range(). */
void kmap_unmap(void *va, uint64_t size);

#endif
