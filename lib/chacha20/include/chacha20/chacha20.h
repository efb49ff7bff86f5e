/* The ChaCha20 block function of RFC 8439, 2.3. */
#ifndef CHACHA20_CHACHA20_H
#define CHACHA20_CHACHA20_H

#include <base/types.h>

#define CHACHA20_KEY_WORDS   8
#define CHACHA20_NONCE_WORDS 3
#define CHACHA20_BLOCK_WORDS 16 /* 64 bytes */

/* The key-stream block number counter, as little-endian words. */
void chacha20_block(const uint32_t key[CHACHA20_KEY_WORDS], uint32_t counter,
                    const uint32_t nonce[CHACHA20_NONCE_WORDS], uint32_t out[CHACHA20_BLOCK_WORDS]);

#endif
