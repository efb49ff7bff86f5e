/*
 * DEFLATE (RFC 1951). A code is decoded by one lookup in a root table, plus one in a subtable when
 * it is longer than the root's index. Input is taken in aligned 32-bit words into a 64-bit buffer.
 */
#include <base/errno.h>
#include <string/string.h>

#include "codes.h"
#include "private.h"

/* Fill the buffer to at least 32 bits, or with the rest of the input. */
static ALWAYS_INLINE void refill(struct inflate_stream *s)
{
    if (s->nr_bits >= 32)
        return;
    if (likely(IS_ALIGNED((uintptr_t)s->in, 4) && s->end - s->in >= 4)) {
        s->bits |= (uint64_t) * (const uint32_t __attribute__((may_alias)) *)s->in << s->nr_bits;
        s->in += 4;
        s->nr_bits += 32;
        return;
    }
    while (s->nr_bits <= 56 && s->in < s->end) {
        s->bits |= (uint64_t)*s->in++ << s->nr_bits;
        s->nr_bits += 8;
        if (s->nr_bits >= 32 && IS_ALIGNED((uintptr_t)s->in, 4))
            break;
    }
}

/* Consume nr_bits; s->nr_bits becomes negative if there were fewer. */
static ALWAYS_INLINE void drop(struct inflate_stream *s, unsigned nr_bits)
{
    s->bits >>= nr_bits;
    s->nr_bits -= (int)nr_bits;
}

/* The next nr_bits (at most 16), or -EBADMSG. */
static int take(struct inflate_stream *s, unsigned nr_bits)
{
    int value;

    refill(s);
    if (s->nr_bits < (int)nr_bits)
        return -EBADMSG;
    value = (int)(s->bits & ((1u << nr_bits) - 1));
    drop(s, nr_bits);
    return value;
}

/* Return whole unused bytes to the input and drop the rest of the current byte. */
static void align_input(struct inflate_stream *s)
{
    s->in -= s->nr_bits / 8;
    s->bits = 0;
    s->nr_bits = 0;
}

/* The output is full: account for it and make the caller provide room. */
static int make_room(struct inflate_stream *s)
{
    struct inflate_output *out = s->out;
    int rc;

    inflate_account(s);
    if (!out->room)
        return -ENOSPC;
    rc = out->room(out);
    if (rc < 0)
        return rc;
    s->accounted = out->length;
    return out->length < out->size ? 0 : -ENOSPC;
}

static int copy_stored(struct inflate_stream *s)
{
    struct inflate_output *out = s->out;
    size_t left;

    align_input(s);
    if (s->end - s->in < 4)
        return -EBADMSG;
    left = s->in[0] | (size_t)s->in[1] << 8;
    if ((left ^ 0xffff) != (s->in[2] | (size_t)s->in[3] << 8))
        return -EBADMSG;
    s->in += 4;
    if (left > (size_t)(s->end - s->in))
        return -EBADMSG;
    while (left) {
        size_t n = MIN(left, out->size - out->length);

        if (n == 0) {
            int rc = make_room(s);

            if (rc < 0)
                return rc;
            continue;
        }
        memcpy(out->buf + out->length, s->in, n);
        out->length += n;
        s->in += n;
        left -= n;
    }
    return 0;
}

/* Copy length bytes from distance before to; the ranges may overlap, forward. There is room. */
static ALWAYS_INLINE void copy_match(uint8_t *to, size_t distance, size_t length)
{
    const uint8_t *from = to - distance;

    if (length >= 32 && distance >= length) {
        memcpy(to, from, length);
        return;
    }
    if (length >= 16 && distance == 1) {
        memset(to, *from, length);
        return;
    }
    for (; length >= 3; length -= 3, to += 3, from += 3) {
        to[0] = from[0];
        to[1] = from[1];
        to[2] = from[2];
    }
    while (length--)
        *to++ = *from++;
}

/* The same near the end of the buffer. */
static int copy_match_slowly(struct inflate_stream *s, size_t distance, size_t length)
{
    struct inflate_output *out = s->out;

    for (; length; length--) {
        if (out->length == out->size) {
            int rc = make_room(s);

            if (rc < 0)
                return rc;
        }
        out->buf[out->length] = out->buf[out->length - distance];
        out->length++;
    }
    return 0;
}

