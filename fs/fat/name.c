/*
 * Names: the 8.3 form, its generation from a long name (fatgen103, "The Basis-Name Generation
 * Algorithm"), and comparison ignoring case.
 */
#include <base/errno.h>
#include <string/string.h>
#include <utf/utf.h>

#include "internal.h"

/* Code page 437, 0x80 to 0xff, in which most short names with such bytes were written. */
static const uint16_t code_page[128] = {
    0x00c7, 0x00fc, 0x00e9, 0x00e2, 0x00e4, 0x00e0, 0x00e5, 0x00e7, 0x00ea, 0x00eb, 0x00e8, 0x00ef,
    0x00ee, 0x00ec, 0x00c4, 0x00c5, 0x00c9, 0x00e6, 0x00c6, 0x00f4, 0x00f6, 0x00f2, 0x00fb, 0x00f9,
    0x00ff, 0x00d6, 0x00dc, 0x00a2, 0x00a3, 0x00a5, 0x20a7, 0x0192, 0x00e1, 0x00ed, 0x00f3, 0x00fa,
    0x00f1, 0x00d1, 0x00aa, 0x00ba, 0x00bf, 0x2310, 0x00ac, 0x00bd, 0x00bc, 0x00a1, 0x00ab, 0x00bb,
    0x2591, 0x2592, 0x2593, 0x2502, 0x2524, 0x2561, 0x2562, 0x2556, 0x2555, 0x2563, 0x2551, 0x2557,
    0x255d, 0x255c, 0x255b, 0x2510, 0x2514, 0x2534, 0x252c, 0x251c, 0x2500, 0x253c, 0x255e, 0x255f,
    0x255a, 0x2554, 0x2569, 0x2566, 0x2560, 0x2550, 0x256c, 0x2567, 0x2568, 0x2564, 0x2565, 0x2559,
    0x2558, 0x2552, 0x2553, 0x256b, 0x256a, 0x2518, 0x250c, 0x2588, 0x2584, 0x258c, 0x2590, 0x2580,
    0x03b1, 0x00df, 0x0393, 0x03c0, 0x03a3, 0x03c3, 0x00b5, 0x03c4, 0x03a6, 0x0398, 0x03a9, 0x03b4,
    0x221e, 0x03c6, 0x03b5, 0x2229, 0x2261, 0x00b1, 0x2265, 0x2264, 0x2320, 0x2321, 0x00f7, 0x2248,
    0x00b0, 0x2219, 0x00b7, 0x221a, 0x207f, 0x00b2, 0x25a0, 0x00a0,
};

uint8_t fat_short_checksum(const uint8_t name[11])
{
    uint8_t sum = 0;

    for (unsigned i = 0; i < 11; i++)
        sum = (uint8_t)((sum & 1) << 7 | sum >> 1) + name[i];
    return sum;
}

/* Append bytes of a short name, without trailing spaces. */
static size_t append_part(char *out, const uint8_t *part, size_t size, bool is_lower)
{
    size_t length = 0;

    while (size > 0 && part[size - 1] == ' ')
        size--;
    for (size_t i = 0; i < size; i++) {
        uint8_t c = part[i];

        if (c >= 0x80)
            length += (size_t)utf8_encode(out + length, code_page[c - 0x80]);
        else if (c < ' ' || c == '/')
            out[length++] = '_'; /* keep slashes and NULs out of names */
        else
            out[length++] = is_lower ? char_to_lower((char)c) : (char)c;
    }
    return length;
}

size_t fat_short_to_text(const struct fat_entry *entry, char out[NAME_MAX + 1])
{
    uint8_t name[11];
    size_t length, dot;

    memcpy(name, entry->name, 11);
    if (name[0] == FAT_NAME_KANJI)
        name[0] = 0xe5;
    length = append_part(out, name, 8, (entry->name_case & FAT_CASE_BASE) != 0);
    dot = length;
    out[length++] = '.';
    length += append_part(out + length, name + 8, 3, (entry->name_case & FAT_CASE_EXT) != 0);
    if (length == dot + 1)
        length = dot; /* no extension, no dot */
    if (length == 0)
        out[length++] = '_';
    out[length] = '\0';
    return length;
}

