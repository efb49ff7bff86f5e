/* Bodies of <shadow/shadow.h> for kernels without a shadow. */
#ifndef SHADOW_IMPL_SHADOW_H
#define SHADOW_IMPL_SHADOW_H

static inline void shadow_allow(const void *start, size_t size)
{
}

static inline void shadow_forbid(const void *start, size_t size, enum shadow_reason reason)
{
}

static inline uint64_t shadow_share(uint64_t ram_size)
{
    return 0;
}

static inline void shadow_ram(paddr_t start, uint64_t size, paddr_t place)
{
}

static inline bool shadow_own(const void *start, size_t size)
{
    return true;
}

static inline void shadow_check(const void *start, size_t size, bool is_write)
{
}

#endif
