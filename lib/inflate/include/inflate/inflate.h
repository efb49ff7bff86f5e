/*
 * Decompression of DEFLATE (RFC 1951) and gzip (RFC 1952) from memory, table-driven, with the
 * CRC-32 and the length of gzip checked.
 *
 * The input is untrusted: over-subscribed and incomplete codes, distances beyond the start and
 * truncation give -EBADMSG, and output never exceeds the room that the caller makes.
 *
 * Output goes to a flat buffer that is also the history window. When it is full, the caller's room
 * function grows or replaces the buffer, or consumes the output and calls inflate_slide(), which
 * keeps the last 32 KiB (streaming).
 */
#ifndef INFLATE_INFLATE_H
#define INFLATE_INFLATE_H

#include <base/types.h>

#define INFLATE_WINDOW    32768u
#define INFLATE_LIT_BITS  10
#define INFLATE_DIST_BITS 8
/* Entries of a root table and its worst-case subtables (zlib's examples/enough.c: 1334 and 402). */
#define INFLATE_LIT_ENTRIES  1334
#define INFLATE_DIST_ENTRIES 402

struct inflate_output {
    uint8_t *buf;
    size_t size;   /* of buf */
    size_t length; /* valid bytes in buf */
    /*
     * Called when length == size and there is more. It must leave size > length, and the last
     * MIN(length, INFLATE_WINDOW) bytes as the end of buf[0..length). 0, or an error that ends the
     * decompression. NULL: a full buffer is -ENOSPC.
     */
    int (*room)(struct inflate_output *out);
};

/* Working memory, about 7.5 KiB; its content is of no concern to the caller. */
struct inflate_work {
    uint32_t lit[INFLATE_LIT_ENTRIES];
    uint32_t dist[INFLATE_DIST_ENTRIES];
    uint8_t lengths[320];
};

/* True when data starts with the magic and method of gzip. */
bool gzip_is_compressed(const void *data, size_t size);

/*
 * The output's size modulo 2^32 by the trailer at the end of the data: a hint, from untrusted data,
 * right only for a single member. 0 when there is no trailer.
 */
uint32_t gzip_size_hint(const void *data, size_t size);

/*
 * Decompress one gzip member. *used (may be NULL): its bytes, so that a caller can continue behind
 * it. 0; -EINVAL: no gzip; -EBADMSG: malformed or truncated; -EIO: CRC or length differ; -ENOSPC;
 * room's errors.
 */
MUST_CHECK int gzip_inflate(struct inflate_work *work, const void *data, size_t size, size_t *used,
                            struct inflate_output *out);

/* The same for a bare DEFLATE stream, which has no checksum. */
MUST_CHECK int inflate(struct inflate_work *work, const void *data, size_t size, size_t *used,
                       struct inflate_output *out);

/* For room functions: forgets all but the last INFLATE_WINDOW bytes, which move to the front. */
void inflate_slide(struct inflate_output *out);

#endif
