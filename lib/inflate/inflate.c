/*
 * DEFLATE. A code is decoded by one lookup in a root table, plus one in a subtable when it is
 * longer than the root's index. Input is taken in aligned 32-bit words into a 64-bit buffer.
 */
#include <base/errno.h>
#include <string/string.h>

#include "private.h"

/*
 * A table entry: the bits to drop, the number of extra bits (or the index width of a subtable), the
 * kind, and the literal, the base of a length or distance, or the start of a subtable. 0: no such
 * code.
 */
#define ENTRY(kind, value, extra) ((uint32_t)(value) << 16 | (kind) | (uint32_t)(extra) << 8)
#define ENTRY_BITS(e)             ((e)&0xff)
#define ENTRY_EXTRA(e)            ((e) >> 8 & 0xf)
#define ENTRY_VALUE(e)            ((e) >> 16)

#define KIND_BASE     0x1000u
#define KIND_LITERAL  0x2000u
#define KIND_END      0x4000u
#define KIND_SUBTABLE 0x8000u

#define MAX_CODE_BITS  15
#define MAX_LIT_CODES  286
#define MAX_DIST_CODES 30
#define END_OF_BLOCK   256

/* RFC 1951, 3.2.5: base and extra bits of length codes 257 to 285 and distance codes 0 to 29. */
static const uint16_t length_bases[29] = {3,  4,  5,  6,   7,   8,   9,   10,  11, 13,
                                          15, 17, 19, 23,  27,  31,  35,  43,  51, 59,
                                          67, 83, 99, 115, 131, 163, 195, 227, 258};
static const uint8_t length_extras[29] = {0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2,
                                          2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0};
static const uint16_t dist_bases[30] = {
    1,   2,   3,   4,   5,   7,    9,    13,   17,   25,   33,   49,   65,    97,    129,
    193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577};
static const uint8_t dist_extras[30] = {0, 0, 0, 0, 1, 1, 2, 2,  3,  3,  4,  4,  5,  5,  6,
                                        6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13};

enum alphabet { ALPHABET_LENGTHS, ALPHABET_LITERALS, ALPHABET_DISTANCES };

static uint32_t symbol_entry(enum alphabet alphabet, unsigned symbol)
{
    switch (alphabet) {
    case ALPHABET_LENGTHS:
        return ENTRY(KIND_LITERAL, symbol, 0);
    case ALPHABET_LITERALS:
        if (symbol < END_OF_BLOCK) {
            return ENTRY(KIND_LITERAL, symbol, 0);
        }
        if (symbol == END_OF_BLOCK) {
            return ENTRY(KIND_END, 0, 0);
        }
        if (symbol < MAX_LIT_CODES) {
            symbol -= END_OF_BLOCK + 1;
            return ENTRY(KIND_BASE, length_bases[symbol], length_extras[symbol]);
        }
        return 0;
    default:
        return symbol < MAX_DIST_CODES ? ENTRY(KIND_BASE, dist_bases[symbol], dist_extras[symbol])
                                       : 0;
    }
}

/* Codes are read lowest bit first, so they are kept reversed: counts code up from its highest bit.
 */
static unsigned next_reversed(unsigned code, unsigned nr_bits)
{
    unsigned bit = 1u << (nr_bits - 1);

    while (code & bit) {
        bit >>= 1;
    }
    return bit ? (code & (bit - 1)) + bit : 0;
}

/*
 * counts[l]: codes of length l. 0, or -EBADMSG for a code that is over-subscribed or incomplete.
 * Incomplete is right only for one code of one bit (RFC 1951, 3.2.7) and for no code at all.
 */
static int check_counts(const uint16_t *counts, enum alphabet alphabet)
{
    int left = 1;
    unsigned nr_codes = 0;

    for (unsigned length = 1; length <= MAX_CODE_BITS; length++) {
        left = (left << 1) - counts[length];
        nr_codes += counts[length];
        if (left < 0) {
            return -EBADMSG;
        }
    }
    if (left > 0 &&
        (alphabet == ALPHABET_LENGTHS || nr_codes > 1 || (nr_codes == 1 && !counts[1]))) {
        return -EBADMSG;
    }
    return 0;
}

/* Index width of the subtable for the codes from length on that share a root index. */
static unsigned subtable_bits(const uint16_t *counts, unsigned length, unsigned root_bits)
{
    unsigned nr_bits = length - root_bits;
    int left = 1 << nr_bits;

    while (nr_bits + root_bits < MAX_CODE_BITS) {
        left -= counts[nr_bits + root_bits];
        if (left <= 0) {
            break;
        }
        nr_bits++;
        left <<= 1;
    }
    return nr_bits;
}

