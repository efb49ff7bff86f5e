/*
 * The contract "shadow": what allocators tell about memory, for those kernels that check every
 * access (SANITIZE=address; core/sanitize-address). In all others it is lib/shadow-none, whose
 * functions are empty.
 *
 * Memory is accessible until somebody says otherwise. Addresses are the kernel's; a range that is
 * made inaccessible starts and ends at multiples of 8 bytes, one that is made accessible may end
 * anywhere: the rest of its last 8 bytes is inaccessible then.
 *
 * Context: any.
 */
#ifndef SHADOW_SHADOW_H
#define SHADOW_SHADOW_H

#include <base/types.h>

/* Why it may not be touched: what the report says. */
enum shadow_reason {
    SHADOW_FREE_FRAME = 0xf5,
    SHADOW_FREE_OBJECT = 0xf6, /* of a slab or a heap */
    SHADOW_REDZONE = 0xf7,     /* beside an object */
    SHADOW_NO_STACK = 0xf8,    /* of a thread that has ended */
};

static inline void shadow_allow(const void *start, size_t size);
static inline void shadow_forbid(const void *start, size_t size, enum shadow_reason reason);

/* Boot: how many bytes of a range of RAM its shadow takes, a multiple of 2 MiB. */
static inline uint64_t shadow_share(uint64_t ram_size);
/*
 * Boot: gives a range of RAM, which is in the direct map, its shadow: shadow_share(size) bytes at
 * `place`, a multiple of 2 MiB, which nobody else uses.
 */
static inline void shadow_ram(paddr_t start, uint64_t size, paddr_t place);

/*
 * Gives a range of kernel addresses outside RAM and image (stacks) a shadow that can be marked, and
 * allows all of it. False: no memory.
 */
MUST_CHECK static inline bool shadow_own(const void *start, size_t size);

/* Checks an access that the compiler does not see (assembly, devices), as if it happened. */
static inline void shadow_check(const void *start, size_t size, bool is_write);

#include <shadow_impl/shadow.h>

#endif