static ALWAYS_INLINE uint32_t look_up(const uint32_t *table, unsigned root_bits,
                                      struct inflate_stream *s)
{
    uint32_t entry = table[s->bits & ((1u << root_bits) - 1)];

    if (unlikely(entry & KIND_SUBTABLE)) {
        drop(s, root_bits);
        entry = table[ENTRY_VALUE(entry) + (s->bits & ((1u << ENTRY_EXTRA(entry)) - 1))];
    }
    drop(s, ENTRY_BITS(entry));
    return entry;
}

/* The base of the entry with its extra bits. */
static ALWAYS_INLINE size_t base_value(struct inflate_stream *s, uint32_t entry)
{
    unsigned nr_extra = ENTRY_EXTRA(entry);
    size_t value = ENTRY_VALUE(entry) + (s->bits & ((1u << nr_extra) - 1));

    drop(s, nr_extra);
    return value;
}

/* Emit the literal, or else the match, that found no room. 0, or the error of the room function. */
static int put_slowly(struct inflate_stream *s, uint32_t entry, size_t distance, size_t length)
{
    struct inflate_output *out = s->out;
    int err;

    if (length)
        return copy_match_slowly(s, distance, length);
    err = make_room(s);
    if (err == 0)
        out->buf[out->length++] = (uint8_t)ENTRY_VALUE(entry);
    return err;
}

/*
 * Decode a block up to its end code. The stream and the output position are local copies whose
 * address is not taken, so that they stay in registers; rare cases work on the originals.
 */
static int decode_block(struct inflate_work *work, struct inflate_stream *stream)
{
    struct inflate_stream s = *stream;
    struct inflate_output *out = s.out;
    uint8_t *buf = out->buf;
    size_t at = out->length, size = out->size;
    int err = 0;

    while (err == 0) {
        size_t length = 0, distance = 0;
        uint32_t entry;

        refill(&s);
        entry = look_up(work->lit, INFLATE_LIT_BITS, &s);
        if (unlikely(s.nr_bits < 0)) {
            err = -EBADMSG;
            break;
        }
        if (likely(entry & KIND_LITERAL)) {
            if (likely(at < size)) {
                buf[at++] = (uint8_t)ENTRY_VALUE(entry);
                continue;
            }
        } else if (likely(entry & KIND_BASE)) {
            length = base_value(&s, entry);
            refill(&s);
            entry = look_up(work->dist, INFLATE_DIST_BITS, &s);
            distance = base_value(&s, entry);
            if (unlikely(s.nr_bits < 0 || !(entry & KIND_BASE) || distance > at)) {
                err = -EBADMSG;
                break;
            }
            if (likely(length <= size - at)) {
                copy_match(buf + at, distance, length);
                at += length;
                continue;
            }
        } else {
            err = entry & KIND_END ? 0 : -EBADMSG;
            break;
        }
        /* The end of the buffer. */
        out->length = at;
        err = put_slowly(stream, entry, distance, length);
        buf = out->buf;
        at = out->length;
        size = out->size;
    }
    out->length = at;
    stream->in = s.in;
    stream->bits = s.bits;
    stream->nr_bits = s.nr_bits;
    return err;
}

/* RFC 1951, 3.2.6. */
static int build_fixed(struct inflate_work *work)
{
    memset(work->lengths, 8, 144);
    memset(work->lengths + 144, 9, 112);
    memset(work->lengths + 256, 7, 24);
    memset(work->lengths + 280, 8, 8);
    if (inflate_build_table(work->lit, INFLATE_LIT_ENTRIES, INFLATE_LIT_BITS, work->lengths, 288,
                            ALPHABET_LITERALS) < 0)
        return -EBADMSG;
    memset(work->lengths, 5, 32);
    return inflate_build_table(work->dist, INFLATE_DIST_ENTRIES, INFLATE_DIST_BITS, work->lengths,
                               32, ALPHABET_DISTANCES);
}

