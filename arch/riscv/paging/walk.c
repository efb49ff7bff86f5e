/*
 * Walks over page tables: map, unmap, protect, query, destroy. Contract: <arch/paging.h>.
 */
#include <arch/upcalls.h>
#include <base/errno.h>

#include "paging.h"

/* Bits of a leaf that arch_pt_protect() replaces. */
#define PT_RIGHTS (PT_R | PT_W | PT_X | PT_U)

pte_t *arch_pt_slot(const struct arch_pt *pt, vaddr_t va, unsigned level, bool create)
{
    pte_t *table = pt->root;

    for (unsigned l = PT_TOP; l > level; l--) {
        pte_t *slot = &table[pt_index(pt, va, l)];
        pte_t pte = *slot;

        if (!(pte & PT_V)) {
            pte_t *below = create ? table_alloc(pt) : NULL;

            if (!below)
                return NULL;
            /* Make the table's zeroes visible before the entry that refers to it. */
            pte = pte_make_table(below);
            __atomic_store_n(slot, pte, __ATOMIC_RELEASE);
        } else if (pte_is_leaf(pte)) {
            return NULL;
        }
        table = pte_to_table(pte);
    }
    return &table[pt_index(pt, va, level)];
}

pte_t *arch_pt_entry(const struct arch_pt *pt, vaddr_t va, unsigned *level)
{
    pte_t *slot = &pt->root[pt_index(pt, va, PT_TOP)];
    unsigned l = PT_TOP;

    while (l > 0 && (*slot & (PT_V | PT_LEAF)) == PT_V) {
        l--;
        slot = pte_to_table(*slot) + (va >> PT_LEVEL_SHIFT(l) & (PT_ENTRIES - 1));
    }
    *level = l;
    return slot;
}

pte_t arch_pt_query(const struct arch_pt *pt, vaddr_t va, unsigned *level)
{
    unsigned found;
    pte_t pte = *arch_pt_entry(pt, va, &found);

    if (!pte_is_leaf(pte))
        return 0;
    if (level)
        *level = found;
    return pte;
}

/* Find the largest level whose leaf fits at va and pa within size. */
static unsigned best_level(vaddr_t va, uint64_t pa, uint64_t size, unsigned max_level)
{
    unsigned level = MIN(max_level, (unsigned)PT_TOP);

    while (level > 0 &&
           (((va | pa) & (PT_LEVEL_SIZE(level) - 1)) != 0 || size < PT_LEVEL_SIZE(level)))
        level--;
    return level;
}

int arch_pt_map(struct arch_pt *pt, vaddr_t va, paddr_t pa, uint64_t size, uint64_t flags,
                unsigned max_level)
{
    uint64_t done = 0;
    int err = 0;

    while (done < size) {
        unsigned level = best_level(va + done, pa.v + done, size - done, max_level);
        pte_t *slot = arch_pt_slot(pt, va + done, level, true);

        /* An existing table, perhaps empty, can take smaller leaves. */
        while (slot && level > 0 && (*slot & PT_V) && !pte_is_leaf(*slot))
            slot = arch_pt_slot(pt, va + done, --level, true);
        if (!slot) {
            err = arch_pt_query(pt, va + done, NULL) != 0 ? -EEXIST : -ENOMEM;
            break;
        }
        /* Continue in this table while leaves of this size fit. */
        do {
            if (*slot & PT_V) {
                err = -EEXIST;
                break;
            }
            *slot++ = pte_make(paddr_add(pa, done), flags);
            done += PT_LEVEL_SIZE(level);
        } while (done < size && ((uintptr_t)slot & PAGE_MASK) != 0 &&
                 best_level(va + done, pa.v + done, size - done, max_level) == level);
        if (err != 0)
            break;
    }
    /* None of our leaves extends beyond `done`, so nothing must be split. */
    if (err != 0) {
        pte_t *emptied = NULL;

        arch_pt_clear(pt, va, done, NULL, NULL, &emptied);
        arch_pt_free_tables(emptied);
    }
    return err;
}

