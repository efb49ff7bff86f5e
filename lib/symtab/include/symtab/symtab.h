/*
 * Names of the kernel's functions, for backtraces: the reader of the table that tools/symtab.py
 * puts behind the image's constants.
 *
 * The table is a byte string:
 *
 *   2 bytes      n, number of functions, little endian; the last one is the end of the text
 *   n varints    ascending by address, half the distance from the function before (the first: from
 *                the image's start); seven bits a byte, low ones first, bit 7 set: more follow
 *   1 byte       c, number of characters; the first is NUL
 *   c bytes      what the codes 0 to c - 1 stand for
 *   1 byte       p, number of pairs
 *   2 * p bytes  what the codes from c on stand for: two codes, each smaller than the pair's own
 *   the rest     codes: the functions' names, each ended by NUL, the last one empty
 */
#ifndef SYMTAB_SYMTAB_H
#define SYMTAB_SYMTAB_H

#include <base/types.h>

/*
 * The function that holds `offset` (bytes from the start of the image): writes its name, cut to
 * size and terminated, and returns the distance from its start; -1 (and an empty name) when the
 * table is absent or damaged, or no function holds it. Reads nothing outside the table. No locks,
 * any context.
 */
long symtab_lookup(const uint8_t *table, size_t table_size, uint64_t offset, char *name,
                   size_t size);

#endif
