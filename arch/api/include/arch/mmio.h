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
static inline uint64_t mmio_read64(const volatile void *addr);
static inline void mmio_write8(volatile void *addr, uint8_t value);
static inline void mmio_write16(volatile void *addr, uint16_t value);
static inline void mmio_write32(volatile void *addr, uint32_t value);
static inline void mmio_write64(volatile void *addr, uint64_t value);

#include <arch_impl/mmio.h>

#endif
