/*
 * The arch contract on the host: a device register is ordinary memory that a test looks at.
 */
#ifndef ARCH_IMPL_MMIO_H
#define ARCH_IMPL_MMIO_H

#define HOST_MMIO(bits)                                                                            \
    static inline uint##bits##_t mmio_read##bits(const volatile void *addr)                        \
    {                                                                                              \
        return *(const volatile uint##bits##_t *)addr;                                             \
    }                                                                                              \
    static inline void mmio_write##bits(volatile void *addr, uint##bits##_t value)                 \
    {                                                                                              \
        *(volatile uint##bits##_t *)addr = value;                                                  \
    }

HOST_MMIO(8)
HOST_MMIO(16)
HOST_MMIO(32)

#undef HOST_MMIO

#endif
