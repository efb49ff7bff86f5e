/*
 * Names of the kernel's functions, for backtraces: the reader of the table that tools/symtab.py appends to the
 * image's constants. The format is described in symtab.c.
 */
#ifndef SYMTAB_SYMTAB_H
#define SYMTAB_SYMTAB_H

#include <base/types.h>

/*
 * The function that holds `offset` (bytes from the start of the image's text): writes its name, cut to
 * size, and returns the distance from its start; -1 when the table is absent, damaged, or has no such.
 */
long symtab_lookup(const uint8_t *table, size_t table_size, uint64_t offset, char *name, size_t size);

#endif