int fat_name_check(const char *name, size_t name_len)
{
    for (size_t i = 0; i < name_len; i++)
        if ((uint8_t)name[i] < ' ' || strchr("\"*/:<>?\\|", name[i]))
            return -EINVAL;
    if (name_len == 0 || name[name_len - 1] == '.' || name[name_len - 1] == ' ')
        return -EINVAL;
    return 0;
}

static bool is_short_char(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || char_is_digit(c) ||
           (c != '\0' && strchr("$%'-_@~`!(){}^#&", c));
}

/*
 * Convert a part (base or extension) to upper case in out, padded with spaces. True: nothing was
 * lost but the case, which goes to *has_upper and *has_lower.
 */
static bool convert_part(const char *part, size_t length, uint8_t *out, size_t size,
                         bool *has_upper, bool *has_lower)
{
    bool is_exact = true;
    size_t at = 0;

    memset(out, ' ', size);
    for (size_t i = 0; i < length; i++) {
        char c = part[i];

        if (c == ' ' || c == '.') {
            is_exact = false;
            continue;
        }
        if (((uint8_t)c & 0xc0) == 0x80)
            continue; /* the rest of a replaced character */
        if (at == size)
            return false;
        if (!is_short_char(c)) {
            is_exact = false;
            c = '_';
        }
        *has_upper |= c >= 'A' && c <= 'Z';
        *has_lower |= c >= 'a' && c <= 'z';
        out[at++] = (uint8_t)char_to_upper(c);
    }
    return is_exact;
}

bool fat_short_from_text(const char *name, size_t name_len, uint8_t out[11], uint8_t *name_case,
                         bool *needs_tail)
{
    size_t dot = name_len;
    bool base_upper = false, base_lower = false, ext_upper = false, ext_lower = false, is_exact;

    for (size_t i = 1; i < name_len; i++)
        if (name[i] == '.')
            dot = i;
    is_exact = convert_part(name, dot, out, 8, &base_upper, &base_lower);
    is_exact &= convert_part(name + dot + (dot < name_len), name_len - dot - (dot < name_len),
                             out + 8, 3, &ext_upper, &ext_lower);
    if (out[0] == ' ') {
        out[0] = '_';
        is_exact = false;
    }
    *needs_tail = !is_exact;
    *name_case = 0;
    if (!is_exact || (base_upper && base_lower) || (ext_upper && ext_lower))
        return false;
    *name_case = (base_lower ? FAT_CASE_BASE : 0) | (ext_lower ? FAT_CASE_EXT : 0);
    return true;
}

void fat_short_set_tail(uint8_t name[11], unsigned number)
{
    uint8_t digits[6];
    unsigned nr_digits = 0, at = 0;

    do {
        digits[nr_digits++] = (uint8_t)('0' + number % 10);
        number /= 10;
    } while (number != 0 && nr_digits < sizeof(digits));
    while (at < 7 - nr_digits && name[at] != ' ')
        at++;
    name[at++] = '~';
    while (nr_digits > 0)
        name[at++] = digits[--nr_digits];
    while (at < 8)
        name[at++] = ' ';
}

bool fat_units_equal(const uint16_t *a, const uint16_t *b, size_t nr_units)
{
    for (size_t i = 0; i < nr_units; i++)
        if (a[i] != b[i] && utf16_to_upper(a[i]) != utf16_to_upper(b[i]))
            return false;
    return true;
}

/* Return the next unit of comparison: an upper-case code point, or a byte that is not UTF-8. */
static uint32_t next_folded(const char **name, size_t *name_len)
{
    uint32_t c;
    int length = utf8_decode(*name, *name_len, &c);

    if (length < 0) {
        c = 0x110000u + (uint8_t) * *name;
        length = 1;
    }
    *name += length;
    *name_len -= (size_t)length;
    return c < 0x10000 ? utf16_to_upper((uint16_t)c) : c;
}

uint32_t fat_hash_name(const char *name, size_t name_len)
{
    uint32_t hash = 2166136261u;

    while (name_len > 0)
        hash = (hash ^ next_folded(&name, &name_len)) * 16777619u;
    return hash ^ hash >> 15;
}

bool fat_names_equal(const char *a, size_t a_len, const char *b, size_t b_len)
{
    while (a_len > 0 && b_len > 0)
        if (next_folded(&a, &a_len) != next_folded(&b, &b_len))
            return false;
    return a_len == b_len;
}
