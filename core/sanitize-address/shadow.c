/*
 * The shadow's memory, and marking ranges in it.
 */
#include "address.h"

#include <arch/memory.h>
#include <arch/paging.h>
#include <frame/frame.h>
#include <shadow/shadow.h>

#define IMAGE_MAX MIB(16)

bool shadow_is_on;

/* One page of zeros, and tables that map it at each of a table's entries. */
static uint8_t zeros[PAGE_SIZE] ALIGNED(PAGE_SIZE);
static pte_t zero_leaves[512] ALIGNED(PAGE_SIZE);
static pte_t zero_tables[512] ALIGNED(PAGE_SIZE);

static uint8_t image_shadow[IMAGE_MAX / 8] ALIGNED(PAGE_SIZE);
static pte_t image_leaves[512] ALIGNED(PAGE_SIZE);
static pte_t image_tables[512] ALIGNED(PAGE_SIZE);

/* Of the direct map: a table for each GiB of shadow, which is 8 GiB of RAM. */
#define RAM_GIBS 2
static pte_t ram_tables[RAM_GIBS][512] ALIGNED(PAGE_SIZE);

/* Of the kmap area, 1 GiB: 128 MiB of shadow, a page at a time. */
static pte_t kmap_tables[512] ALIGNED(PAGE_SIZE);

static pte_t table_pte(const pte_t *table)
{
    return pte_make_branch(kernel_to_phys(table));
}

static pte_t *root_slot(const void *shadow)
{
    return &arch_kernel_pt.root[(uintptr_t)shadow >> PT_LEVEL_SHIFT(2) & 511];
}

static unsigned index_of(const void *shadow, unsigned level)
{
    return (uintptr_t)shadow >> PT_LEVEL_SHIFT(level) & 511;
}

static void map_zeros(void)
{
    for (unsigned i = 0; i < 512; i++) {
        zero_leaves[i] = pte_make(kernel_to_phys(zeros), PT_R | PT_G);
        zero_tables[i] = table_pte(zero_leaves);
    }
    for (uint64_t at = 0; at < SHADOW_SIZE; at += PT_LEVEL_SIZE(2))
        *root_slot((void *)(SHADOW_START + at)) = table_pte(zero_tables);
}

/* A second-level table of its own, all zeros so far, for the GiB of shadow that `shadow` is in. */
static void own_table(pte_t *table, const void *shadow)
{
    for (unsigned i = 0; i < 512; i++)
        table[i] = zero_tables[i];
    *root_slot(shadow) = table_pte(table);
}

static void map_image(void)
{
    uint8_t *shadow = shadow_of(ARCH_KERNEL_BASE);

    own_table(image_tables, shadow);
    image_tables[index_of(shadow, 1)] = table_pte(image_leaves);
    for (unsigned i = 0; i < 512; i++)
        image_leaves[i] = pte_make(kernel_to_phys(image_shadow + i * PAGE_SIZE), PT_RW | PT_G);
}

/* The GiB of shadow that holds the kmap area's holds nothing else that matters. */
static void map_kmap(void)
{
    own_table(kmap_tables, shadow_of(ARCH_KMAP_BASE));
}

static void call_constructors(void)
{
    typedef void (*constructor)(void);
    extern const constructor __kernel_sanitizer_constructors[],
        __kernel_sanitizer_constructors_end[];

    for (const constructor *c = __kernel_sanitizer_constructors;
         c < __kernel_sanitizer_constructors_end; c++)
        (*c)();
}

/* tools/link.sh puts it in kernel_main's place: that one may have arrays on its stack. */
NORETURN void __real_kernel_main(hartid_t boot_hart, paddr_t fdt);
NORETURN void __wrap_kernel_main(hartid_t boot_hart, paddr_t fdt);
void __wrap_kernel_main(hartid_t boot_hart, paddr_t fdt)
{
    map_zeros();
    map_image();
    map_kmap();
    arch_tlb_flush_all();
    shadow_is_on = true;
    call_constructors();
    __real_kernel_main(boot_hart, fdt);
}