/* Read nr_lengths code lengths, run-length coded with the code in work->dist (root: 7 bits). */
static int read_lengths(struct inflate_work *work, struct inflate_stream *s, unsigned nr_lengths)
{
    unsigned i = 0;

    while (i < nr_lengths) {
        uint32_t entry;
        int repeat;
        unsigned symbol;
        uint8_t value = 0;

        refill(s);
        entry = look_up(work->dist, 7, s);
        if (s->nr_bits < 0 || !entry)
            return -EBADMSG;
        symbol = ENTRY_VALUE(entry);
        if (symbol < 16) {
            work->lengths[i++] = (uint8_t)symbol;
            continue;
        }
        if (symbol == 16) {
            if (i == 0)
                return -EBADMSG;
            value = work->lengths[i - 1];
            repeat = take(s, 2);
        } else {
            repeat = take(s, symbol == 17 ? 3 : 7);
        }
        if (repeat < 0)
            return repeat;
        repeat += symbol == 18 ? 11 : 3;
        if ((unsigned)repeat > nr_lengths - i)
            return -EBADMSG;
        memset(work->lengths + i, value, (size_t)repeat);
        i += (unsigned)repeat;
    }
    return 0;
}

/* RFC 1951, 3.2.7. */
static int build_dynamic(struct inflate_work *work, struct inflate_stream *s)
{
    static const uint8_t order[19] = {16, 17, 18, 0, 8,  7, 9,  6, 10, 5,
                                      11, 4,  12, 3, 13, 2, 14, 1, 15};
    int header = take(s, 14);
    unsigned nr_lit, nr_dist, nr_order;

    if (header < 0)
        return header;
    nr_lit = ((unsigned)header & 31) + 257;
    nr_dist = ((unsigned)header >> 5 & 31) + 1;
    nr_order = ((unsigned)header >> 10) + 4;
    if (nr_lit > MAX_LIT_CODES || nr_dist > MAX_DIST_CODES)
        return -EBADMSG;
    memset(work->lengths, 0, 19);
    for (unsigned i = 0; i < nr_order; i++) {
        int length = take(s, 3);

        if (length < 0)
            return length;
        work->lengths[order[i]] = (uint8_t)length;
    }
    if (inflate_build_table(work->dist, INFLATE_DIST_ENTRIES, 7, work->lengths, 19,
                            ALPHABET_LENGTHS) < 0 ||
        read_lengths(work, s, nr_lit + nr_dist) < 0 || work->lengths[END_OF_BLOCK] == 0 ||
        inflate_build_table(work->lit, INFLATE_LIT_ENTRIES, INFLATE_LIT_BITS, work->lengths, nr_lit,
                            ALPHABET_LITERALS) < 0)
        return -EBADMSG;
    return inflate_build_table(work->dist, INFLATE_DIST_ENTRIES, INFLATE_DIST_BITS,
                               work->lengths + nr_lit, nr_dist, ALPHABET_DISTANCES);
}

int inflate_stream(struct inflate_work *work, struct inflate_stream *s)
{
    int header, rc;

    do {
        header = take(s, 3);
        if (header < 0)
            return header;
        switch (header >> 1) {
        case 0:
            rc = copy_stored(s);
            break;
        case 1:
            rc = build_fixed(work);
            rc = rc < 0 ? rc : decode_block(work, s);
            break;
        case 2:
            rc = build_dynamic(work, s);
            rc = rc < 0 ? rc : decode_block(work, s);
            break;
        default:
            rc = -EBADMSG;
        }
        if (rc < 0)
            return rc;
    } while (!(header & 1));
    align_input(s);
    inflate_account(s);
    return 0;
}

int inflate(struct inflate_work *work, const void *data, size_t size, size_t *used,
            struct inflate_output *out)
{
    struct inflate_stream s = {
        .in = data, .end = (const uint8_t *)data + size, .out = out, .accounted = out->length};
    int rc = inflate_stream(work, &s);

    if (used)
        *used = (size_t)(s.in - (const uint8_t *)data);
    return rc;
}

void inflate_slide(struct inflate_output *out)
{
    size_t kept = MIN(out->length, (size_t)INFLATE_WINDOW);

    memmove(out->buf, out->buf + out->length - kept, kept);
    out->length = kept;
}
