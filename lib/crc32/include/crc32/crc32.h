/*
 * CRC-32 of IEEE 802.3 (reflected, polynomial 0xedb88320), as gzip, GPT and ext4's crc32 without c
 * use it.
 */
#ifndef CRC32_CRC32_H
#define CRC32_CRC32_H

#include <base/types.h>

/* crc: 0 at first, then the result so far. */
uint32_t crc32_update(uint32_t crc, const void *data, size_t nr_bytes);

static inline uint32_t crc32(const void *data, size_t nr_bytes)
{
    return crc32_update(0, data, nr_bytes);
}

#endif
