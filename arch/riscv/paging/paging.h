/* Shared by the files of arch/riscv/paging only. */
#ifndef PAGING_PAGING_H
#define PAGING_PAGING_H

#include <arch/memory.h>
#include <arch/paging.h>

#define PT_ENTRIES 512
#define PT_TOP     2 /* level of the root */

static inline unsigned pt_index(const struct arch_pt *pt, vaddr_t va, unsigned level)
{
    unsigned mask = level == PT_TOP && pt->kind == ARCH_PT_GSTAGE ? 2047 : 511;

    return va >> PT_LEVEL_SHIFT(level) & mask;
}

static inline pte_t *pte_to_table(pte_t pte)
{
    return phys_to_virt(pte_to_pa(pte));
}

/*
 * Allocate a zeroed table page from the frame allocator, or for the kernel's own table from the
 * boot pool while it lasts. NULL: no memory.
 */
pte_t *table_alloc(const struct arch_pt *pt);
void table_free(pte_t *table);

/* Make a PTE that points to a table, given by its direct-map address. */
static inline pte_t pte_make_table(const pte_t *table)
{
    return virt_to_phys(table).v >> PAGE_SHIFT << 10 | PT_V;
}

#endif
