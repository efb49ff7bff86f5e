/*
 * Register access shared by the transports (virtio 1.2, 4.1.4.3 and 4.2.2).
 */
#ifndef VIRTIO_TRANSPORT_H
#define VIRTIO_TRANSPORT_H

#include <arch/memory.h>
#include <arch/mmio.h>
#include <base/types.h>

/* Read a 64-bit word through a 32-bit register and a selector of its half. */
static inline uint64_t virtio_read_halves(char *select, const char *value)
{
    mmio_write32(select, 1);
    uint64_t high = mmio_read32(value);
    mmio_write32(select, 0);
    return high << 32 | mmio_read32(value);
}

static inline void virtio_write_halves(char *select, char *value, uint64_t word)
{
    mmio_write32(select, 1);
    mmio_write32(value, (uint32_t)(word >> 32));
    mmio_write32(select, 0);
    mmio_write32(value, (uint32_t)word);
}

/* Write the address of a ring to a pair of registers. */
static inline void virtio_write_address(char *reg, const void *ring)
{
    uint64_t pa = virt_to_phys(ring).v;

    mmio_write32(reg, (uint32_t)pa);
    mmio_write32(reg + 4, (uint32_t)(pa >> 32));
}

#endif
