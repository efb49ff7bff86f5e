/*
 * Shared by the DEFLATE decoder and the gzip container.
 */
#ifndef INFLATE_PRIVATE_H
#define INFLATE_PRIVATE_H

#include <inflate/inflate.h>

struct inflate_stream {
    const uint8_t *in; /* the next byte that is not in bits */
    const uint8_t *end;
    uint64_t bits; /* the next bit is bit 0 */
    int nr_bits;   /* valid ones in bits; negative: more were used than there were */
    struct inflate_output *out;
    size_t accounted; /* bytes of out->buf that crc and total cover */
    bool has_crc;
    uint32_t crc;
    uint32_t total; /* of output, modulo 2^32 */
};

/* Decode to the end of the last block; s->in is then the first byte behind it. */
int inflate_stream(struct inflate_work *work, struct inflate_stream *s);

/* Add new output to crc and total. */
void inflate_account(struct inflate_stream *s);

#endif
