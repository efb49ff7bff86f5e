#include <chacha20/chacha20.h>

static uint32_t rotl(uint32_t x, unsigned n)
{
    return x << n | x >> (32 - n);
}

/* A macro over local variables: the whole state then stays in registers. */
#define QUARTER_ROUND(a, b, c, d)                                                                  \
    do {                                                                                           \
        a += b;                                                                                    \
        d = rotl(d ^ a, 16);                                                                       \
        c += d;                                                                                    \
        b = rotl(b ^ c, 12);                                                                       \
        a += b;                                                                                    \
        d = rotl(d ^ a, 8);                                                                        \
        c += d;                                                                                    \
        b = rotl(b ^ c, 7);                                                                        \
    } while (0)

void chacha20_block(const uint32_t key[CHACHA20_KEY_WORDS], uint32_t counter,
                    const uint32_t nonce[CHACHA20_NONCE_WORDS], uint32_t out[CHACHA20_BLOCK_WORDS])
{
    const uint32_t start[16] = {
        0x61707865, 0x3320646e, 0x79622d32, 0x6b206574, /* "expand 32-byte k" */
        key[0],     key[1],     key[2],     key[3],     key[4],   key[5],
        key[6],     key[7],     counter,    nonce[0],   nonce[1], nonce[2],
    };
    uint32_t x0 = start[0], x1 = start[1], x2 = start[2], x3 = start[3];
    uint32_t x4 = start[4], x5 = start[5], x6 = start[6], x7 = start[7];
    uint32_t x8 = start[8], x9 = start[9], x10 = start[10], x11 = start[11];
    uint32_t x12 = start[12], x13 = start[13], x14 = start[14], x15 = start[15];

    for (unsigned i = 0; i < 10; i++) {
        QUARTER_ROUND(x0, x4, x8, x12);
        QUARTER_ROUND(x1, x5, x9, x13);
        QUARTER_ROUND(x2, x6, x10, x14);
        QUARTER_ROUND(x3, x7, x11, x15);
        QUARTER_ROUND(x0, x5, x10, x15);
        QUARTER_ROUND(x1, x6, x11, x12);
        QUARTER_ROUND(x2, x7, x8, x13);
        QUARTER_ROUND(x3, x4, x9, x14);
    }
    const uint32_t end[16] = {x0, x1, x2, x3, x4, x5, x6, x7, x8, x9, x10, x11, x12, x13, x14, x15};
    for (unsigned i = 0; i < 16; i++)
        out[i] = start[i] + end[i];
}
