/*
 * The pool of table pages in the kernel image, from which the boot builds the first tables before
 * and after paging is on. Only arch/riscv/boot includes this.
 */
#ifndef PAGING_BOOT_TABLES_H
#define PAGING_BOOT_TABLES_H

#include <arch/paging.h>

#define BOOT_TABLES 14

/* Zeroed, at whatever address the caller runs (physical before paging); NULL when used up. */
pte_t *boot_table_alloc(void);

#endif
