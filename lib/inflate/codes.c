/*
 * The tables by which codes are decoded (RFC 1951, 3.2.2).
 */
#include "codes.h"

#include <base/errno.h>
#include <string/string.h>

#define MAX_CODE_BITS 15
#define MAX_SYMBOLS   288

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

static uint32_t symbol_entry(enum alphabet alphabet, unsigned symbol)
{
    switch (alphabet) {
    case ALPHABET_LENGTHS:
        return ENTRY(KIND_LITERAL, symbol, 0);
    case ALPHABET_LITERALS:
        if (symbol < END_OF_BLOCK)
            return ENTRY(KIND_LITERAL, symbol, 0);
        if (symbol == END_OF_BLOCK)
            return ENTRY(KIND_END, 0, 0);
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

/* Codes are read lowest bit first, so they are stored reversed: increment a code from its highest
 * bit. */
static unsigned next_reversed(unsigned code, unsigned nr_bits)
{
    unsigned bit = 1u << (nr_bits - 1);

    while (code & bit)
        bit >>= 1;
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
        if (left < 0)
            return -EBADMSG;
    }
    if (left > 0 && (alphabet == ALPHABET_LENGTHS || nr_codes > 1 || (nr_codes == 1 && !counts[1])))
        return -EBADMSG;
    return 0;
}

/* Index width of the subtable for the codes from length on that share a root index. */
static unsigned subtable_bits(const uint16_t *counts, unsigned length, unsigned root_bits)
{
    unsigned nr_bits = length - root_bits;
    int left = 1 << nr_bits;

    while (nr_bits + root_bits < MAX_CODE_BITS) {
        left -= counts[nr_bits + root_bits];
        if (left <= 0)
            break;
        nr_bits++;
        left <<= 1;
    }
    return nr_bits;
}

/* A table in the making. */
struct builder {
    uint32_t *table;
    unsigned size; /* entries that there is room for */
    unsigned root_bits;
    unsigned used;                           /* entries */
    unsigned sub_index, sub_start, sub_bits; /* the latest subtable: its root index, place, width */
    uint16_t counts[MAX_CODE_BITS + 1];      /* by length: codes that are still to enter */
};

/* Enter the code of `length` bits, in the root table or in the subtable of its root index. */
static int enter(struct builder *b, unsigned code, unsigned length, uint32_t entry)
{
    unsigned index = code & ((1u << b->root_bits) - 1);

    if (length <= b->root_bits) {
        entry = entry ? entry | length : 0;
        for (unsigned at = code; at < 1u << b->root_bits; at += 1u << length)
            b->table[at] = entry;
        return 0;
    }
    if (index != b->sub_index) {
        b->sub_index = index;
        b->sub_start = b->used;
        b->sub_bits = subtable_bits(b->counts, length, b->root_bits);
        b->used += 1u << b->sub_bits;
        if (b->used > b->size)
            return -EBADMSG;
        b->table[index] = ENTRY(KIND_SUBTABLE, b->sub_start, b->sub_bits) | b->root_bits;
    }
    length -= b->root_bits;
    entry = entry ? entry | length : 0;
    for (unsigned at = code >> b->root_bits; at < 1u << b->sub_bits; at += 1u << length)
        b->table[b->sub_start + at] = entry;
    return 0;
}

/* The symbols that have a code, by length and then by value; returns their number. */
static unsigned sort_symbols(const uint16_t *counts, const uint8_t *lengths, unsigned nr_symbols,
                             uint16_t *sorted)
{
    uint16_t next[MAX_CODE_BITS + 2] = {0};
    unsigned nr_codes;

    for (unsigned length = 1; length <= MAX_CODE_BITS; length++)
        next[length + 1] = next[length] + counts[length];
    nr_codes = next[MAX_CODE_BITS + 1];
    for (unsigned i = 0; i < nr_symbols; i++)
        if (lengths[i])
            sorted[next[lengths[i]]++] = (uint16_t)i;
    return nr_codes;
}

int inflate_build_table(uint32_t *table, unsigned size, unsigned root_bits, const uint8_t *lengths,
                        unsigned nr_symbols, enum alphabet alphabet)
{
    struct builder b = {.table = table,
                        .size = size,
                        .root_bits = root_bits,
                        .used = 1u << root_bits,
                        .sub_index = ~0u};
    uint16_t sorted[MAX_SYMBOLS];
    unsigned code = 0, nr_codes;

    for (unsigned i = 0; i < nr_symbols; i++)
        b.counts[lengths[i]]++;
    b.counts[0] = 0;
    if (check_counts(b.counts, alphabet) < 0)
        return -EBADMSG;
    nr_codes = sort_symbols(b.counts, lengths, nr_symbols, sorted);
    memset(table, 0, sizeof(*table) << root_bits);
    for (unsigned i = 0; i < nr_codes; i++) {
        unsigned length = lengths[sorted[i]];

        if (enter(&b, code, length, symbol_entry(alphabet, sorted[i])) < 0)
            return -EBADMSG;
        b.counts[length]--;
        code = next_reversed(code, length);
    }
    return 0;
}