/* Split a leaf into a table of leaves one level down that map the same. */
static int split(const struct arch_pt *pt, pte_t *slot, unsigned level)
{
    pte_t pte = *slot;
    pte_t *table = table_alloc(pt);

    if (!table)
        return -ENOMEM;
    for (unsigned i = 0; i < PT_ENTRIES; i++)
        table[i] = pte + (i * PT_LEVEL_SIZE(level - 1) >> PAGE_SHIFT << 10);
    __atomic_store_n(slot, pte_make_table(table), __ATOMIC_RELEASE);
    return 0;
}

/* A pass over a range: act() may change *pte of each leaf wholly inside. */
struct pass {
    const struct arch_pt *pt;
    int (*act)(struct pass *pass, vaddr_t va, pte_t *pte, unsigned level);
    int (*fn)(void *ctx, vaddr_t va, pte_t *pte, unsigned level);
    /* Called for a leaf across an edge of the range; NULL: act() is called for it, too. */
    int (*split)(const struct arch_pt *pt, pte_t *slot, unsigned level);
    void (*leaf)(void *ctx, vaddr_t va, pte_t pte, unsigned level);
    void *ctx;
    uint64_t flags;
    pte_t **emptied; /* collects tables that became empty; NULL: they stay */
};

static bool is_empty(const pte_t *table)
{
    for (unsigned i = 0; i < PT_ENTRIES; i++)
        if (table[i] != 0)
            return false;
    return true;
}

/*
 * [va, last]: inclusive, so that the end of the address space needs no special case. Most slots of
 * most tables are empty: stepping over one is a few instructions.
 */
static int pass_run(struct pass *pass, pte_t *table, unsigned level, vaddr_t va, vaddr_t last)
{
    uint64_t span = PT_LEVEL_SIZE(level);
    pte_t *slot = &table[pt_index(pass->pt, va, level)];
    const pte_t *last_slot = &table[pt_index(pass->pt, last, level)];
    vaddr_t slot_va = va & ~(span - 1);

    for (;; slot++, slot_va += span) {
        vaddr_t from, upto;
        bool is_leaf;
        int err = 0;

        while (*slot == 0 && slot != last_slot) {
            slot++;
            slot_va += span;
        }
        is_leaf = pte_is_leaf(*slot);
        from = MAX(va, slot_va);
        upto = MIN(last, slot_va + (span - 1));
        if (is_leaf && (from != slot_va || upto != slot_va + (span - 1)) && pass->split) {
            err = pass->split(pass->pt, slot, level);
            if (err != 0)
                return err;
            is_leaf = false;
        }
        if (is_leaf) {
            err = pass->act(pass, slot_va, slot, level);
        } else if ((*slot & PT_V) && level > 0) {
            pte_t *below = pte_to_table(*slot);

            err = pass_run(pass, below, level - 1, from, upto);
            /* Keep second-level tables of the kernel half: all roots share them. */
            bool is_shared = level == PT_TOP && slot_va >= ARCH_DIRECT_MAP_BASE;

            if (err == 0 && pass->emptied && !is_shared && is_empty(below)) {
                *slot = 0;
                /* Chained by their first entries: a page-aligned address reads as an invalid
                 * entry. */
                below[0] = (pte_t)(uintptr_t)*pass->emptied;
                *pass->emptied = below;
            }
        }
        if (err != 0 || slot == last_slot)
            return err;
    }
}

static int pass_over(struct pass *pass, vaddr_t va, uint64_t size)
{
    if (size == 0)
        return 0;
    return pass_run(pass, pass->pt->root, PT_TOP, va, va + (size - 1));
}

static int unmap_leaf(struct pass *pass, vaddr_t va, pte_t *pte, unsigned level)
{
    pte_t old = *pte;

    *pte = 0;
    if (pass->leaf)
        pass->leaf(pass->ctx, va, old, level);
    return 0;
}

