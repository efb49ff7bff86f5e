/*
 * lib/fdt: reads back what the writer wrote, and survives every truncation and every flipped bit of
 * it. One file: what is written, read back and damaged is the same tree.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <base/errno.h>
#include <fdt/fdt.h>
#include <fdt/writer.h>

static uint8_t sample[4096] ALIGNED(8);
static size_t sample_size;

/* A small machine: a bus that maps 1:1, one that translates, one that cannot be reached. */
static int write_sample(void *buf, size_t size, size_t *total)
{
    struct fdt_writer w;

    fdt_writer_init(&w, buf, size);
    w.boot_hart = 3;
    fdt_write_reservation(&w, PADDR(0x80000000), 0x40000);
    fdt_write_reservation(&w, PADDR(0x123456789000), 0x1000);
    fdt_write_begin(&w, "");
    fdt_write_u32(&w, "#address-cells", 2);
    fdt_write_u32(&w, "#size-cells", 2);
    fdt_write_strings(&w, "compatible", (const char *const[]){"trine,board", "riscv-virtio"}, 2);
    fdt_write_u32(&w, "interrupt-parent", 9);

    fdt_write_begin(&w, "aliases");
    fdt_write_string(&w, "serial0", "/soc/serial@10000000");
    fdt_write_end(&w);

    fdt_write_begin(&w, "chosen");
    fdt_write_string(&w, "bootargs", "loglevel=3");
    fdt_write_u64(&w, "linux,initrd-start", 0x84000000);
    fdt_write_end(&w);

    fdt_write_begin_at(&w, "memory", 0x80000000);
    fdt_write_string(&w, "device_type", "memory");
    fdt_write_reg(&w, (uint64_t[]){0x80000000, 0x8000000, 0x100000000, 0x40000000}, 2);
    fdt_write_end(&w);

    fdt_write_begin(&w, "cpus");
    fdt_write_u32(&w, "#address-cells", 1);
    fdt_write_u32(&w, "#size-cells", 0);
    fdt_write_begin(&w, "cpu@3");
    fdt_write_u32(&w, "reg", 3);
    fdt_write_string(&w, "status", "disabled");
    fdt_write_end(&w);
    fdt_write_end(&w);

    fdt_write_begin(&w, "soc");
    fdt_write_u32(&w, "#address-cells", 2);
    fdt_write_u32(&w, "#size-cells", 2);
    fdt_write_flag(&w, "ranges");
    fdt_write_begin(&w, "serial@10000000");
    fdt_write_strings(&w, "compatible", (const char *const[]){"ns16550a", "ns16550"}, 2);
    fdt_write_reg(&w, (uint64_t[]){0x10000000, 0x100}, 1);
    fdt_write_u32(&w, "interrupts", 10);
    fdt_write_u32(&w, "interrupt-parent", 5);
    fdt_write_string(&w, "status", "okay");
    fdt_write_end(&w);
    fdt_write_begin(&w, "plic@c000000");
    fdt_write_u32(&w, "phandle", 5);
    fdt_write_reg(&w, (uint64_t[]){0xc000000, 0x600000}, 1);
    fdt_write_end(&w);
    fdt_write_end(&w);

    fdt_write_begin(&w, "bus@40000000");
    fdt_write_u32(&w, "#address-cells", 1);
    fdt_write_u32(&w, "#size-cells", 1);
    /* [0x1000, +0x100) at 0x4000_0000, [0x2000, +0x100) at 0x5000_0000 */
    fdt_write_cells(&w, "ranges",
                    (uint32_t[]){0x1000, 0, 0x40000000, 0x100, 0x2000, 0, 0x50000000, 0x100}, 8);
    fdt_write_begin(&w, "dev@2010");
    fdt_write_cells(&w, "reg", (uint32_t[]){0x2010, 0x10, 0x20f8, 0x10}, 4);
    fdt_write_end(&w);
    fdt_write_end(&w);
    fdt_write_end(&w);
    return fdt_writer_finish(&w, total);
}

static struct fdt sample_open(void)
{
    struct fdt fdt;

    assert_int_equal(write_sample(sample, sizeof(sample), &sample_size), 0);
    assert_int_equal(fdt_open(&fdt, sample, sample_size), 0);
    return fdt;
}

