/*
 * The shadow: a byte for every 8 bytes of kernel addresses, 0 if all of them may be touched, 1 to 7
 * if only so many of the first, more if none (Serebryany, Bruening, Potapenko, Vyukov:
 * "AddressSanitizer", USENIX ATC 2012). The compiler writes the shadow of stack frames itself, so
 * its place is fixed: make/toolchain.mk has SHADOW_OFFSET too.
 *
 * All of it is mapped from the first instrumented function on: to one page of zeros where there is
 * nothing to know, to memory of its own for the image, for RAM, and for kernel stacks.
 */
#ifndef SANITIZE_ADDRESS_ADDRESS_H
#define SANITIZE_ADDRESS_ADDRESS_H

#include <base/types.h>

#define SHADOW_OFFSET 0xdffffff800000000ul
#define SHADOW_START  0xfffffff000000000ul
#define SHADOW_SIZE   GIB(32)

static inline uint8_t *shadow_of(uintptr_t address)
{
    return (uint8_t *)((address >> 3) + SHADOW_OFFSET);
}

/* Only the kernel's half has a shadow. */
static inline bool has_shadow(uintptr_t address)
{
    return address >= 0xffffffc000000000ul;
}

/* The first inaccessible byte of a range; 0: there is none. */
uintptr_t shadow_find(uintptr_t start, size_t size);

extern bool shadow_is_on; /* [I] after the first instructions in virtual memory */

#endif
