/*
 * Builds the first page tables, with paging off: the kernel image at its link address, page by page
 * with the rights of its sections; the same memory in the direct map, where code and constants are
 * read-only; the device tree in the direct map. RAM is added once the tree has been read
 * (arch_direct_map_add()).
 *
 * Runs at physical addresses: no switch tables, no pointers in initialised data, nothing that was
 * linked absolutely.
 */
#include <arch/memory.h>
#include <arch/power.h>
#include <arch/smp.h>
#include <paging/boot_tables.h>
#include <riscv/asm.h>
#include <riscv/csr.h>

#include "map.h"

/* Largest accepted tree. QEMU's is about 8 KiB, its buffer 1 MiB. */
#define FDT_MAX_SIZE MIB(2)
#define FDT_MAGIC_LE 0xedfe0dd0u

static void put(const char *s)
{
    while (*s != '\0')
        arch_early_putchar(*s++);
}

static void put_hex(uint64_t value)
{
    for (int shift = 60; shift >= 0; shift -= 4) {
        unsigned digit = value >> shift & 15;

        arch_early_putchar((char)(digit < 10 ? '0' + digit : 'a' + digit - 10));
    }
}

void boot_die(const char *reason, uint64_t a, uint64_t b)
{
    put("trine: ");
    put(reason);
    put(" 0x");
    put_hex(a);
    put(" 0x");
    put_hex(b);
    put("\r\n");
    arch_poweroff(true);
}

static uint32_t swap32(uint32_t x)
{
    return x >> 24 | (x >> 8 & 0xff00) | (x << 8 & 0xff0000) | x << 24;
}

static pte_t *table_or_die(void)
{
    pte_t *table = boot_table_alloc();

    if (!table)
        boot_die("image too large for the boot's page tables", 0, 0);
    return table;
}

/* Get the slot for va at `level`, allocating tables; with paging off they are accessed by pa. */
static pte_t *slot_at(pte_t *root, vaddr_t va, unsigned level)
{
    pte_t *table = root;

    for (unsigned l = 2; l > level; l--) {
        pte_t *slot = &table[va >> PT_LEVEL_SHIFT(l) & 511];

        if (!(*slot & PT_V))
            *slot = (uintptr_t)table_or_die() >> PAGE_SHIFT << 10 | PT_V;
        table = (pte_t *)(uintptr_t)pte_to_pa(*slot).v;
    }
    return &table[va >> PT_LEVEL_SHIFT(level) & 511];
}

static pte_t leaf(uint64_t pa, pte_t rights)
{
    return pa >> PAGE_SHIFT << 10 | PT_V | PT_G | PT_A | PT_D | rights;
}

/* Map every page of the image at its link address and in the direct map; there also the memory that
 * follows it. */
static void map_image(pte_t *root, uint64_t load, uint64_t offset)
{
    uint64_t text_end = ALIGN_UP((uintptr_t)image_text_end, PAGE_SIZE);
    uint64_t data = (uintptr_t)image_data_start;
    uint64_t guard = (uintptr_t)boot_stack - PAGE_SIZE;
    pte_t *high = NULL;
    pte_t *direct = NULL;
    uint64_t pa = load;

    for (; pa < (uintptr_t)image_end; pa += PAGE_SIZE) {
        pte_t rights = pa < text_end ? PT_RX : pa < data ? PT_R : PT_RW;

        if ((pa & (MIB(2) - 1)) == 0) {
            high = slot_at(root, pa + offset, 0);
            direct = slot_at(root, pa + ARCH_DIRECT_MAP_BASE, 0);
        }
        *high++ = pa == guard ? 0 : leaf(pa, rights);
        *direct++ = leaf(pa, rights & ~PT_X);
    }
    for (; (pa & (MIB(2) - 1)) != 0; pa += PAGE_SIZE)
        *direct++ = leaf(pa, PT_RW);
}

static void map_fdt(pte_t *root, uint64_t fdt)
{
    const uint32_t *header = (const uint32_t *)(uintptr_t)fdt;

    if (fdt == 0 || (fdt & 7) != 0 || fdt >= ARCH_DIRECT_MAP_SIZE)
        boot_die("the firmware gave no device tree, but", fdt, 0);
    if (header[0] != FDT_MAGIC_LE)
        boot_die("no device tree there, but", fdt, header[0]);
    uint64_t size = swap32(header[1]);

    if (size > FDT_MAX_SIZE)
        boot_die("the device tree is too large, at", fdt, size);
    for (uint64_t pa = ALIGN_DOWN(fdt, PAGE_SIZE); pa < fdt + size;) {
        pte_t *slot = slot_at(root, pa + ARCH_DIRECT_MAP_BASE, 1);

        if ((*slot & PT_V) && !pte_is_leaf(*slot)) {
            /* It shares 2 MiB with the image and is mapped already. */
        } else {
            *slot = ALIGN_DOWN(pa, MIB(2)) >> PAGE_SHIFT << 10 | PT_V | PT_RW | PT_G | PT_A | PT_D;
        }
        pa = ALIGN_DOWN(pa, MIB(2)) + MIB(2);
    }
}

struct boot_mapped boot_map(uint64_t fdt)
{
    uint64_t load = (uintptr_t)image_start;
    uint64_t offset = ARCH_KERNEL_BASE - load;
    pte_t *root = table_or_die();

    if ((load & (MIB(2) - 1)) != 0)
        boot_die("loaded at an address that is no multiple of 2 MiB:", load, 0);
    map_image(root, load, offset);
    map_fdt(root, fdt);
    arch_kernel_offset = offset;
    arch_kernel_pt.root = (pte_t *)((uintptr_t)root + ARCH_DIRECT_MAP_BASE);
    /*
     * Second-level tables that every address space shares by copying the root's upper half: they
     * must exist before the first copy. One GiB of vmemmap describes 128 GiB of RAM; one GiB of
     * kmap is 65536 stacks.
     */
    slot_at(root, ARCH_VMEMMAP_BASE, 1);
    slot_at(root, ARCH_KMAP_BASE, 1);
    return (struct boot_mapped){
        .satp = SATP_MODE_SV39 | (uintptr_t)root >> PAGE_SHIFT,
        .offset = offset,
    };
}