static void test_walk(void **state)
{
    static const char *const names[] = {
        "",    "aliases",         "chosen",       "memory@80000000", "cpus",    "cpu@3",
        "soc", "serial@10000000", "plic@c000000", "bus@40000000",    "dev@2010"};
    static const int depths[] = {0, 1, 1, 1, 1, 2, 1, 2, 2, 1, 2};
    struct fdt fdt = sample_open();
    struct fdt_walk walk;
    struct fdt_node node;
    size_t i = 0;

    (void)state;
    assert_int_equal(fdt.boot_hart, 3);
    assert_int_equal(fdt_blob_size(sample), sample_size);
    fdt_walk_init(&walk, &fdt);
    while (fdt_walk_next(&walk, &node) > 0) {
        assert_string_equal(node.name, names[i]);
        assert_int_equal(node.depth, depths[i]);
        i++;
    }
    assert_int_equal(i, ARRAY_SIZE(names));
    assert_int_equal(fdt_walk_next(&walk, &node), 0);
    i = 0;
    fdt_walk_init(&walk, &fdt);
    while (fdt_walk_next(&walk, &node) > 0) {
        if (node.depth == 1) {
            assert_int_equal(fdt_walk_skip(&walk, &node), 0);
            i++;
        }
    }
    assert_int_equal(i, 6);
}

static void test_find(void **state)
{
    struct fdt fdt = sample_open();
    struct fdt_node node, other;

    (void)state;
    assert_int_equal(fdt_find_path(&fdt, "/soc/serial@10000000", &node), 0);
    assert_true(fdt_node_is_compatible(&node, "ns16550"));
    assert_true(fdt_node_is_compatible(&node, "ns16550a"));
    assert_false(fdt_node_is_compatible(&node, "ns1655"));
    assert_true(fdt_node_is_enabled(&node));
    assert_true(fdt_node_is_named(&node, "serial"));
    assert_false(fdt_node_is_named(&node, "ser"));
    assert_int_equal(node.interrupt_parent, 5);
    assert_int_equal(fdt_find_path(&fdt, "serial0:115200n8", &other), 0);
    assert_int_equal(other.offset, node.offset);
    assert_int_equal(fdt_find_path(&fdt, "/soc/serial", &other), 0);
    assert_int_equal(other.offset, node.offset);
    assert_int_equal(fdt_find_path(&fdt, "//soc//serial/", &other), 0);
    assert_int_equal(other.offset, node.offset);
    assert_int_equal(fdt_find_path(&fdt, "/soc/serial@1", &other), -ENOENT);
    assert_int_equal(fdt_find_path(&fdt, "/soc/seria", &other), -ENOENT);
    assert_int_equal(fdt_find_path(&fdt, "/serial", &other), -ENOENT);
    assert_int_equal(fdt_find_path(&fdt, "serial1", &other), -ENOENT);
    assert_int_equal(fdt_find_path(&fdt, "", &other), -ENOENT);
    assert_int_equal(fdt_find_path(&fdt, "/", &other), 0);
    assert_int_equal(other.depth, 0);
    assert_int_equal(fdt_find_phandle(&fdt, 5, &other), 0);
    assert_string_equal(other.name, "plic@c000000");
    assert_int_equal(other.interrupt_parent, 9);
    assert_int_equal(fdt_find_phandle(&fdt, 6, &other), -ENOENT);
    assert_int_equal(fdt_find_phandle(&fdt, 0, &other), -ENOENT);
    assert_int_equal(fdt_find_compatible(&fdt, 0, "ns16550a", &other), 0);
    assert_int_equal(other.offset, node.offset);
    assert_int_equal(fdt_find_compatible(&fdt, node.offset, "ns16550a", &other), -ENOENT);
    assert_int_equal(fdt_find_path(&fdt, "/cpus/cpu@3", &node), 0);
    assert_false(fdt_node_is_enabled(&node));
}

