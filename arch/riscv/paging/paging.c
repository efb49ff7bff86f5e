/*
 * Allocation of table pages, the kernel's root table, and the direct map. Walks: walk.c.
 */
#include <arch/upcalls.h>
#include <base/errno.h>
#include <paging/boot_tables.h>
#include <riscv/csr.h>

#include "paging.h"

struct arch_pt arch_kernel_pt SECTION(".data");

/* Static boot memory: .noinit is not cleared, each table is when it is handed out. */
static pte_t boot_tables[BOOT_TABLES][PT_ENTRIES] ALIGNED(PAGE_SIZE) SECTION(".noinit.tables");
static unsigned nr_boot_tables SECTION(".data");

static void table_clear(pte_t *table)
{
    for (pte_t *end = table + PT_ENTRIES; table < end; table += 4)
        table[0] = table[1] = table[2] = table[3] = 0;
}

/* Called with paging off too: position-independent, no calls out of this file. */
pte_t *boot_table_alloc(void)
{
    /* Atomic: harts that fault at the same time also allocate from the pool. */
    unsigned n = __atomic_load_n(&nr_boot_tables, __ATOMIC_RELAXED);

    do {
        if (n == BOOT_TABLES)
            return NULL;
    } while (!__atomic_compare_exchange_n(&nr_boot_tables, &n, n + 1, true, __ATOMIC_RELAXED,
                                          __ATOMIC_RELAXED));
    pte_t *table = boot_tables[n];

    table_clear(table);
    return table;
}

pte_t *table_alloc(const struct arch_pt *pt)
{
    bool has_pool = pt == &arch_kernel_pt && READ_ONCE(nr_boot_tables) < BOOT_TABLES;
    pte_t *table = has_pool ? boot_table_alloc() : NULL;

    if (table)
        return phys_to_virt(kernel_to_phys(table));
    return page_table_alloc(0);
}

/* Pages of the boot pool map the kernel for good and are never freed. */
void table_free(pte_t *table)
{
    uint64_t offset = virt_to_phys(table).v - kernel_to_phys(boot_tables).v;

    if (offset >= sizeof(boot_tables))
        page_table_free(table, 0);
}

int arch_pt_init(struct arch_pt *pt, enum arch_pt_kind kind)
{
    pt->kind = kind;
    pt->root = page_table_alloc(kind == ARCH_PT_GSTAGE ? 2 : 0);
    if (!pt->root)
        return -ENOMEM;
    /*
     * The kernel half is shared by copying the root's upper entries. They never change after boot:
     * the direct map, the kmap area, vmemmap and the image have their second-level tables from the
     * start (arch/riscv/boot).
     */
    if (kind == ARCH_PT_STAGE1) {
        const pte_t *from = arch_kernel_pt.root + PT_ENTRIES / 2;
        pte_t *to = pt->root + PT_ENTRIES / 2;

        for (const pte_t *end = from + PT_ENTRIES / 2; from != end; from += 4, to += 4) {
            pte_t a = from[0], b = from[1], c = from[2], d = from[3];

            to[0] = a;
            to[1] = b;
            to[2] = c;
            to[3] = d;
        }
    }
    return 0;
}

int arch_direct_map_add(paddr_t start, uint64_t size)
{
    uint64_t pa = start.v;
    uint64_t end = pa + size;

    if (end < pa || end > ARCH_DIRECT_MAP_SIZE || ((pa | end) & PAGE_MASK) != 0)
        return -EINVAL;
    while (pa < end) {
        unsigned level = PT_TOP;
        pte_t *slot;

        while (level > 0 &&
               ((pa & (PT_LEVEL_SIZE(level) - 1)) != 0 || end - pa < PT_LEVEL_SIZE(level)))
            level--;
        /* A table exists instead of a 1 GiB leaf: descend. */
        for (;; level--) {
            slot = arch_pt_slot(&arch_kernel_pt, ARCH_DIRECT_MAP_BASE + pa, level, true);
            if (!slot || level <= 1 || !(*slot & PT_V) || pte_is_leaf(*slot))
                break;
        }
        if (!slot) {
            /* A large leaf exists already (the device tree's), or the pool is empty. */
            if (arch_pt_query(&arch_kernel_pt, ARCH_DIRECT_MAP_BASE + pa, &level) == 0)
                return -ENOMEM;
            pa = ALIGN_DOWN(pa, PT_LEVEL_SIZE(level)) + PT_LEVEL_SIZE(level);
            continue;
        }
        /* A table instead of a 2 MiB leaf is the kernel image's, and full: ranges of RAM do not
         * overlap. */
        if (level == 1 && (*slot & PT_V) && !pte_is_leaf(*slot)) {
            pa += PT_LEVEL_SIZE(1);
            continue;
        }
        /* Continue in this table while whole leaves of this size fit. */
        do {
            if (!(*slot & PT_V))
                *slot = pte_make(PADDR(pa), PT_RW | PT_G);
            pa += PT_LEVEL_SIZE(level);
            slot++;
        } while (end - pa >= PT_LEVEL_SIZE(level) && ((uintptr_t)slot & PAGE_MASK) != 0 &&
                 (!(*slot & PT_V) || pte_is_leaf(*slot)) &&
                 (level == PT_TOP || (pa & (PT_LEVEL_SIZE(level + 1) - 1)) != 0));
    }
    return 0;
}
