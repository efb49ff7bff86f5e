#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <base/errno.h>
#include <fdt/writer.h>

#include "model_config.h"

static struct model_config m;

/*
 * --- capabilities
 * ----------------------------------------------------------------------------------
 */

static void put_capability(uint8_t at, uint8_t id, uint8_t next)
{
    m.bytes[at] = id;
    m.bytes[at + 1] = next;
}

static void capabilities_in_order(void **state)
{
    struct pci_cap_walk walk = {0}, msi = {0};

    model_config_init(&m);
    m.bytes[PCI_CAPABILITIES] = 0x98;
    put_capability(0x98, 0x11, 0x84);
    put_capability(0x84, 0x09, 0x70);
    put_capability(0x70, 0x09, 0x41); /* low bits do not count */
    put_capability(0x40, 0x09, 0);
    assert_int_equal(pci_next_capability(&m.config, &walk, 0x09),
                     0); /* the status says that there is no list */
    m.bytes[PCI_STATUS] = 0x10;
    walk = (struct pci_cap_walk){0};
    assert_int_equal(pci_next_capability(&m.config, &walk, 0x09), 0x84);
    assert_int_equal(pci_next_capability(&m.config, &walk, 0x09), 0x70);
    assert_int_equal(pci_next_capability(&m.config, &walk, 0x09), 0x40);
    assert_int_equal(pci_next_capability(&m.config, &walk, 0x09), 0);
    assert_int_equal(pci_next_capability(&m.config, &walk, 0x09), 0);
    assert_int_equal(pci_next_capability(&m.config, &msi, 0x11), 0x98);
    assert_int_equal(pci_next_capability(&m.config, &msi, 0x11), 0);
}

static void capabilities_in_a_circle(void **state)
{
    struct pci_cap_walk walk = {0};
    unsigned nr = 0;

    model_config_init(&m);
    m.bytes[PCI_STATUS] = 0x10;
    m.bytes[PCI_CAPABILITIES] = 0x50;
    put_capability(0x50, 0x09, 0x60);
    put_capability(0x60, 0x09, 0x50);
    while (pci_next_capability(&m.config, &walk, 0x09) != 0)
        assert_true(++nr < 1000);
    walk = (struct pci_cap_walk){0};
    assert_int_equal(pci_next_capability(&m.config, &walk, 0x05), 0);
    m.bytes[PCI_CAPABILITIES] = 0x20; /* into the header */
    walk = (struct pci_cap_walk){0};
    assert_int_equal(pci_next_capability(&m.config, &walk, 0x09), 0);
    m.bytes[PCI_CAPABILITIES] = 0xff;
    put_capability(0xfc, 0x33, 0xff);
    walk = (struct pci_cap_walk){0};
    assert_int_equal(pci_next_capability(&m.config, &walk, 0x09), 0);
}

/*
 * --- base address registers ---------------------------------------------------------------------
 */

static void set_bar(unsigned bar, uint32_t flags, uint64_t size)
{
    memcpy(m.bytes + PCI_BAR0 + 4 * bar, &flags, 4);
    m.bar_mask[bar] = (uint32_t)-size & ~0xfu;
    if ((flags & 6) == 4 && bar + 1 < PCI_BARS)
        m.bar_mask[bar + 1] = (uint32_t)(-size >> 32);
}

static uint64_t bar_value(unsigned bar, bool is_64)
{
    uint64_t value = 0;
    memcpy(&value, m.bytes + PCI_BAR0 + 4 * bar, is_64 ? 8 : 4);
    return value & ~0xfull;
}

static struct pci_windows two_windows(void)
{
    return (struct pci_windows){
        2, {{0x40001000, 0x50001000, 0x3ffff000, 0}, {0x400000000, 0x800000000, 0x400000000, 0}}};
}

static void bars_are_sized_and_placed(void **state)
{
    struct pci_windows w = two_windows();
    struct pci_bar bars[PCI_BARS];

    model_config_init(&m);
    m.bytes[PCI_COMMAND] = 3;
    set_bar(0, 0x1, 0x100);       /* I/O: left out */
    set_bar(1, 0x0, 0x1000);      /* 32 bits */
    set_bar(2, 0xc, 0x4000);      /* 64 bits, prefetchable */
    set_bar(4, 0x4, 0x100000000); /* fits the second window only */
    assert_int_equal(pci_assign_bars(&m.config, &w, bars), 0);
    assert_int_equal(m.bytes[PCI_COMMAND], 0);
    assert_int_equal(bars[0].size, 0);
    assert_int_equal(bars[1].size, 0x1000);
    assert_int_equal(bars[1].base.v, 0x50001000);
    assert_int_equal(bar_value(1, false), 0x40001000);
    assert_int_equal(bars[2].size, 0x4000);
    assert_int_equal(bars[2].base.v, 0x50004000); /* aligned to its size on the bus */
    assert_int_equal(bar_value(2, true), 0x40004000);
    assert_int_equal(bars[3].size, 0);
    assert_int_equal(bars[4].size, 0x100000000);
    assert_int_equal(bars[4].base.v, 0x800000000);
    assert_int_equal(bar_value(4, true), 0x400000000);
}

