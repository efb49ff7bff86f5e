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

typedef uint64_t pte_t;

enum arch_pt_kind {
    ARCH_PT_STAGE1, /* Sv39, 39-bit sign-extended addresses; kernel half shared */
    ARCH_PT_GSTAGE, /* Sv39x4, 41-bit guest-physical addresses; every leaf carries U */
};

struct arch_pt {
    pte_t *root; /* direct-map address: 4 KiB, or 16 KiB for a G-stage */
    enum arch_pt_kind kind;
};

/* Leaf flags: PTE bits, so that no translation is needed. */
#define PT_V     (1ull << 0)
#define PT_R     (1ull << 1)
#define PT_W     (1ull << 2)
#define PT_X     (1ull << 3)
#define PT_U     (1ull << 4)
#define PT_G     (1ull << 5)
#define PT_A     (1ull << 6)
#define PT_D     (1ull << 7)
#define PT_SOFT0 (1ull << 8) /* free for the owner: copy on write ... */
#define PT_SOFT1 (1ull << 9) /* ... and whatever */
#define PT_RW    (PT_R | PT_W)
#define PT_RX    (PT_R | PT_X)
#define PT_FLAGS 0x3ffull
#define PT_LEAF  (PT_R | PT_W | PT_X)

#define PT_LEVEL_SHIFT(level) (PAGE_SHIFT + 9 * (level)) /* level 0: 4 KiB, 1: 2 MiB, 2: 1 GiB */
#define PT_LEVEL_SIZE(level)  (1ull << PT_LEVEL_SHIFT(level))

static inline pte_t pte_make(paddr_t pa, uint64_t flags)
{
    return (pa.v >> PAGE_SHIFT) << 10 | flags | PT_V | PT_A | PT_D;
}

static inline paddr_t pte_to_pa(pte_t pte)
{
    return PADDR((pte >> 10 & ((1ull << 44) - 1)) << PAGE_SHIFT);
}

static inline bool pte_is_leaf(pte_t pte)
{
    return (pte & PT_V) && (pte & PT_LEAF);
}

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