static void test_values(void **state)
{
    struct fdt fdt = sample_open();
    struct fdt_node node;
    struct fdt_prop prop;
    uint64_t addr, size;
    uint32_t value;

    (void)state;
    assert_int_equal(fdt_find_path(&fdt, "/chosen", &node), 0);
    assert_string_equal(fdt_node_string(&fdt, &node, "bootargs"), "loglevel=3");
    assert_null(fdt_node_string(&fdt, &node, "stdout-path"));
    assert_int_equal(fdt_node_u64(&fdt, &node, "linux,initrd-start", &addr), 0);
    assert_int_equal(addr, 0x84000000);
    assert_int_equal(fdt_node_u64(&fdt, &node, "linux,initrd-end", &addr), -ENOENT);
    assert_int_equal(fdt_node_u64(&fdt, &node, "bootargs", &addr), -EBADMSG);
    assert_int_equal(fdt_find_path(&fdt, "/memory", &node), 0);
    assert_int_equal(fdt_reg(&node, 1, &addr, &size), 0);
    assert_int_equal(addr, 0x100000000);
    assert_int_equal(size, 0x40000000);
    assert_int_equal(fdt_reg(&node, 2, &addr, &size), -ENOENT);
    assert_int_equal(fdt_find_path(&fdt, "/cpus/cpu", &node), 0);
    assert_int_equal(fdt_reg(&node, 0, &addr, &size), 0);
    assert_int_equal(addr, 3);
    assert_int_equal(size, 0);
    assert_int_equal(fdt_find_path(&fdt, "/soc/serial", &node), 0);
    assert_int_equal(fdt_node_u32(&fdt, &node, "interrupts", &value), 0);
    assert_int_equal(value, 10);
    assert_int_equal(fdt_prop_find(&fdt, &node, "compatible", &prop), 0);
    assert_string_equal(fdt_prop_string(&prop, 1), "ns16550");
    assert_null(fdt_prop_string(&prop, 2));
    prop.size--; /* the last string loses its terminator */
    assert_string_equal(fdt_prop_string(&prop, 0), "ns16550a");
    assert_null(fdt_prop_string(&prop, 1));
    assert_false(fdt_prop_has_string(&prop, "ns16550"));
    assert_true(fdt_prop_has_string(&prop, "ns16550a"));
}

static void test_translation(void **state)
{
    struct fdt fdt = sample_open();
    struct fdt_node node;
    uint64_t size;
    paddr_t addr;

    (void)state;
    assert_int_equal(fdt_find_path(&fdt, "/soc/serial", &node), 0);
    assert_true(node.is_identity);
    assert_int_equal(fdt_reg_phys(&fdt, &node, 0, &addr, &size), 0);
    assert_int_equal(addr.v, 0x10000000);
    assert_int_equal(size, 0x100);
    assert_int_equal(fdt_find_path(&fdt, "/bus/dev", &node), 0);
    assert_false(node.is_identity);
    assert_int_equal(fdt_reg_phys(&fdt, &node, 0, &addr, &size), 0);
    assert_int_equal(addr.v, 0x50000010);
    assert_int_equal(size, 0x10);
    assert_int_equal(fdt_reg_phys(&fdt, &node, 1, &addr, &size), -ERANGE);
    assert_int_equal(fdt_reg_phys(&fdt, &node, 2, &addr, &size), -ENOENT);
    assert_int_equal(fdt_find_path(&fdt, "/cpus/cpu", &node), 0);
    assert_int_equal(fdt_reg_phys(&fdt, &node, 0, &addr, &size), -ENOENT);
    assert_int_equal(fdt_find_path(&fdt, "/memory", &node), 0);
    assert_int_equal(fdt_reg_phys(&fdt, &node, 1, &addr, &size), 0);
    assert_int_equal(addr.v, 0x100000000);
}

static void test_reservations(void **state)
{
    struct fdt fdt = sample_open();
    uint64_t size;
    paddr_t addr;

    (void)state;
    assert_int_equal(fdt_reservation(&fdt, 0, &addr, &size), 0);
    assert_int_equal(addr.v, 0x80000000);
    assert_int_equal(fdt_reservation(&fdt, 1, &addr, &size), 0);
    assert_int_equal(addr.v, 0x123456789000);
    assert_int_equal(size, 0x1000);
    assert_int_equal(fdt_reservation(&fdt, 2, &addr, &size), -ENOENT);
}

/* dtc reads what we write, and complains about nothing. */
static void test_dtc_accepts(void **state)
{
    char path[] = "/tmp/fdt_testXXXXXX";
    char command[128];
    int fd = mkstemp(path);
    FILE *file = fdopen(fd, "wb");

    (void)state;
    sample_open();
    assert_non_null(file);
    assert_int_equal(fwrite(sample, 1, sample_size, file), sample_size);
    assert_int_equal(fclose(file), 0);
    snprintf(command, sizeof(command), "dtc -q -I dtb -O dts -o /dev/null %s", path);
    assert_int_equal(system(command), 0);
    remove(path);
}