/* Builds the table for the code lengths of nr_symbols. */
static int build_table(uint32_t *table, unsigned size, unsigned root_bits, const uint8_t *lengths,
                       unsigned nr_symbols, enum alphabet alphabet)
{
    uint16_t counts[MAX_CODE_BITS + 1] = {0}, next[MAX_CODE_BITS + 2] = {0}, sorted[288];
    unsigned code = 0, used = 1u << root_bits, sub_start = 0, sub_bits = 0, sub_index = ~0u,
             nr_codes;

    for (unsigned i = 0; i < nr_symbols; i++) {
        counts[lengths[i]]++;
    }
    counts[0] = 0;
    if (check_counts(counts, alphabet) < 0) {
        return -EBADMSG;
    }
    for (unsigned length = 1; length <= MAX_CODE_BITS; length++) {
        next[length + 1] = next[length] + counts[length];
    }
    nr_codes = next[MAX_CODE_BITS + 1];
    for (unsigned i = 0; i < nr_symbols; i++) {
        if (lengths[i]) {
            sorted[next[lengths[i]]++] = (uint16_t)i;
        }
    }
    memset(table, 0, sizeof(*table) << root_bits);
    for (unsigned i = 0; i < nr_codes; i++) {
        unsigned length = lengths[sorted[i]];
        uint32_t entry = symbol_entry(alphabet, sorted[i]);

        if (length <= root_bits) {
            entry = entry ? entry | length : 0;
            for (unsigned at = code; at < 1u << root_bits; at += 1u << length) {
                table[at] = entry;
            }
        } else {
            unsigned index = code & ((1u << root_bits) - 1);

            if (index != sub_index) {
                sub_index = index;
                sub_start = used;
                sub_bits = subtable_bits(counts, length, root_bits);
                used += 1u << sub_bits;
                if (used > size) {
                    return -EBADMSG;
                }
                table[index] = ENTRY(KIND_SUBTABLE, sub_start, sub_bits) | root_bits;
            }
            entry = entry ? entry | (length - root_bits) : 0;
            for (unsigned at = code >> root_bits; at < 1u << sub_bits;
                 at += 1u << (length - root_bits)) {
                table[sub_start + at] = entry;
            }
        }
        counts[length]--;
        code = next_reversed(code, length);
    }
    return 0;
}

/* Fills the buffer to at least 32 bits, or to what there is. */
static ALWAYS_INLINE void refill(struct inflate_stream *s)
{
    if (s->nr_bits >= 32) {
        return;
    }
    if (likely(IS_ALIGNED((uintptr_t)s->in, 4) && s->end - s->in >= 4)) {
        s->bits |= (uint64_t) * (const uint32_t __attribute__((may_alias)) *)s->in << s->nr_bits;
        s->in += 4;
        s->nr_bits += 32;
        return;
    }
    while (s->nr_bits <= 56 && s->in < s->end) {
        s->bits |= (uint64_t)*s->in++ << s->nr_bits;
        s->nr_bits += 8;
        if (s->nr_bits >= 32 && IS_ALIGNED((uintptr_t)s->in, 4)) {
            break;
        }
    }
}

/* nr_bits were used: nr_bits becomes negative when they were not there. */
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
    if (s->nr_bits < (int)nr_bits) {
        return -EBADMSG;
    }
    value = (int)(s->bits & ((1u << nr_bits) - 1));
    drop(s, nr_bits);
    return value;
}

/* Gives whole unused bytes back to the input and forgets the rest of the current byte. */
static void align_input(struct inflate_stream *s)
{
    s->in -= s->nr_bits / 8;
    s->bits = 0;
    s->nr_bits = 0;
}

/* The output is full: accounts for it and has the caller make room. */
static int make_room(struct inflate_stream *s)
{
    struct inflate_output *out = s->out;
    int rc;

    inflate_account(s);
    if (!out->room) {
        return -ENOSPC;
    }
    rc = out->room(out);
    if (rc < 0) {
        return rc;
    }
    s->accounted = out->length;
    return out->length < out->size ? 0 : -ENOSPC;
}

static int copy_stored(struct inflate_stream *s)
{
    struct inflate_output *out = s->out;
    size_t left;

    align_input(s);
    if (s->end - s->in < 4) {
        return -EBADMSG;
    }
    left = s->in[0] | (size_t)s->in[1] << 8;
    if ((left ^ 0xffff) != (s->in[2] | (size_t)s->in[3] << 8)) {
        return -EBADMSG;
    }
    s->in += 4;
    if (left > (size_t)(s->end - s->in)) {
        return -EBADMSG;
    }
    while (left) {
        size_t n = MIN(left, out->size - out->length);

        if (n == 0) {
            int rc = make_room(s);

            if (rc < 0) {
                return rc;
            }
            continue;
        }
        memcpy(out->buf + out->length, s->in, n);
        out->length += n;
        s->in += n;
        left -= n;
    }
    return 0;
}

/* Copies length bytes from distance before to; the ranges may overlap, forward. There is room. */
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
    while (length--) {
        *to++ = *from++;
    }
}

