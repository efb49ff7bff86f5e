/*
 * The arch contract, 5: page tables. One walker for satp (Sv39) and hgatp (Sv39x4), privileged
 * specification, chapters "Sv39" and "Two-stage address translation".
 *
 * A table maps 4 KiB, 2 MiB and 1 GiB leaves. Accessed and dirty bits are always preset (they are
 * tracked in software; a trap to set them is never wanted). Table pages come from
 * page_table_alloc() and are freed when arch_pt_unmap() empties them or arch_pt_destroy() drops the
 * table.
 *
 * None of these functions locks or flushes the TLB: the owner (vspace, kmap) holds its lock and
 * calls the arch_tlb_* functions below once per batch.
 */
#ifndef ARCH_PAGING_H
#define ARCH_PAGING_H

#include <base/types.h>

/*
 * Entries, of the format in <arch_impl/pte.h>: pte_t; rights PT_R PT_W PT_X PT_U (the program's,
 * else the kernel's), PT_G (global), PT_RW, PT_RX, PT_NO_ACCESS (a page that nobody may touch);
 * marks that are the owner's, PT_SOFT0 and PT_SOFT1; levels, PT_LEVEL_SHIFT(level),
 * PT_LEVEL_SIZE(level). Rights and marks are or-ed together; an entry is asked and changed by
 *
 *   pte_make(pa, flags)              a leaf
 *   pte_make_branch(pa)              to the next table
 *   pte_to_pa(pte)                   where it points
 *   pte_is_present(pte), pte_is_leaf(pte), pte_is_accessed(pte), pte_is_dirty(pte)
 *   pte_has(pte, flags)              all of these rights and marks
 *   pte_without(pte, flags)          less these rights and marks
 *   pte_with_rights(pte, rights)     with just these, and its marks
 */
#include <arch_impl/pte.h>

enum arch_pt_kind {
    ARCH_PT_STAGE1, /* Sv39, 39-bit sign-extended addresses; kernel half shared */
    ARCH_PT_GSTAGE, /* Sv39x4, 41-bit guest-physical addresses; every leaf carries U */
};

struct arch_pt {
    pte_t *root; /* direct-map address: 4 KiB, or 16 KiB for a G-stage */
    enum arch_pt_kind kind;
};

/* The kernel's own table, built by the boot code; its upper half is shared by every stage-1
 * table. */
extern struct arch_pt arch_kernel_pt;

/*
 * Boot: add RAM to the direct map, read-write, with the largest leaves; existing mappings (kernel
 * image) stay. Page aligned. -ENOMEM: the boot's table pool is exhausted.
 */
int arch_direct_map_add(paddr_t start, uint64_t size) MUST_CHECK;

/* Create an empty table. Stage 1: the kernel half is shared. -ENOMEM. */
int arch_pt_init(struct arch_pt *pt, enum arch_pt_kind kind) MUST_CHECK;

/* Free every table page of the user half (or of the G-stage) and the root. Leaves are ignored. */
void arch_pt_destroy(struct arch_pt *pt);

/*
 * Map [va, va+size) to [pa, pa+size); all page aligned. Uses the largest leaves that alignment
 * allows, up to max_level. -EEXIST: something is mapped there; -ENOMEM. On error nothing is mapped.
 */
int arch_pt_map(struct arch_pt *pt, vaddr_t va, paddr_t pa, uint64_t size, uint64_t flags,
                unsigned max_level) MUST_CHECK;

/*
 * Remove every leaf in the range and free table pages that became empty. A leaf across an edge of
 * the range is split first (-ENOMEM is possible only then). Calls leaf(ctx, va, pte, level), unless
 * NULL, for each removed leaf.
 */
int arch_pt_unmap(struct arch_pt *pt, vaddr_t va, uint64_t size,
                  void (*leaf)(void *ctx, vaddr_t va, pte_t pte, unsigned level),
                  void *ctx) MUST_CHECK;

/*
 * The same for tables that a hart may be walking: those that became empty are unlinked and chained
 * in *emptied (NULL before the first call). Free them by arch_pt_free_tables() after the range was
 * flushed from all TLBs. No leaf may extend across an edge of the range.
 */
void arch_pt_clear(struct arch_pt *pt, vaddr_t va, uint64_t size,
                   void (*leaf)(void *ctx, vaddr_t va, pte_t pte, unsigned level), void *ctx,
                   pte_t **emptied);
void arch_pt_free_tables(pte_t *emptied);

/* Replace R W X U of every leaf in the range by flags (soft bits are kept); splits at the edges. */
int arch_pt_protect(struct arch_pt *pt, vaddr_t va, uint64_t size, uint64_t flags) MUST_CHECK;

/* Return the leaf that maps va and its level; 0 if nothing is mapped (an invalid PTE is not a
 * leaf). */
pte_t arch_pt_query(const struct arch_pt *pt, vaddr_t va, unsigned *level);

/*
 * Return the entry at which a walk for va ends, a leaf or an invalid one, and its level. The
 * pointer is valid until the table page is freed: use it under the lock of the tables.
 */
pte_t *arch_pt_entry(const struct arch_pt *pt, vaddr_t va, unsigned *level);

/* Count the table pages below the root in the user half (or the G-stage). */
uint64_t arch_pt_count_tables(const struct arch_pt *pt);

/*
 * Return the slot of va at the given level, for the fault path; NULL if a table above is missing
 * (with create: no memory) or a larger leaf is in the way. Valid until the table page is freed.
 */
pte_t *arch_pt_slot(const struct arch_pt *pt, vaddr_t va, unsigned level, bool create);

/*
 * Call fn for every valid leaf in the range, ascending. fn may change *pte. Stops at and returns
 * the first nonzero result.
 */
int arch_pt_walk(const struct arch_pt *pt, vaddr_t va, uint64_t size,
                 int (*fn)(void *ctx, vaddr_t va, pte_t *pte, unsigned level), void *ctx);

/* --- satp and the TLB ------------------------------------------------------------------------- */

/* Compute the value for arch_satp_set(); once per address space and ASID generation. */
uint64_t arch_satp_make(const struct arch_pt *pt, asid_t asid);

/* Switch this hart's address space, without a flush: ASIDs tell entries apart. */
static inline void arch_satp_set(uint64_t satp);

/* Return the number of ASIDs that the hart implements (a power of two; 1 = none). Probed at
 * boot. */
unsigned arch_asid_count(void);

/* This hart only. */
static inline void arch_tlb_flush_page(vaddr_t va, asid_t asid); /* one user page */
static inline void arch_tlb_flush_asid(asid_t asid);             /* one address space */
static inline void arch_tlb_flush_kernel_page(vaddr_t va);       /* also global entries */
static inline void arch_tlb_flush_all(void);

/* From this many pages on a flush covers the whole address space. */
#define ARCH_TLB_RANGE_MAX 32

/*
 * Flush a range of one address space on all CPUs of mask (with or without this one); returns when
 * all are done. cpus may be 0. May be called with interrupts masked and spinlocks held.
 */
void arch_tlb_shootdown(cpumask_t cpus, vaddr_t va, uint64_t size, asid_t asid);

/* Flush kernel addresses on all running CPUs. */
void arch_tlb_shootdown_kernel(vaddr_t va, uint64_t size);

#include <arch_impl/paging.h>

#endif
