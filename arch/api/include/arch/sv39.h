/*
 * Page-table entries of Sv39 and Sv39x4 (privileged specification, chapter "Sv39"). The host uses
 * the same format, so that code that walks and changes entries is tested there. Contract:
 * <arch/paging.h>.
 */
#ifndef ARCH_SV39_H
#define ARCH_SV39_H

#include <base/types.h>

typedef uint64_t pte_t;

/* Rights are bits of the entry, so that no translation is needed. */
#define PT_V     (1ull << 0)
#define PT_R     (1ull << 1)
#define PT_W     (1ull << 2)
#define PT_X     (1ull << 3)
#define PT_U     (1ull << 4)
#define PT_G     (1ull << 5)
#define PT_A     (1ull << 6)
#define PT_D     (1ull << 7)
#define PT_SOFT0 (1ull << 8) /* free for the owner: copy on write ... */
#define PT_SOFT1 (1ull << 9) /* ... and other uses */
#define PT_RW    (PT_R | PT_W)
#define PT_RX    (PT_R | PT_X)
#define PT_FLAGS 0x3ffull
#define PT_LEAF  (PT_R | PT_W | PT_X)

/* A supervisor page that is execute-only: neither the program nor the kernel's copies can access
 * it. */
#define PT_NO_ACCESS PT_X

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

static inline pte_t pte_make_branch(paddr_t pa)
{
    return (pa.v >> PAGE_SHIFT) << 10 | PT_V;
}

static inline bool pte_is_present(pte_t pte)
{
    return pte & PT_V;
}

static inline bool pte_is_accessed(pte_t pte)
{
    return pte & PT_A;
}

static inline bool pte_is_dirty(pte_t pte)
{
    return pte & PT_D;
}

static inline bool pte_has(pte_t pte, uint64_t flags)
{
    return (pte & flags) == flags;
}

static inline pte_t pte_without(pte_t pte, uint64_t flags)
{
    return pte & ~flags;
}

static inline pte_t pte_with_rights(pte_t pte, uint64_t rights)
{
    return (pte & ~(PT_LEAF | PT_U)) | rights;
}

#endif
