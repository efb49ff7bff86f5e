/*
 * Reads the symbol table in the image: a linear pass, since it is read when the kernel has died.
 */
#include <symtab/symtab.h>

#define FIRST_PAIR 0x80
/* A name's byte expands to a binary tree of pairs; deeper ones are damage. */
#define MAX_DEPTH 64

struct reader {
    const uint8_t *pairs;
    size_t nr_pairs;
    char *out;
    size_t room; /* characters left, without the terminator */
};

static void expand(struct reader *r, uint8_t code)
{
    uint8_t stack[MAX_DEPTH];
    size_t depth = 0;

    stack[depth++] = code;
    while (depth != 0) {
        uint8_t c = stack[--depth];

        if (c < FIRST_PAIR) {
            if (r->room == 0)
                return;
            *r->out++ = (char)c;
            r->room--;
        } else if ((size_t)(c - FIRST_PAIR) < r->nr_pairs && depth + 2 <= MAX_DEPTH) {
            const uint8_t *pair = r->pairs + 2 * (c - FIRST_PAIR);

            /* Only pairs made earlier may be parts: so this ends. */
            if (pair[0] >= c || pair[1] >= c)
                return;
            stack[depth++] = pair[1];
            stack[depth++] = pair[0];
        }
    }
}

static bool read_varint(const uint8_t **p, const uint8_t *end, uint64_t *value)
{
    *value = 0;
    for (unsigned shift = 0; *p < end && shift < 63; shift += 7) {
        uint8_t byte = *(*p)++;

        *value |= (uint64_t)(byte & 0x7f) << shift;
        if (!(byte & 0x80))
            return true;
    }
    return false;
}

long symtab_lookup(const uint8_t *table, size_t table_size, uint64_t offset, char *name,
                   size_t size)
{
    const uint8_t *best = NULL;
    uint64_t best_start = 0;
    uint64_t start = 0;
    uint64_t distance;

    if (size != 0)
        name[0] = '\0';
    if (table_size == 0 || size == 0 || table_size < 1 + 2ul * table[0])
        return -1;
    const uint8_t *p = table + 1 + 2ul * table[0];
    const uint8_t *end = table + table_size;

    while (p < end && read_varint(&p, end, &distance) && p < end) {
        start += 2 * distance;
        if (start > offset)
            break;
        best = p;
        best_start = start;
        if ((size_t)(end - p) < 1ul + *p)
            return -1;
        p += 1 + *p;
    }
    if (best == NULL || *best == 0)
        return -1;
    struct reader r = {.pairs = table + 1, .nr_pairs = table[0], .out = name, .room = size - 1};

    for (unsigned i = 1; i <= *best; i++)
        expand(&r, best[i]);
    *r.out = '\0';
    return (long)(offset - best_start);
}
