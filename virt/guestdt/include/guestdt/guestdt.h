/*
 * Builds the device tree that a guest boots with.
 *
 * The machine is laid out like QEMU's virt, so that images for that machine run unchanged: RAM at
 * 0x8000_0000, a 16550 at 0x1000_0000, a PLIC at 0x0c00_0000. Bindings: Linux's
 * Documentation/devicetree/bindings/riscv/cpus.yaml, interrupt-controller/sifive,plic-1.0.0.yaml,
 * serial/8250.yaml, mtd/mtd-physmap.yaml.
 *
 * The ISA string is made from a table (isa.c): an extension is advertised only where the hart has
 * it and the hypervisor lets guests use it.
 */
#ifndef GUESTDT_GUESTDT_H
#define GUESTDT_GUESTDT_H

#include <base/compiler.h>
#include <base/types.h>

#define GUESTDT_RAM_BASE  0x80000000ul
#define GUESTDT_UART_BASE 0x10000000ul
#define GUESTDT_UART_IRQ  10u
#define GUESTDT_PLIC_BASE 0x0c000000ul
#define GUESTDT_PLIC_SIZE 0x600000ul
#define GUESTDT_NR_IRQS   95u
#define GUESTDT_FLASH_MAX 2
#define GUESTDT_ISA_MAX   128
#define GUESTDT_SEED_SIZE 32u

/* Upper bound of the size of any tree. */
#define GUESTDT_SIZE_MAX KIB(16)

struct guestdt_range {
    gpa_t base;
    uint64_t size;
};

struct guestdt {
    unsigned nr_harts; /* ids 0 to nr_harts - 1 */
    uint64_t ram_size;
    uint64_t timebase_hz;
    uint64_t features; /* bits ARCH_FEATURE_* */
    bool has_sstc;
    bool has_uart; /* and a PLIC, which it needs */
    struct guestdt_range flash[GUESTDT_FLASH_MAX];
    unsigned nr_flash;
    const char *bootargs;        /* not NULL */
    struct guestdt_range initrd; /* size 0: none */
    const char *model;           /* the guest's name */
    const uint8_t *seed;         /* GUESTDT_SEED_SIZE random bytes, or NULL */
};

/* Write the tree to buf (8-aligned). 0 and its size in *total, or -ENOSPC. */
int guestdt_write(const struct guestdt *machine, void *buf, size_t size, size_t *total) MUST_CHECK;

/* Build the ISA string of a guest's harts; features: bits ARCH_FEATURE_*. */
void guestdt_isa(uint64_t features, bool has_sstc, char isa[GUESTDT_ISA_MAX]);

#endif
