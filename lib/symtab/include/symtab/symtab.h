/*
 * Names of the kernel's functions, for backtraces: the reader of the table that tools/symtab.py
 * puts behind the image's constants.
 *
 * The table is a byte string:
 *   1 byte           number of pairs, n <= 128
 *   2 * n bytes      pair i: what the byte 0x80 + i of a name stands for; a part may be a pair made
 * earlier per function, ascending by address: varint         half the distance from the previous
 * function (the first: from the image's start); seven bits a byte, low ones first, bit 7 set: more
 * follow 1 byte         length of the encoded name bytes          the name; empty: the end of the
 * text
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
