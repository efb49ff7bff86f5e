/*
 * Reads the symbol table in the image: two linear passes, since it is read when the kernel has
 * died.
 */
#include <symtab/symtab.h>

/* A code expands to a binary tree of pairs; deeper ones are damage. */
#define MAX_DEPTH 64

struct reader {
    const uint8_t *at;
    const uint8_t *end;
    const uint8_t *characters;
    const uint8_t *pairs;
    unsigned nr_characters;
    unsigned nr_pairs;
    unsigned nr_to_skip; /* names to skip */
    char *out;
    size_t room; /* characters left, without the terminator */
};

/* 0 at the end of the table. */
static uint8_t read_byte(struct reader *r)
{
    return r->at < r->end ? *r->at++ : 0;
}

static uint64_t read_varint(struct reader *r)
{
    uint64_t value = 0;
    unsigned shift = 0;
    uint8_t byte;

    do {
        byte = read_byte(r);
        value |= (uint64_t)(byte & 0x7f) << shift;
        shift += 7;
    } while (byte & 0x80 && shift < 63);
    return value;
}

/* A byte string with its length in front; length 0: none there, or cut off. */
static const uint8_t *read_table(struct reader *r, size_t entry_size, unsigned *nr)
{
    const uint8_t *table;

    *nr = read_byte(r);
    table = r->at;
    if ((size_t)(r->end - table) < *nr * entry_size)
        *nr = 0;
    r->at += *nr * entry_size;
    return table;
}

/* Write the characters of the wanted name; false: it is complete. */
static bool expand(struct reader *r, uint8_t first)
{
    uint8_t stack[MAX_DEPTH];
    size_t depth = 0;

    stack[depth++] = first;
    while (depth != 0) {
        unsigned code = stack[--depth];

        if (code >= r->nr_characters) {
            const uint8_t *pair = r->pairs + 2ul * (code - r->nr_characters);

            if (code - r->nr_characters >= r->nr_pairs || depth + 2 > MAX_DEPTH ||
                pair[0] >= code || pair[1] >= code)
                return false;
            stack[depth++] = pair[1];
            stack[depth++] = pair[0];
        } else if (code == 0 || r->nr_to_skip != 0) {
            if (code == 0 && r->nr_to_skip-- == 0)
                return false;
        } else if (r->room != 0) {
            *r->out++ = (char)r->characters[code];
            r->room--;
        }
    }
    return true;
}

long symtab_lookup(const uint8_t *table, size_t table_size, uint64_t offset, char *name,
                   size_t size)
{
    struct reader r = {.at = table, .out = name, .room = size - 1};
    uint64_t start = 0;
    uint64_t best_start = 0;
    unsigned nr, nr_below = 0;

    if (size == 0)
        return -1;
    name[0] = '\0';
    if (table_size == 0)
        return -1;
    r.end = table + table_size;
    nr = read_byte(&r);
    nr |= (unsigned)read_byte(&r) << 8;
    for (unsigned i = 0; i < nr && r.at < r.end; i++) {
        start += 2 * read_varint(&r);
        if (start <= offset) {
            best_start = start;
            nr_below = i + 1;
        }
    }
    r.characters = read_table(&r, 1, &r.nr_characters);
    r.pairs = read_table(&r, 2, &r.nr_pairs);
    r.nr_to_skip = nr_below - 1;
    while (nr_below != 0 && r.at < r.end && expand(&r, *r.at))
        r.at++;
    *r.out = '\0';
    return r.out != name ? (long)(offset - best_start) : -1;
}
