/*
 * The pool of table pages in the kernel image for the first tables, before and after paging is on.
 * Only arch/riscv/boot includes this.
 */
#ifndef PAGING_BOOT_TABLES_H
#define PAGING_BOOT_TABLES_H

#include <arch/paging.h>

#define BOOT_TABLES 14

/* Allocate a zeroed page, at its physical address before paging is on; NULL: used up. */
pte_t *boot_table_alloc(void);

#endif
