/* Bodies of <shadow/shadow.h> for kernels with a shadow: core/sanitize-address. */
#ifndef SHADOW_IMPL_SHADOW_H
#define SHADOW_IMPL_SHADOW_H

void address_allow(const void *start, size_t size);
void address_forbid(const void *start, size_t size, uint8_t reason);
bool address_own(const void *start, size_t size);
void address_ram(paddr_t start, uint64_t size, paddr_t place);
void address_check(const void *start, size_t size, bool is_write, uintptr_t pc);

static inline void shadow_allow(const void *start, size_t size)
{
    address_allow(start, size);
}

static inline void shadow_forbid(const void *start, size_t size, enum shadow_reason reason)
{
    address_forbid(start, size, (uint8_t)reason);
}

static inline uint64_t shadow_share(uint64_t ram_size)
{
    return ALIGN_UP(ram_size / 8, MIB(2));
}

static inline void shadow_ram(paddr_t start, uint64_t size, paddr_t place)
{
    address_ram(start, size, place);
}

static inline bool shadow_own(const void *start, size_t size)
{
    return address_own(start, size);
}

static ALWAYS_INLINE void shadow_check(const void *start, size_t size, bool is_write)
{
    __label__ here;

here:
    address_check(start, size, is_write, (uintptr_t) && here);
}

#endif