static void test_writer_errors(void **state)
{
    static uint8_t buf[4096] ALIGNED(8);
    struct fdt_writer w;
    size_t total;

    (void)state;
    sample_open();
    for (size_t size = 0; size < sample_size + 64; size++) {
        /* A heap block of just this size: the sanitizer sees what is written behind it. */
        void *block = malloc(size ? size : 1);
        int rc = write_sample(block, size, &total);

        assert_true(rc == 0 || rc == -ENOSPC);
        if (rc == 0) {
            assert_int_equal(total, sample_size);
            assert_memory_equal(block, sample, total);
        }
        assert_int_equal(rc == 0, size >= sample_size);
        free(block);
    }
    fdt_writer_init(&w, buf, sizeof(buf));
    assert_int_equal(fdt_writer_finish(&w, &total), -EINVAL); /* no root */
    fdt_writer_init(&w, buf, sizeof(buf));
    fdt_write_begin(&w, "");
    assert_int_equal(fdt_writer_finish(&w, &total), -EINVAL); /* open */
    fdt_writer_init(&w, buf, sizeof(buf));
    fdt_write_begin(&w, "");
    fdt_write_begin(&w, "a");
    fdt_write_end(&w);
    fdt_write_flag(&w, "late");
    fdt_write_end(&w);
    assert_int_equal(fdt_writer_finish(&w, &total), -EINVAL); /* property behind a child */
    fdt_writer_init(&w, buf, sizeof(buf));
    fdt_write_begin(&w, "");
    fdt_write_end(&w);
    fdt_write_begin(&w, "");
    fdt_write_end(&w);
    assert_int_equal(fdt_writer_finish(&w, &total), -EINVAL); /* two roots */
    fdt_writer_init(&w, buf, sizeof(buf));
    fdt_write_end(&w);
    assert_int_equal(fdt_writer_finish(&w, &total), -EINVAL);
}

static enum fdt_edit edit_node(void *ctx, const struct fdt_node *node)
{
    (void)ctx;
    return fdt_node_is_named(node, "cpus") ? FDT_DROP : FDT_KEEP;
}

static enum fdt_edit edit_prop(void *ctx, const struct fdt_node *node, const struct fdt_prop *prop,
                               struct fdt_writer *w)
{
    (void)ctx;
    if (fdt_node_is_named(node, "chosen") && strcmp(prop->name, "bootargs") == 0) {
        fdt_write_string(w, "bootargs", "quiet");
        return FDT_DROP;
    }
    return FDT_KEEP;
}

static void edit_more_props(void *ctx, const struct fdt_node *node, struct fdt_writer *w)
{
    (void)ctx;
    if (fdt_node_is_named(node, "soc"))
        fdt_write_flag(w, "dma-coherent");
}

static void edit_more_nodes(void *ctx, const char *name, int depth, struct fdt_writer *w)
{
    (void)ctx;
    (void)name;
    if (depth == 0) {
        fdt_write_begin(w, "hypervisor");
        fdt_write_end(w);
    }
}

static void test_copy_edits(void **state)
{
    static const struct fdt_filter filter = {edit_node, edit_prop, edit_more_props,
                                             edit_more_nodes};
    static uint8_t buf[4096] ALIGNED(8);
    struct fdt fdt = sample_open(), copy;
    struct fdt_node root, node;
    struct fdt_prop prop;
    struct fdt_writer w;
    size_t total;

    (void)state;
    assert_int_equal(fdt_find_path(&fdt, "/", &root), 0);
    fdt_writer_init(&w, buf, sizeof(buf));
    assert_int_equal(fdt_write_copy(&w, &fdt, &root, &filter, NULL), 0);
    assert_int_equal(fdt_writer_finish(&w, &total), 0);
    assert_int_equal(fdt_open(&copy, buf, total), 0);
    assert_int_equal(fdt_find_path(&copy, "/cpus", &node), -ENOENT);
    assert_int_equal(fdt_find_path(&copy, "/hypervisor", &node), 0);
    assert_int_equal(fdt_find_path(&copy, "/chosen", &node), 0);
    assert_string_equal(fdt_node_string(&copy, &node, "bootargs"), "quiet");
    assert_int_equal(fdt_find_path(&copy, "/soc", &node), 0);
    assert_int_equal(fdt_prop_find(&copy, &node, "dma-coherent", &prop), 0);
    assert_int_equal(fdt_find_path(&copy, "/bus/dev", &node), 0);

    /* One subtree into another tree. */
    assert_int_equal(fdt_find_path(&fdt, "/soc/serial", &node), 0);
    fdt_writer_init(&w, buf, sizeof(buf));
    fdt_write_begin(&w, "");
    assert_int_equal(fdt_write_copy(&w, &fdt, &node, NULL, NULL), 0);
    fdt_write_end(&w);
    assert_int_equal(fdt_writer_finish(&w, &total), 0);
    assert_int_equal(fdt_open(&copy, buf, total), 0);
    assert_int_equal(fdt_find_path(&copy, "/serial@10000000", &node), 0);
    assert_true(fdt_node_is_compatible(&node, "ns16550a"));
    assert_int_equal(fdt_find_path(&copy, "/plic", &node), -ENOENT);
}

