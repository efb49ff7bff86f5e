/*
 * The arch contract, 5: page tables. One walker for satp (Sv39) and hgatp (Sv39x4), privileged
 * specification, chapters "Sv39" and "Two-stage address translation".
 *
 * A table maps 4 KiB, 2 MiB and 1 GiB leaves. Accessed and dirty bits are always preset (software
 * keeps its own books; a trap to set them is never wanted). Table pages come from
 * page_table_alloc() and go back when arch_pt_unmap() empties them or arch_pt_destroy() drops the
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

/* The kernel's own table: the root that boot built; its upper half is shared by every stage-1
 * table. */
extern struct arch_pt arch_kernel_pt;

/*
 * Boot: adds RAM to the direct map, read-write, with the largest leaves; what is mapped already
 * (kernel image) stays. Page aligned. -ENOMEM if the range is too ragged for the boot's table pool.
 */
int arch_direct_map_add(paddr_t start, uint64_t size) MUST_CHECK;

/* A new empty table. Stage 1: the kernel half is shared. -ENOMEM. */
int arch_pt_init(struct arch_pt *pt, enum arch_pt_kind kind) MUST_CHECK;

/* Frees every table page of the user half (or of the G-stage) and the root. Leaves are not touched.
 */
void arch_pt_destroy(struct arch_pt *pt);

/*
 * Maps [va, va+size) to [pa, pa+size); all page aligned. Uses the largest leaves that alignment
 * allows, up to max_level. Nothing may be mapped there: -EEXIST. -ENOMEM; on error what was mapped
 * is undone.
 */
int arch_pt_map(struct arch_pt *pt, vaddr_t va, paddr_t pa, uint64_t size, uint64_t flags,
                unsigned max_level) MUST_CHECK;

/*
 * Removes every leaf in the range and frees table pages that became empty. A leaf that reaches over
 * an edge of the range is split first (-ENOMEM possible only then). For each removed leaf:
 * leaf(ctx, va, pte, level) if leaf is not NULL.
 */
int arch_pt_unmap(struct arch_pt *pt, vaddr_t va, uint64_t size,
                  void (*leaf)(void *ctx, vaddr_t va, pte_t pte, unsigned level),
                  void *ctx) MUST_CHECK;

/*
 * The same for tables that a hart may be walking: those that became empty are taken out and chained
 * in *emptied (NULL before the first call). A hart may look at them until the range has been
 * flushed from all TLBs; then arch_pt_free_tables(). No leaf may reach over an edge of the range.
 */
void arch_pt_clear(struct arch_pt *pt, vaddr_t va, uint64_t size,
                   void (*leaf)(void *ctx, vaddr_t va, pte_t pte, unsigned level), void *ctx,
                   pte_t **emptied);
void arch_pt_free_tables(pte_t *emptied);

/* Replaces R W X U of every leaf in the range by flags (soft bits kept); splits at the edges. */
int arch_pt_protect(struct arch_pt *pt, vaddr_t va, uint64_t size, uint64_t flags) MUST_CHECK;

/* The leaf that maps va: its PTE and level. 0 if nothing is mapped (an invalid PTE is not a leaf).
 */
pte_t arch_pt_query(const struct arch_pt *pt, vaddr_t va, unsigned *level);

/*
 * The entry that decides about va and its level: a leaf, or the invalid one at which a walk ends.
 * It stays valid until the table page is freed, so look at it under the lock of the tables.
 */
pte_t *arch_pt_entry(const struct arch_pt *pt, vaddr_t va, unsigned *level);

/* Table pages below the root of the user half (or of the G-stage). */
uint64_t arch_pt_count_tables(const struct arch_pt *pt);

/*
 * The slot of va at the given level, for the fault path; NULL if a table above is missing (or
 * memory is out, with create) or a larger leaf is in the way. The slot stays valid until the table
 * page is freed.
 */
pte_t *arch_pt_slot(const struct arch_pt *pt, vaddr_t va, unsigned level, bool create);

/*
 * Calls fn for every valid leaf in the range, ascending. fn may change *pte. Stops at and returns
 * the first nonzero result.
 */
int arch_pt_walk(const struct arch_pt *pt, vaddr_t va, uint64_t size,
                 int (*fn)(void *ctx, vaddr_t va, pte_t *pte, unsigned level), void *ctx);

/* --- satp and the TLB ------------------------------------------------------------------------- */

/* Value for arch_satp_set(); made once per address space and ASID generation. */
uint64_t arch_satp_make(const struct arch_pt *pt, asid_t asid);

/* Switches this hart's address space. Does not flush: ASIDs tell entries apart. */
static inline void arch_satp_set(uint64_t satp);

/* How many ASID and VMID values the hart implements (a power of two; 1 = none). Probed at boot. */
unsigned arch_asid_count(void);

/* This hart only. */
static inline void arch_tlb_flush_page(vaddr_t va, asid_t asid); /* one user page */
static inline void arch_tlb_flush_asid(asid_t asid);             /* one address space */
static inline void arch_tlb_flush_kernel_page(vaddr_t va);       /* also global entries */
static inline void arch_tlb_flush_all(void);

/* A large range is flushed as a whole address space from this many pages on. */
#define ARCH_TLB_RANGE_MAX 32

/*
 * The range in one address space on all the CPUs of mask (this one included or not); returns when
 * all have done it. cpus = 0 is nothing. May be called with interrupts masked and spinlocks held.
 */
void arch_tlb_shootdown(cpumask_t cpus, vaddr_t va, uint64_t size, asid_t asid);

/* The same for kernel addresses, on all running CPUs. */
void arch_tlb_shootdown_kernel(vaddr_t va, uint64_t size);

#include <arch_impl/paging.h>

#endif
