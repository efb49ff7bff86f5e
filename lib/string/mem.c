/*
 * memcpy, memmove, memset, memcmp, memchr for freestanding builds.
 *
 * Plain rv64 has no guarantee that misaligned words are fast (or do not trap into the firmware), so
 * words are only ever accessed aligned. When source and destination are not aligned alike, each
 * destination word is merged from two source words by shifts. An aligned word that holds at least
 * one byte of the source may be read as a whole: it cannot cross a page. Byte order: little endian.
 *
 * Blocks are loaded completely before they are stored, and forward copies never store beyond what
 * has been loaded, so copy_forward also serves overlapping moves to lower addresses.
 */
#include <string/string.h>

#if !__STDC_HOSTED__ || defined(STRING_IMPLEMENT)

/* Keep GCC from recognising these loops as calls of the functions that they implement. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("no-tree-loop-distribute-patterns")
#endif

/* Reads of whole words touch bytes beside the object, which AddressSanitizer would report. */
#define WHOLE_WORDS __attribute__((no_sanitize("address")))

typedef uint64_t __attribute__((may_alias)) word_t;

#define WORD      sizeof(word_t)
#define WORD_MASK (WORD - 1)
#define BLOCK     (8 * WORD)
#define OFFSET(p) ((uintptr_t)(p)&WORD_MASK)

/* Copy between aligned places in 64-byte blocks, then words; returns the bytes left (< 8). */
static ALWAYS_INLINE size_t copy_words(uint8_t **dst, const uint8_t **src, size_t nr_bytes)
{
    word_t *d = (word_t *)*dst;
    const word_t *s = (const word_t *)*src;

    for (; nr_bytes >= BLOCK; nr_bytes -= BLOCK, d += 8, s += 8) {
        word_t a = s[0], b = s[1], c = s[2], e = s[3], f = s[4], g = s[5], h = s[6], i = s[7];

        d[0] = a, d[1] = b, d[2] = c, d[3] = e, d[4] = f, d[5] = g, d[6] = h, d[7] = i;
    }
    for (; nr_bytes >= WORD; nr_bytes -= WORD)
        *d++ = *s++;
    *dst = (uint8_t *)d;
    *src = (const uint8_t *)s;
    return nr_bytes;
}

/* The same with an aligned destination and a misaligned source. */
static ALWAYS_INLINE size_t copy_merged(uint8_t **dst, const uint8_t **src, size_t nr_bytes)
{
    word_t *d = (word_t *)*dst;
    const word_t *s = (const word_t *)(*src - OFFSET(*src));
    unsigned low = OFFSET(*src) * 8, high = 64 - low;
    word_t carry = *s++;
    size_t nr_copied = nr_bytes & ~WORD_MASK;

    for (; nr_bytes >= 4 * WORD; nr_bytes -= 4 * WORD, d += 4, s += 4) {
        word_t a = s[0], b = s[1], c = s[2], e = s[3];

        d[0] = carry >> low | a << high;
        d[1] = a >> low | b << high;
        d[2] = b >> low | c << high;
        d[3] = c >> low | e << high;
        carry = e;
    }
    for (; nr_bytes >= WORD; nr_bytes -= WORD) {
        word_t a = *s++;

        *d++ = carry >> low | a << high;
        carry = a;
    }
    *dst += nr_copied;
    *src += nr_copied;
    return nr_bytes;
}

/* For disjoint ranges, and for overlapping ones with dst below src. */
static ALWAYS_INLINE void copy_forward(uint8_t *d, const uint8_t *s, size_t nr_bytes)
{
    if (nr_bytes >= 2 * WORD || OFFSET((uintptr_t)d | (uintptr_t)s) == 0) {
        for (; OFFSET(d); nr_bytes--)
            *d++ = *s++;
        nr_bytes = OFFSET(s) == 0 ? copy_words(&d, &s, nr_bytes) : copy_merged(&d, &s, nr_bytes);
    }
    for (; nr_bytes; nr_bytes--)
        *d++ = *s++;
}

/* For overlapping ranges with dst above src: the mirror image, from the ends down. */
static void copy_backward(uint8_t *d, const uint8_t *s, size_t nr_bytes);

WHOLE_WORDS void *memcpy(void *restrict dst, const void *restrict src, size_t nr_bytes)
{
    copy_forward(dst, src, nr_bytes);
    return dst;
}

WHOLE_WORDS void *memmove(void *dst, const void *src, size_t nr_bytes)
{
    if ((uintptr_t)dst - (uintptr_t)src >= nr_bytes)
        copy_forward(dst, src, nr_bytes);
    else
        copy_backward(dst, src, nr_bytes);
    return dst;
}

WHOLE_WORDS static void copy_backward(uint8_t *dst, const uint8_t *src, size_t nr_bytes)
{
    uint8_t *d = dst + nr_bytes;
    const uint8_t *s = src + nr_bytes;

    if (nr_bytes >= 2 * WORD) {
        for (; OFFSET(d); nr_bytes--)
            *--d = *--s;
        if (OFFSET(s) == 0) {
            for (; nr_bytes >= WORD; nr_bytes -= WORD) {
                d -= WORD, s -= WORD;
                *(word_t *)d = *(const word_t *)s;
            }
        } else {
            const word_t *w = (const word_t *)(s - OFFSET(s));
            unsigned low = OFFSET(s) * 8, high = 64 - low;
            word_t carry = *w;

            for (; nr_bytes >= WORD; nr_bytes -= WORD) {
                word_t a = *--w;

                d -= WORD, s -= WORD;
                *(word_t *)d = a >> low | carry << high;
                carry = a;
            }
        }
    }
    for (; nr_bytes; nr_bytes--)
        *--d = *--s;
}

void *memset(void *dst, int byte, size_t nr_bytes)
{
    uint8_t *d = dst;
    word_t fill = (uint8_t)byte * 0x0101010101010101ull;

    if (nr_bytes >= 2 * WORD) {
        word_t *w;

        for (; OFFSET(d); nr_bytes--)
            *d++ = (uint8_t)byte;
        w = (word_t *)d;
        for (; nr_bytes >= BLOCK; nr_bytes -= BLOCK, w += 8) {
            w[0] = fill, w[1] = fill, w[2] = fill, w[3] = fill;
            w[4] = fill, w[5] = fill, w[6] = fill, w[7] = fill;
        }
        for (; nr_bytes >= WORD; nr_bytes -= WORD)
            *w++ = fill;
        d = (uint8_t *)w;
    }
    for (; nr_bytes; nr_bytes--)
        *d++ = (uint8_t)byte;
    return dst;
}

int memcmp(const void *a, const void *b, size_t nr_bytes)
{
    const uint8_t *p = a, *q = b;

    if (OFFSET(p) == OFFSET(q)) {
        for (; nr_bytes && OFFSET(p) && *p == *q; nr_bytes--)
            p++, q++;
        if (OFFSET(p) == 0)
            for (; nr_bytes >= WORD && *(const word_t *)p == *(const word_t *)q; nr_bytes -= WORD)
                p += WORD, q += WORD;
    }
    for (; nr_bytes; nr_bytes--, p++, q++)
        if (*p != *q)
            return *p - *q;
    return 0;
}

void *memchr(const void *s, int byte, size_t nr_bytes)
{
    for (const uint8_t *p = s; nr_bytes; nr_bytes--, p++)
        if (*p == (uint8_t)byte)
            return (void *)p;
    return NULL;
}

#endif