int arch_pt_unmap(struct arch_pt *pt, vaddr_t va, uint64_t size,
                  void (*leaf)(void *ctx, vaddr_t va, pte_t pte, unsigned level), void *ctx)
{
    pte_t *emptied = NULL;
    struct pass pass = {
        .pt = pt, .act = unmap_leaf, .leaf = leaf, .ctx = ctx, .split = split, .emptied = &emptied};
    int err = pass_over(&pass, va, size);

    arch_pt_free_tables(emptied);
    return err;
}

void arch_pt_clear(struct arch_pt *pt, vaddr_t va, uint64_t size,
                   void (*leaf)(void *ctx, vaddr_t va, pte_t pte, unsigned level), void *ctx,
                   pte_t **emptied)
{
    struct pass pass = {.pt = pt, .act = unmap_leaf, .leaf = leaf, .ctx = ctx, .emptied = emptied};

    if (pass_over(&pass, va, size) != 0)
        __builtin_unreachable(); /* nothing is split */
}

void arch_pt_free_tables(pte_t *emptied)
{
    while (emptied) {
        pte_t *next = (pte_t *)(uintptr_t)emptied[0];

        table_free(emptied);
        emptied = next;
    }
}

static int protect_leaf(struct pass *pass, vaddr_t va, pte_t *pte, unsigned level)
{
    *pte = (*pte & ~PT_RIGHTS) | (pass->flags & PT_RIGHTS);
    return 0;
}

int arch_pt_protect(struct arch_pt *pt, vaddr_t va, uint64_t size, uint64_t flags)
{
    struct pass pass = {.pt = pt, .act = protect_leaf, .flags = flags, .split = split};

    return pass_over(&pass, va, size);
}

static int walk_leaf(struct pass *pass, vaddr_t va, pte_t *pte, unsigned level)
{
    return pass->fn(pass->ctx, va, pte, level);
}

int arch_pt_walk(const struct arch_pt *pt, vaddr_t va, uint64_t size,
                 int (*fn)(void *ctx, vaddr_t va, pte_t *pte, unsigned level), void *ctx)
{
    struct pass pass = {.pt = pt, .act = walk_leaf, .fn = fn, .ctx = ctx};

    return pass_over(&pass, va, size);
}

/* Count the root entries that are the table's own: the rest is the kernel half. */
static unsigned nr_root_entries(const struct arch_pt *pt)
{
    return pt->kind == ARCH_PT_GSTAGE ? 4 * PT_ENTRIES : PT_ENTRIES / 2;
}

static uint64_t count_below(const pte_t *table, unsigned nr_entries, unsigned level)
{
    uint64_t count = 0;

    for (unsigned i = 0; i < nr_entries; i++) {
        if (!(table[i] & PT_V) || pte_is_leaf(table[i]))
            continue;
        count += 1 + (level > 1 ? count_below(pte_to_table(table[i]), PT_ENTRIES, level - 1) : 0);
    }
    return count;
}

uint64_t arch_pt_count_tables(const struct arch_pt *pt)
{
    return count_below(pt->root, nr_root_entries(pt), PT_TOP);
}

/* Free the tables below a table at `level`. Most entries are empty. */
static void free_below(pte_t *table, unsigned nr_entries, unsigned level)
{
    for (pte_t *slot = table; slot != table + nr_entries; slot++) {
        if (*slot == 0 || !(*slot & PT_V) || pte_is_leaf(*slot))
            continue;

        pte_t *below = pte_to_table(*slot);

        if (level > 1)
            free_below(below, PT_ENTRIES, level - 1);
        table_free(below);
    }
}

void arch_pt_destroy(struct arch_pt *pt)
{
    free_below(pt->root, nr_root_entries(pt), PT_TOP);
    page_table_free(pt->root, pt->kind == ARCH_PT_GSTAGE ? 2 : 0);
    pt->root = NULL;
}
