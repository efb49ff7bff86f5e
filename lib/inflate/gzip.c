/*
 * The gzip container: a header with optional fields, DEFLATE data, CRC-32 and length.
 */
#include <base/errno.h>
#include <crc32/crc32.h>

#include "private.h"

#define HEADER_SIZE  10
#define TRAILER_SIZE 8

#define FLAG_HEADER_CRC 0x02
#define FLAG_EXTRA      0x04
#define FLAG_NAME       0x08
#define FLAG_COMMENT    0x10
#define FLAGS_RESERVED  0xe0

static uint32_t read_le32(const uint8_t *p)
{
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

bool gzip_is_compressed(const void *data, size_t size)
{
    const uint8_t *p = data;

    return size >= HEADER_SIZE && p[0] == 0x1f && p[1] == 0x8b && p[2] == 8;
}

uint32_t gzip_size_hint(const void *data, size_t size)
{
    return size >= HEADER_SIZE + TRAILER_SIZE ? read_le32((const uint8_t *)data + size - 4) : 0;
}

void inflate_account(struct inflate_stream *s)
{
    size_t nr_new = s->out->length - s->accounted;

    if (s->has_crc && nr_new)
        s->crc = crc32_update(s->crc, s->out->buf + s->accounted, nr_new);
    s->total += (uint32_t)nr_new;
    s->accounted = s->out->length;
}

/* Behind the string at p, NULL when it is not terminated. */
static const uint8_t *skip_string(const uint8_t *p, const uint8_t *end)
{
    while (p < end)
        if (*p++ == 0)
            return p;
    return NULL;
}

/* Behind the header, NULL when it is malformed. */
static const uint8_t *skip_header(const uint8_t *p, const uint8_t *end)
{
    uint8_t flags = p[3];

    p += HEADER_SIZE;
    if (flags & FLAGS_RESERVED)
        return NULL;
    if (flags & FLAG_EXTRA) {
        size_t size;

        if (end - p < 2)
            return NULL;
        size = p[0] | (size_t)p[1] << 8;
        p += 2;
        if (size > (size_t)(end - p))
            return NULL;
        p += size;
    }
    if ((flags & FLAG_NAME) && !(p = skip_string(p, end)))
        return NULL;
    if ((flags & FLAG_COMMENT) && !(p = skip_string(p, end)))
        return NULL;
    if (flags & FLAG_HEADER_CRC) {
        if (end - p < 2)
            return NULL;
        p += 2;
    }
    return p;
}

int gzip_inflate(struct inflate_work *work, const void *data, size_t size, size_t *used,
                 struct inflate_output *out)
{
    struct inflate_stream s = {
        .end = (const uint8_t *)data + size, .out = out, .accounted = out->length, .has_crc = true};
    int err;

    if (!gzip_is_compressed(data, size))
        return -EINVAL;
    s.in = skip_header(data, s.end);
    if (!s.in)
        return -EBADMSG;
    err = inflate_stream(work, &s);
    if (err < 0)
        return err;
    if (s.end - s.in < TRAILER_SIZE)
        return -EBADMSG;
    if (read_le32(s.in) != s.crc || read_le32(s.in + 4) != s.total)
        return -EIO;
    if (used)
        *used = (size_t)(s.in + TRAILER_SIZE - (const uint8_t *)data);
    return 0;
}