void address_ram(paddr_t start, uint64_t size, paddr_t place)
{
    uint64_t pa = place.v, end = place.v + shadow_share(size);
    uint8_t *from = shadow_of((uintptr_t)phys_to_virt(start));
    uint8_t *to = shadow_of((uintptr_t)phys_to_virt(paddr_add(start, size)) - 1);

    for (uint8_t *at = (uint8_t *)ALIGN_DOWN((uintptr_t)from, MIB(2)); at <= to; at += MIB(2)) {
        unsigned gib = (unsigned)(((uintptr_t)at - SHADOW_START) / GIB(1));

        if (gib >= RAM_GIBS || pa == end)
            return; /* beyond it nothing is checked */
        if (*root_slot(at) == table_pte(zero_tables))
            own_table(ram_tables[gib], at);
        if (ram_tables[gib][index_of(at, 1)] != table_pte(zero_leaves))
            continue; /* shared with the range before */
        ram_tables[gib][index_of(at, 1)] = pte_make(PADDR(pa), PT_RW | PT_G);
        arch_tlb_flush_all();
        for (size_t i = 0; i < MIB(2) / 8; i++)
            ((uint64_t *)at)[i] = 0;
        pa += MIB(2);
    }
}

/*
 * The slot of a page of shadow in the kmap area, through a table of its own; NULL: no memory. The
 * loser of a race frees its table.
 */
static pte_t *kmap_slot(const uint8_t *shadow)
{
    pte_t *upper = &kmap_tables[index_of(shadow, 1)];
    pte_t seen = __atomic_load_n(upper, __ATOMIC_ACQUIRE);
    struct frame *f;
    pte_t *table;

    if (seen == table_pte(zero_leaves)) {
        f = frame_alloc(0, 0);
        if (!f)
            return NULL;
        table = frame_to_virt(f);
        for (unsigned i = 0; i < 512; i++)
            table[i] = zero_leaves[i];
        if (__atomic_compare_exchange_n(upper, &seen, pte_make_branch(frame_to_pa(f)), false,
                                        __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
            seen = *upper;
        else
            frame_free(f, 0);
    }
    return (pte_t *)phys_to_virt(pte_to_pa(seen)) + index_of(shadow, 0);
}

/* Without memory the range has no shadow that can be marked. */
bool address_own(const void *start, size_t size)
{
    uint8_t *from = (uint8_t *)ALIGN_DOWN((uintptr_t)shadow_of((uintptr_t)start), PAGE_SIZE);

    for (uint8_t *at = from; at < shadow_of((uintptr_t)start + size); at += PAGE_SIZE) {
        pte_t *slot = kmap_slot(at);
        pte_t none = zero_leaves[0];
        struct frame *f;

        if (!slot)
            return false;
        if (__atomic_load_n(slot, __ATOMIC_ACQUIRE) != none)
            continue;
        f = frame_alloc(0, FRAME_ZERO);
        if (!f)
            return false;
        if (!__atomic_compare_exchange_n(slot, &none, pte_make(frame_to_pa(f), PT_RW | PT_G), false,
                                         __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
            frame_free(f, 0);
        arch_tlb_shootdown_kernel((vaddr_t)(uintptr_t)at, PAGE_SIZE);
    }
    address_allow(start, size);
    return true;
}

/* --- marking ---------------------------------------------------------------------------------- */

/* The shadow of a page of zeros cannot be marked. */
static bool is_marked(const uint8_t *shadow)
{
    unsigned level;
    pte_t pte = arch_pt_query(&arch_kernel_pt, (vaddr_t)(uintptr_t)shadow, &level);

    return pte_has(pte, PT_W);
}

static void fill(uintptr_t start, size_t size, uint8_t value)
{
    uint8_t *from = shadow_of(start), *to = shadow_of(start + size);

    for (uint8_t *at = from; at < to; at++)
        *at = value;
}

void address_allow(const void *start, size_t size)
{
    uintptr_t at = (uintptr_t)start;

    if (!shadow_is_on || size == 0 || !is_marked(shadow_of(at)))
        return;
    fill(at, size & ~7ul, 0);
    if (size & 7)
        *shadow_of(at + size) = (uint8_t)(size & 7);
}

void address_forbid(const void *start, size_t size, uint8_t reason)
{
    uintptr_t at = (uintptr_t)start;

    if (shadow_is_on && size != 0 && is_marked(shadow_of(at)))
        fill(at, size, reason);
}
