/*
 * Tables of codes: a root table indexed by the next bits of the input, and subtables for the codes
 * that are longer than its index. Private to lib/inflate.
 */
#ifndef INFLATE_CODES_H
#define INFLATE_CODES_H

#include <base/types.h>

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

#define MAX_LIT_CODES  286
#define MAX_DIST_CODES 30
#define END_OF_BLOCK   256

/* Of code lengths (RFC 1951, 3.2.7), of literals and lengths, of distances. */
enum alphabet { ALPHABET_LENGTHS, ALPHABET_LITERALS, ALPHABET_DISTANCES };

/*
 * Build the table of `size` entries for the code lengths of nr_symbols, 288 at most; a root index
 * has root_bits. -EBADMSG: no prefix code has these lengths, or its table is larger.
 */
int inflate_build_table(uint32_t *table, unsigned size, unsigned root_bits, const uint8_t *lengths,
                        unsigned nr_symbols, enum alphabet alphabet);

#endif
