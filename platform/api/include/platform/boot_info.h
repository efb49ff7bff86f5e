/*
 * The machine as the firmware's device tree describes it, read in one pass at boot and checked.
 *
 * Contract `platform`; provider platform/qemu-virt. A tree that is malformed or lacks memory ends
 * the boot with one line; a bad property is skipped with one warning.
 */
#ifndef PLATFORM_BOOT_INFO_H
#define PLATFORM_BOOT_INFO_H

#include <arch/smp.h>
#include <base/types.h>
#include <fdt/fdt.h>

#define BOOT_MAX_MEMORY   8
#define BOOT_MAX_RESERVED 24
#define BOOT_MAX_WARNINGS 8

struct boot_range {
    paddr_t start;
    uint64_t size; /* bytes */
};

struct boot_info {
    struct fdt fdt; /* the tree, in the direct map; stays readable for ever */
    paddr_t fdt_pa;
    struct boot_range memory[BOOT_MAX_MEMORY]; /* RAM, page aligned, ascending, disjoint, mapped */
    unsigned nr_memory;
    /* Must not be allocated: firmware, kernel image, tree, initrd. May overlap. */
    struct boot_range reserved[BOOT_MAX_RESERVED];
    unsigned nr_reserved;
    struct boot_range initrd; /* size 0: none */
    const char *bootargs;     /* "" if absent; in the tree */
    uint64_t timebase_hz;
    hartid_t boot_hart;
    hartid_t harts[NR_CPUS_MAX]; /* usable harts, the boot hart first */
    unsigned nr_harts;
    uint32_t intc_phandles[NR_CPUS_MAX]; /* of each hart's interrupt controller node; 0: none */
    uint32_t cboz_block;                 /* riscv,cboz-block-size of the boot hart; 0: absent */
    /* riscv,isa or else riscv,isa-extensions of each hart; value NULL: both absent. */
    struct fdt_prop isa_props[NR_CPUS_MAX];
    uint8_t seed[32]; /* /chosen/rng-seed, zero-filled; mixed into the random pool, then erased */
    unsigned seed_size;
    const char *model; /* "" if absent */
    /* Non-fatal faults, a line each; the kernel logs them. */
    const char *warnings[BOOT_MAX_WARNINGS];
    unsigned nr_warnings;
};

extern struct boot_info boot_info;

/*
 * Read the tree, map all RAM and configure the arch layer (harts, features); first step of
 * kernel_main. Returns NULL, or in a few words why this machine cannot be used.
 */
const char *platform_init(hartid_t boot_hart, paddr_t fdt) MUST_CHECK;

/*
 * Find the register of a "sifive,test1", which can report a failure; 0 if the tree has none, or is
 * not read yet. Any context.
 */
paddr_t platform_test_finisher(void);

#endif
