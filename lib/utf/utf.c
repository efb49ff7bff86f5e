/*
 * UTF-8 and UTF-16, and upper case.
 */
#include <base/errno.h>
#include <utf/utf.h>

#define IS_SURROGATE(c) ((c) >= 0xd800 && (c) < 0xe000)

int utf8_decode(const char *s, size_t nr_bytes, uint32_t *code_point)
{
    static const uint32_t smallest[5] = {0, 0, 0x80, 0x800, 0x10000};
    const uint8_t *bytes = (const uint8_t *)s;
    uint32_t c = bytes[0];
    unsigned length;

    if (c < 0x80) {
        *code_point = c;
        return 1;
    }
    length = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2;
    if (c < 0xc0 || c >= 0xf8 || length > nr_bytes)
        return -EILSEQ;
    c &= 0x7fu >> length;
    for (unsigned i = 1; i < length; i++) {
        if ((bytes[i] & 0xc0) != 0x80)
            return -EILSEQ;
        c = c << 6 | (bytes[i] & 0x3f);
    }
    if (c < smallest[length] || c > 0x10ffff || IS_SURROGATE(c))
        return -EILSEQ;
    *code_point = c;
    return (int)length;
}

int utf8_encode(char out[4], uint32_t c)
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (char)(0xc0 | c >> 6);
        out[1] = (char)(0x80 | (c & 0x3f));
        return 2;
    }
    if (c > 0x10ffff || IS_SURROGATE(c))
        return -EILSEQ;
    if (c < 0x10000) {
        out[0] = (char)(0xe0 | c >> 12);
        out[1] = (char)(0x80 | (c >> 6 & 0x3f));
        out[2] = (char)(0x80 | (c & 0x3f));
        return 3;
    }
    out[0] = (char)(0xf0 | c >> 18);
    out[1] = (char)(0x80 | (c >> 12 & 0x3f));
    out[2] = (char)(0x80 | (c >> 6 & 0x3f));
    out[3] = (char)(0x80 | (c & 0x3f));
    return 4;
}

int utf8_to_utf16(const char *s, size_t nr_bytes, uint16_t *out, size_t max)
{
    size_t nr_units = 0;

    while (nr_bytes) {
        uint32_t c;
        int length = utf8_decode(s, nr_bytes, &c);

        if (length < 0)
            return length;
        if (nr_units + (c >= 0x10000 ? 2 : 1) > max)
            return -ENAMETOOLONG;
        if (c >= 0x10000) {
            out[nr_units++] = (uint16_t)(0xd800 + ((c - 0x10000) >> 10));
            c = 0xdc00 + ((c - 0x10000) & 0x3ff);
        }
        out[nr_units++] = (uint16_t)c;
        s += length;
        nr_bytes -= (size_t)length;
    }
    return (int)nr_units;
}

int utf16_to_utf8(const uint16_t *s, size_t nr_units, char *out, size_t max)
{
    size_t nr_bytes = 0;

    for (size_t i = 0; i < nr_units; i++) {
        uint32_t c = s[i];
        char encoded[4];
        int length;

        if (c >= 0xd800 && c < 0xdc00 && i + 1 < nr_units && s[i + 1] >= 0xdc00 &&
            s[i + 1] < 0xe000)
            c = 0x10000 + ((c - 0xd800) << 10) + (s[++i] - 0xdc00u);
        length = utf8_encode(encoded, c);
        if (length < 0)
            return length;
        if (nr_bytes + (size_t)length > max)
            return -ENAMETOOLONG;
        for (int j = 0; j < length; j++)
            out[nr_bytes++] = encoded[j];
    }
    return (int)nr_bytes;
}

uint16_t utf16_to_upper(uint16_t c)
{
    if ((c >= 'a' && c <= 'z') || (c >= 0xe0 && c <= 0xfe && c != 0xf7))
        return c - 0x20;
    if (c == 0xff)
        return 0x178;
    /* Latin Extended-A: pairs, upper case even up to 0x137 and from 0x14a to 0x177, odd
     * elsewhere. */
    if (c >= 0x100 && c <= 0x17e && c != 0x131 && c != 0x138 && c != 0x149 && c != 0x130 &&
        c != 0x178) {
        bool is_upper_even = c <= 0x137 || (c >= 0x14a && c <= 0x177);

        return (c & 1) == is_upper_even ? c - 1 : c;
    }
    if (c >= 0x3b1 && c <= 0x3c9 && c != 0x3c2) /* Greek */
        return c - 0x20;
    if (c >= 0x430 && c <= 0x44f) /* Cyrillic */
        return c - 0x20;
    if (c >= 0x450 && c <= 0x45f)
        return c - 0x50;
    return c;
}
