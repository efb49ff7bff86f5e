/*
 * The arch contract: device registers. One access of exactly the given width, ordered against other
 * device accesses; a write is ordered after earlier writes to memory (so that a device sees the
 * ring it is told about), a read before later reads of memory. Bodies in <arch_impl/mmio.h>.
 */
#ifndef ARCH_MMIO_H
#define ARCH_MMIO_H

#include <base/types.h>

static inline uint8_t mmio_read8(const volatile void *addr);
static inline uint16_t mmio_read16(const volatile void *addr);
static inline uint32_t mmio_read32(const volatile void *addr);
static inline void mmio_write8(volatile void *addr, uint8_t value);
static inline void mmio_write16(volatile void *addr, uint16_t value);
static inline void mmio_write32(volatile void *addr, uint32_t value);

/* Probe a device by reading 1 or 4 bytes. False: the read faults. */
bool mmio_answers(const volatile void *addr, unsigned nr_bytes);

#include <arch_impl/mmio.h>

/* The same for a width that is known at run time: 1, 2 or 4 bytes. */
static inline uint32_t mmio_read(const volatile void *addr, unsigned nr_bytes)
{
    switch (nr_bytes) {
    case 1:
        return mmio_read8(addr);
    case 2:
        return mmio_read16(addr);
    default:
        return mmio_read32(addr);
    }
}

static inline void mmio_write(volatile void *addr, unsigned nr_bytes, uint32_t value)
{
    switch (nr_bytes) {
    case 1:
        mmio_write8(addr, (uint8_t)value);
        break;
    case 2:
        mmio_write16(addr, (uint16_t)value);
        break;
    default:
        mmio_write32(addr, value);
    }
}

#endif
