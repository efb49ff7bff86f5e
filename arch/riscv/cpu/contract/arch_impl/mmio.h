/* Bodies of <arch/mmio.h> for RISC-V: the fences of the unprivileged specification, table "mapping
 * from Linux memory primitives". */
#ifndef ARCH_IMPL_MMIO_H
#define ARCH_IMPL_MMIO_H

static inline uint8_t mmio_read8(const volatile void *addr)
{
    uint8_t value;

    __asm__ volatile("lbu %0, (%1)\n\tfence i, r" : "=r"(value) : "r"(addr) : "memory");
    return value;
}

static inline void mmio_write8(volatile void *addr, uint8_t value)
{
    __asm__ volatile("fence w, o\n\tsb %z0, (%1)" : : "rJ"(value), "r"(addr) : "memory");
}

static inline uint16_t mmio_read16(const volatile void *addr)
{
    uint16_t value;

    __asm__ volatile("lhu %0, (%1)\n\tfence i, r" : "=r"(value) : "r"(addr) : "memory");
    return value;
}

static inline void mmio_write16(volatile void *addr, uint16_t value)
{
    __asm__ volatile("fence w, o\n\tsh %z0, (%1)" : : "rJ"(value), "r"(addr) : "memory");
}

static inline uint32_t mmio_read32(const volatile void *addr)
{
    uint32_t value;

    __asm__ volatile("lwu %0, (%1)\n\tfence i, r" : "=r"(value) : "r"(addr) : "memory");
    return value;
}

static inline void mmio_write32(volatile void *addr, uint32_t value)
{
    __asm__ volatile("fence w, o\n\tsw %z0, (%1)" : : "rJ"(value), "r"(addr) : "memory");
}

static inline uint64_t mmio_read64(const volatile void *addr)
{
    uint64_t value;

    __asm__ volatile("ld %0, (%1)\n\tfence i, r" : "=r"(value) : "r"(addr) : "memory");
    return value;
}

static inline void mmio_write64(volatile void *addr, uint64_t value)
{
    __asm__ volatile("fence w, o\n\tsd %z0, (%1)" : : "rJ"(value), "r"(addr) : "memory");
}

#endif