static void bars_that_do_not_fit(void **state)
{
    struct pci_windows w = {1, {{0x40000000, 0x40000000, 0x2000, 0}}};
    struct pci_bar bars[PCI_BARS];

    model_config_init(&m);
    set_bar(0, 0, 0x1000);
    set_bar(1, 0, 0x10000);
    set_bar(2, 0, 0x1000);
    set_bar(3, 0, 0x1000);
    set_bar(5, 4, 0x1000); /* 64 bits in the last register */
    assert_int_equal(pci_assign_bars(&m.config, &w, bars), 1 << 1 | 1 << 3 | 1 << 5);
    assert_int_equal(bars[2].base.v, 0x40001000);

    model_config_init(&m);
    w.windows[0].used = 0;
    set_bar(0, 0, 0x1000);
    m.bar_mask[0] = 0xff0ff000; /* not a size */
    assert_int_equal(pci_assign_bars(&m.config, &w, bars), 1);

    struct pci_windows high = {1, {{0x400000000, 0x400000000, 0x10000, 0}}};
    model_config_init(&m);
    set_bar(0, 0, 0x1000); /* a 32-bit register cannot hold the address */
    assert_int_equal(pci_assign_bars(&m.config, &high, bars), 1);
}

/*
 * --- the device tree
 * -------------------------------------------------------------------------------
 */

static uint8_t blob[4096] ALIGNED(8);
static struct fdt fdt;
static struct fdt_node host;

/* A tree with a PLIC without unit address, another controller with one, and a host bridge. */
static void write_tree(const uint32_t *map, size_t nr_map, const uint32_t *ranges, size_t nr_ranges)
{
    static const uint32_t mask[] = {0x1800, 0, 0, 7};
    struct fdt_writer w;
    size_t total;

    fdt_writer_init(&w, blob, sizeof(blob));
    fdt_write_begin(&w, "");
    fdt_write_u32(&w, "#address-cells", 2);
    fdt_write_u32(&w, "#size-cells", 2);
    fdt_write_begin(&w, "plic");
    fdt_write_u32(&w, "#interrupt-cells", 1);
    fdt_write_u32(&w, "phandle", 3);
    fdt_write_end(&w);
    fdt_write_begin(&w, "other");
    fdt_write_u32(&w, "#interrupt-cells", 2);
    fdt_write_u32(&w, "#address-cells", 1);
    fdt_write_u32(&w, "phandle", 4);
    fdt_write_end(&w);
    fdt_write_begin(&w, "pci");
    fdt_write_string(&w, "compatible", "pci-host-ecam-generic");
    fdt_write_u32(&w, "#address-cells", 3);
    fdt_write_u32(&w, "#size-cells", 2);
    fdt_write_cells(&w, "interrupt-map-mask", mask, 4);
    fdt_write_cells(&w, "interrupt-map", map, nr_map);
    fdt_write_cells(&w, "ranges", ranges, nr_ranges);
    fdt_write_end(&w);
    fdt_write_end(&w);
    assert_int_equal(fdt_writer_finish(&w, &total), 0);
    assert_int_equal(fdt_open(&fdt, blob, total), 0);
    assert_int_equal(fdt_find_compatible(&fdt, 0, "pci-host-ecam-generic", &host), 0);
}

static void interrupt_map(void **state)
{
    static const uint32_t map[] = {
        0x0000, 0, 0, 1, 3,  0x20, 0x0000, 0,      0, 2, 3, 0x21, 0x0800,
        0,      0, 1, 4, 99, 0x22, 4,      0x0800, 0, 0, 2, 3,    0x23,
    };
    uint32_t irq;

    write_tree(map, ARRAY_SIZE(map), NULL, 0);
    assert_int_equal(pci_interrupt_line(&fdt, &host, 0, 1, &irq), 0);
    assert_int_equal(irq, 0x20);
    assert_int_equal(pci_interrupt_line(&fdt, &host, 4, 2, &irq),
                     0); /* the mask keeps two bits of the slot */
    assert_int_equal(irq, 0x21);
    assert_int_equal(pci_interrupt_line(&fdt, &host, 1, 1, &irq), 0);
    assert_int_equal(irq, 0x22);
    assert_int_equal(pci_interrupt_line(&fdt, &host, 1, 2, &irq), 0);
    assert_int_equal(irq, 0x23);
    assert_int_equal(pci_interrupt_line(&fdt, &host, 1, 3, &irq), -ENOENT);
    for (size_t n = 1; n < ARRAY_SIZE(map); n++) {
        write_tree(map, n, NULL, 0);
        int error = pci_interrupt_line(&fdt, &host, 3, 4, &irq);
        assert_true(error == -ENOENT || error == -EBADMSG);
    }
    static const uint32_t unknown_parent[] = {0, 0, 0, 1, 77, 0x20};
    write_tree(unknown_parent, 6, NULL, 0);
    assert_int_equal(pci_interrupt_line(&fdt, &host, 0, 1, &irq), -EBADMSG);
}

static void windows(void **state)
{
    static const uint32_t ranges[] = {
        0x03000000, 4,          0,          4, 0,          4, 0, /* 64 bits, first in the tree */
        0x01000000, 0,          0,          0, 0x3000000,  0, 0x10000, /* I/O */
        0x02000000, 0,          0x40000000, 0, 0x40000000, 0, 0x40000000,
        0x02000000, 0,          0,          0, 0,          0, 0, /* empty */
        0x43000000, 0xffffffff, 0,          0, 0,          1, 0, /* past the end of everything */
    };
    struct pci_windows w;
    struct fdt_prop prop;

    write_tree(ranges, 0, ranges, ARRAY_SIZE(ranges));
    assert_int_equal(fdt_prop_find(&fdt, &host, "ranges", &prop), 0);
    pci_windows_read(&w, &host, &prop);
    assert_int_equal(w.nr, 2);
    assert_int_equal(w.windows[0].pci, 0x40000000);
    assert_int_equal(w.windows[1].pci, 0x400000000);
    assert_int_equal(w.windows[1].size, 0x400000000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(capabilities_in_order),
        cmocka_unit_test(capabilities_in_a_circle),
        cmocka_unit_test(bars_are_sized_and_placed),
        cmocka_unit_test(bars_that_do_not_fit),
        cmocka_unit_test(interrupt_map),
        cmocka_unit_test(windows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
