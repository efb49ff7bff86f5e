/*
 * CRC-32, four bytes a step (Kounavis and Berry 2005: "slicing").
 *
 * Table k holds, for each byte value, its remainder when 8 * k more zero bits follow. The remainder
 * is linear, so each entry is the sum of those of the single bits, which are the constants below.
 */
#include <crc32/crc32.h>

#define BITS_OF(i, a, b, c, d, e, f, g, h)                                                         \
    (((i)&1 ? a : 0) ^ ((i)&2 ? b : 0) ^ ((i)&4 ? c : 0) ^ ((i)&8 ? d : 0) ^ ((i)&16 ? e : 0) ^    \
     ((i)&32 ? f : 0) ^ ((i)&64 ? g : 0) ^ ((i)&128 ? h : 0))

#define T0(i)                                                                                      \
    BITS_OF(i, 0x77073096u, 0xee0e612cu, 0x076dc419u, 0x0edb8832u, 0x1db71064u, 0x3b6e20c8u,       \
            0x76dc4190u, 0xedb88320u)
#define T1(i)                                                                                      \
    BITS_OF(i, 0x191b3141u, 0x32366282u, 0x646cc504u, 0xc8d98a08u, 0x4ac21251u, 0x958424a2u,       \
            0xf0794f05u, 0x3b83984bu)
#define T2(i)                                                                                      \
    BITS_OF(i, 0x01c26a37u, 0x0384d46eu, 0x0709a8dcu, 0x0e1351b8u, 0x1c26a370u, 0x384d46e0u,       \
            0x709a8dc0u, 0xe1351b80u)
#define T3(i)                                                                                      \
    BITS_OF(i, 0xb8bc6765u, 0xaa09c88bu, 0x8f629757u, 0xc5b428efu, 0x5019579fu, 0xa032af3eu,       \
            0x9b14583du, 0xed59b63bu)
#define ROW4(t, i)  t(i), t((i) + 1), t((i) + 2), t((i) + 3)
#define ROW16(t, i) ROW4(t, i), ROW4(t, (i) + 4), ROW4(t, (i) + 8), ROW4(t, (i) + 12)
#define ROW64(t, i) ROW16(t, i), ROW16(t, (i) + 16), ROW16(t, (i) + 32), ROW16(t, (i) + 48)
#define ROW256(t)   ROW64(t, 0), ROW64(t, 64), ROW64(t, 128), ROW64(t, 192)

static const uint32_t tables[4][256] = {{ROW256(T0)}, {ROW256(T1)}, {ROW256(T2)}, {ROW256(T3)}};

uint32_t crc32_update(uint32_t crc, const void *data, size_t nr_bytes)
{
    const uint8_t *p = data;

    crc = ~crc;
    for (; nr_bytes && !IS_ALIGNED((uintptr_t)p, 4); nr_bytes--)
        crc = tables[0][(crc ^ *p++) & 0xff] ^ crc >> 8;
    for (; nr_bytes >= 4; nr_bytes -= 4, p += 4) {
        crc ^= *(const uint32_t __attribute__((may_alias)) *)p; /* little endian */
        crc = tables[3][crc & 0xff] ^ tables[2][crc >> 8 & 0xff] ^ tables[1][crc >> 16 & 0xff] ^
              tables[0][crc >> 24];
    }
    for (; nr_bytes; nr_bytes--)
        crc = tables[0][(crc ^ *p++) & 0xff] ^ crc >> 8;
    return ~crc;
}
