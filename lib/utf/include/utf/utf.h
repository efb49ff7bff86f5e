/*
 * UTF-8 and UTF-16 (RFC 3629, RFC 2781), strict: no overlong forms, no lone surrogates, nothing
 * above U+10FFFF. And the simple case folding that FAT's names need.
 */
#ifndef UTF_UTF_H
#define UTF_UTF_H

#include <base/types.h>

/* Read one code point of up to nr_bytes: its bytes (1 to 4), or -EILSEQ. nr_bytes >= 1. */
MUST_CHECK int utf8_decode(const char *s, size_t nr_bytes, uint32_t *code_point);

/* Write one code point: its bytes (1 to 4), or -EILSEQ: not a code point. */
MUST_CHECK int utf8_encode(char out[4], uint32_t code_point);

/*
 * Whole strings, not terminated. The number of units written; -EILSEQ; -ENAMETOOLONG when more than
 * max are needed.
 */
MUST_CHECK int utf8_to_utf16(const char *s, size_t nr_bytes, uint16_t *out, size_t max);
MUST_CHECK int utf16_to_utf8(const uint16_t *s, size_t nr_units, char *out, size_t max);

/* Upper case of one UTF-16 unit: Latin-1, Latin Extended-A, Greek and Cyrillic; others
 * unchanged. */
uint16_t utf16_to_upper(uint16_t unit);

#endif
