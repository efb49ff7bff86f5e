/*
 * The contract "shadow": allocators report which memory may be accessed, for kernels that check
 * every access (SANITIZE=address; core/sanitize-address). In all others the provider is
 * lib/shadow-none, whose functions are empty.
 *
 * Memory is accessible unless marked otherwise. Addresses are the kernel's; a range made
 * inaccessible starts and ends at multiples of 8 bytes, one made accessible may end anywhere: the
 * rest of its last 8 bytes becomes inaccessible.
 *
 * Context: any.
 */
#ifndef SHADOW_SHADOW_H
#define SHADOW_SHADOW_H

#include <base/types.h>

/* Why memory is inaccessible, for the report. */
enum shadow_reason {
    SHADOW_FREE_FRAME = 0xf5,
    SHADOW_FREE_OBJECT = 0xf6, /* of a slab or a heap */
    SHADOW_REDZONE = 0xf7,     /* beside an object */
};

static inline void shadow_allow(const void *start, size_t size);
static inline void shadow_forbid(const void *start, size_t size, enum shadow_reason reason);

/* Boot: return the size of the shadow of a range of RAM, a multiple of 2 MiB. */
static inline uint64_t shadow_share(uint64_t ram_size);
/*
 * Boot: give a range of RAM in the direct map its shadow: shadow_share(size) bytes at `place`, a
 * multiple of 2 MiB, which nobody else uses.
 */
static inline void shadow_ram(paddr_t start, uint64_t size, paddr_t place);

/*
 * Give a range of kernel addresses outside RAM and image (stacks) a shadow that can be marked, and
 * make all of it accessible. False: no memory.
 */
MUST_CHECK static inline bool shadow_own(const void *start, size_t size);

/* Check an access that the compiler does not see (assembly, devices). */
static inline void shadow_check(const void *start, size_t size, bool is_write);

#include <shadow_impl/shadow.h>

#endif
