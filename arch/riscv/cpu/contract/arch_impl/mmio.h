/*
 * Bodies of <arch/mmio.h> for RISC-V: the fences of the unprivileged specification, table "mapping
 * from Linux memory primitives".
 */
#ifndef ARCH_IMPL_MMIO_H
#define ARCH_IMPL_MMIO_H

#define MMIO_ACCESS(bits, load, store)                                                             \
    static inline uint##bits##_t mmio_read##bits(const volatile void *addr)                        \
    {                                                                                              \
        uint##bits##_t value;                                                                      \
                                                                                                   \
        __asm__ volatile(load " %0, (%1)\n\tfence i, r" : "=r"(value) : "r"(addr) : "memory");     \
        return value;                                                                              \
    }                                                                                              \
    static inline void mmio_write##bits(volatile void *addr, uint##bits##_t value)                 \
    {                                                                                              \
        __asm__ volatile("fence w, o\n\t" store " %z0, (%1)"                                       \
                         :                                                                         \
                         : "rJ"(value), "r"(addr)                                                  \
                         : "memory");                                                              \
    }

MMIO_ACCESS(8, "lbu", "sb")
MMIO_ACCESS(16, "lhu", "sh")
MMIO_ACCESS(32, "lwu", "sw")

#endif