/* The same near the end of the buffer. */
static int copy_match_slowly(struct inflate_stream *s, size_t distance, size_t length)
{
    struct inflate_output *out = s->out;

    for (; length; length--) {
        if (out->length == out->size) {
            int rc = make_room(s);

            if (rc < 0) {
                return rc;
            }
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

/*
 * Decodes a block up to its end code. The stream and the place in the output are held in local
 * copies whose address goes nowhere, so that they live in registers; what is rare works on the
 * originals.
 */
static int decode_block(struct inflate_work *work, struct inflate_stream *stream)
{
    struct inflate_stream s = *stream;
    struct inflate_output *out = s.out;
    uint8_t *buf = out->buf;
    size_t at = out->length, size = out->size;
    int rc = 0;

    for (;;) {
        size_t length, distance;
        uint32_t entry;

        refill(&s);
        entry = look_up(work->lit, INFLATE_LIT_BITS, &s);
        if (unlikely(s.nr_bits < 0)) {
            rc = -EBADMSG;
            break;
        }
        if (likely(entry & KIND_LITERAL)) {
            length = 0;
            distance = 0;
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
                rc = -EBADMSG;
                break;
            }
            if (likely(length <= size - at)) {
                copy_match(buf + at, distance, length);
                at += length;
                continue;
            }
        } else {
            rc = entry & KIND_END ? 0 : -EBADMSG;
            break;
        }
        /* The end of the buffer. */
        out->length = at;
        rc = length ? copy_match_slowly(stream, distance, length) : make_room(stream);
        buf = out->buf;
        at = out->length;
        size = out->size;
        if (rc < 0) {
            break;
        }
        if (!length) {
            buf[at++] = (uint8_t)ENTRY_VALUE(entry);
        }
    }
    out->length = at;
    stream->in = s.in;
    stream->bits = s.bits;
    stream->nr_bits = s.nr_bits;
    return rc;
}

/* RFC 1951, 3.2.6. */
static int build_fixed(struct inflate_work *work)
{
    memset(work->lengths, 8, 144);
    memset(work->lengths + 144, 9, 112);
    memset(work->lengths + 256, 7, 24);
    memset(work->lengths + 280, 8, 8);
    if (build_table(work->lit, INFLATE_LIT_ENTRIES, INFLATE_LIT_BITS, work->lengths, 288,
                    ALPHABET_LITERALS) < 0) {
        return -EBADMSG;
    }
    memset(work->lengths, 5, 32);
    return build_table(work->dist, INFLATE_DIST_ENTRIES, INFLATE_DIST_BITS, work->lengths, 32,
                       ALPHABET_DISTANCES);
}

/* Reads nr_lengths code lengths, run-length coded with the code in work->dist (root: 7 bits). */
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
        if (s->nr_bits < 0 || !entry) {
            return -EBADMSG;
        }
        symbol = ENTRY_VALUE(entry);
        if (symbol < 16) {
            work->lengths[i++] = (uint8_t)symbol;
            continue;
        }
        if (symbol == 16) {
            if (i == 0) {
                return -EBADMSG;
            }
            value = work->lengths[i - 1];
            repeat = take(s, 2);
        } else {
            repeat = take(s, symbol == 17 ? 3 : 7);
        }
        if (repeat < 0) {
            return repeat;
        }
        repeat += symbol == 18 ? 11 : 3;
        if ((unsigned)repeat > nr_lengths - i) {
            return -EBADMSG;
        }
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

    if (header < 0) {
        return header;
    }
    nr_lit = ((unsigned)header & 31) + 257;
    nr_dist = ((unsigned)header >> 5 & 31) + 1;
    nr_order = ((unsigned)header >> 10) + 4;
    if (nr_lit > MAX_LIT_CODES || nr_dist > MAX_DIST_CODES) {
        return -EBADMSG;
    }
    memset(work->lengths, 0, 19);
    for (unsigned i = 0; i < nr_order; i++) {
        int length = take(s, 3);

        if (length < 0) {
            return length;
        }
        work->lengths[order[i]] = (uint8_t)length;
    }
    if (build_table(work->dist, INFLATE_DIST_ENTRIES, 7, work->lengths, 19, ALPHABET_LENGTHS) < 0 ||
        read_lengths(work, s, nr_lit + nr_dist) < 0 || work->lengths[END_OF_BLOCK] == 0 ||
        build_table(work->lit, INFLATE_LIT_ENTRIES, INFLATE_LIT_BITS, work->lengths, nr_lit,
                    ALPHABET_LITERALS) < 0) {
        return -EBADMSG;
    }
    return build_table(work->dist, INFLATE_DIST_ENTRIES, INFLATE_DIST_BITS, work->lengths + nr_lit,
                       nr_dist, ALPHABET_DISTANCES);
}

int inflate_stream(struct inflate_work *work, struct inflate_stream *s)
{
    int header, rc;

    do {
        header = take(s, 3);
        if (header < 0) {
            return header;
        }
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
        if (rc < 0) {
            return rc;
        }
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

    if (used) {
        *used = (size_t)(s.in - (const uint8_t *)data);
    }
    return rc;
}

void inflate_slide(struct inflate_output *out)
{
    size_t kept = MIN(out->length, (size_t)INFLATE_WINDOW);

    memmove(out->buf, out->buf + out->length - kept, kept);
    out->length = kept;
}