/* Reads everything there is to read; returns the number of nodes or the error. */
static int read_all(const struct fdt *fdt)
{
    struct fdt_walk walk;
    struct fdt_node node, other;
    struct fdt_prop prop;
    uint64_t x, y;
    paddr_t addr;
    int nr_nodes = 0, rc;

    for (unsigned i = 0; fdt_reservation(fdt, i, &addr, &x) == 0; i++) {
    }
    fdt_walk_init(&walk, fdt);
    while ((rc = fdt_walk_next(&walk, &node)) > 0) {
        uint32_t pos = node.props;

        nr_nodes++;
        while (fdt_prop_next(fdt, &pos, &prop) > 0) {
            assert_true(strlen(prop.name) < fdt->size);
            for (unsigned i = 0; fdt_prop_string(&prop, i); i++) {
            }
            fdt_prop_has_string(&prop, "x");
            fdt_prop_u64(&prop, &x);
        }
        fdt_reg(&node, 0, &x, &y);
        fdt_reg_phys(fdt, &node, 0, &addr, &x);
        fdt_node_is_enabled(&node);
        fdt_node_is_compatible(&node, "ns16550a");
    }
    assert_true(fdt_find_path(fdt, "serial0", &other) <= 0);
    assert_true(fdt_find_phandle(fdt, 5, &other) <= 0);
    return rc < 0 ? rc : nr_nodes;
}

static void test_every_truncation(void **state)
{
    struct fdt fdt;

    (void)state;
    sample_open();
    for (size_t size = 0; size < sample_size; size++) {
        uint8_t *block = malloc(size ? size : 1);
        int rc;

        memcpy(block, sample, size);
        rc = fdt_open(&fdt, block, size);
        assert_true(rc == -EINVAL || rc == -EBADMSG);
        /* And with a header that says so: what is missing then is found out later. */
        if (size >= FDT_HEADER_SIZE) {
            block[4] = 0;
            block[5] = 0;
            block[6] = (uint8_t)(size >> 8);
            block[7] = (uint8_t)size;
            rc = fdt_open(&fdt, block, size);
            if (rc == 0)
                read_all(&fdt);
        }
        free(block);
    }
}

static void test_every_flipped_bit(void **state)
{
    struct fdt fdt;
    uint8_t *block;
    int nr_good = 0;

    (void)state;
    sample_open();
    block = malloc(sample_size);
    for (size_t bit = 0; bit < sample_size * 8; bit++) {
        memcpy(block, sample, sample_size);
        block[bit / 8] ^= (uint8_t)(1u << bit % 8);
        if (fdt_open(&fdt, block, sample_size) == 0 && read_all(&fdt) >= 0)
            nr_good++;
    }
    assert_true(nr_good > 0); /* flips in values and names do no harm */
    free(block);
}

static void test_depth_is_limited(void **state)
{
    static uint8_t buf[8192] ALIGNED(8);
    struct fdt_writer w;
    struct fdt fdt;
    size_t total;

    (void)state;
    for (int depth = FDT_MAX_DEPTH; depth <= FDT_MAX_DEPTH + 1; depth++) {
        fdt_writer_init(&w, buf, sizeof(buf));
        for (int i = 0; i <= depth; i++)
            fdt_write_begin(&w, i ? "deeper" : "");
        for (int i = 0; i <= depth; i++)
            fdt_write_end(&w);
        assert_int_equal(fdt_writer_finish(&w, &total), 0);
        assert_int_equal(fdt_open(&fdt, buf, total), 0);
        assert_int_equal(read_all(&fdt), depth <= FDT_MAX_DEPTH ? depth + 1 : -EBADMSG);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_walk),
        cmocka_unit_test(test_find),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_translation),
        cmocka_unit_test(test_reservations),
        cmocka_unit_test(test_dtc_accepts),
        cmocka_unit_test(test_writer_errors),
        cmocka_unit_test(test_copy_edits),
        cmocka_unit_test(test_every_truncation),
        cmocka_unit_test(test_every_flipped_bit),
        cmocka_unit_test(test_depth_is_limited),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
