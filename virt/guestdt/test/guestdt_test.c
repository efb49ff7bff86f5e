/*
 * A generated tree read back, for the smallest and the largest machine; the ISA string.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <arch/cpu.h>
#include <base/errno.h>
#include <fdt/fdt.h>
#include <guestdt/guestdt.h>

static _Alignas(8) uint8_t blob[GUESTDT_SIZE_MAX];

static void test_largest_machine(void **state)
{
    static const uint8_t seed[32] = {1, 2, 3};
    const struct guestdt m = {
        .nr_harts = 8,
        .ram_size = MIB(64),
        .timebase_hz = 10000000,
        .has_uart = true,
        .flash = {{GPA(0x20000000), MIB(32)}, {GPA(0x22000000), MIB(32)}},
        .nr_flash = 2,
        .bootargs = "quiet",
        .initrd = {GPA(0x83000000), 12345},
        .model = "big",
        .seed = seed,
    };
    struct fdt fdt;
    struct fdt_node node;
    struct fdt_prop prop;
    uint64_t addr, size;
    uint32_t value;
    size_t total;

    (void)state;
    assert_int_equal(guestdt_write(&m, blob, sizeof(blob), &total), 0);
    assert_int_equal(fdt_open(&fdt, blob, total), 0);
    assert_int_equal(fdt_find_path(&fdt, "/memory", &node), 0);
    assert_int_equal(fdt_reg(&node, 0, &addr, &size), 0);
    assert_int_equal(addr, 0x80000000);
    assert_int_equal(size, MIB(64));
    assert_int_equal(fdt_find_path(&fdt, "/cpus/cpu@7", &node), 0);
    assert_int_equal(fdt_node_u32(&fdt, &node, "reg", &value), 0);
    assert_int_equal(value, 7);
    assert_int_equal(fdt_find_path(&fdt, "/chosen", &node), 0);
    assert_string_equal(fdt_node_string(&fdt, &node, "bootargs"), "quiet");
    assert_int_equal(fdt_node_u64(&fdt, &node, "linux,initrd-end", &addr), 0);
    assert_int_equal(addr, 0x83000000 + 12345);
    assert_int_equal(fdt_prop_find(&fdt, &node, "rng-seed", &prop), 0);
    assert_int_equal(prop.size, GUESTDT_SEED_SIZE);
    assert_memory_equal(prop.value, seed, GUESTDT_SEED_SIZE);

    const char *stdout_path = fdt_node_string(&fdt, &node, "stdout-path");
    assert_int_equal(fdt_find_path(&fdt, stdout_path, &node), 0);
    assert_true(fdt_node_is_compatible(&node, "ns16550a"));
    assert_int_equal(fdt_node_u32(&fdt, &node, "interrupt-parent", &value), 0);
    assert_int_equal(fdt_find_phandle(&fdt, value, &node), 0);
    assert_true(fdt_node_is_compatible(&node, "sifive,plic-1.0.0"));
    assert_int_equal(fdt_find_compatible(&fdt, 0, "cfi-flash", &node), 0);
    assert_int_equal(fdt_reg(&node, 1, &addr, &size), 0);
    assert_int_equal(addr, 0x22000000);
}

static void test_smallest_machine(void **state)
{
    const struct guestdt m = {
        .nr_harts = 1, .ram_size = MIB(1), .timebase_hz = 1, .bootargs = "", .model = "small"};
    struct fdt fdt;
    struct fdt_node node;
    size_t total;

    (void)state;
    assert_int_equal(guestdt_write(&m, blob, sizeof(blob), &total), 0);
    assert_int_equal(fdt_open(&fdt, blob, total), 0);
    assert_int_equal(fdt_find_compatible(&fdt, 0, "ns16550a", &node), -ENOENT);
    assert_int_equal(fdt_find_compatible(&fdt, 0, "cfi-flash", &node), -ENOENT);
}

static void test_no_room(void **state)
{
    const struct guestdt m = {
        .nr_harts = 8, .ram_size = MIB(1), .timebase_hz = 1, .bootargs = "", .model = "m"};
    size_t total;

    (void)state;
    for (size_t size = 64; size < 1024; size += 8)
        assert_int_equal(guestdt_write(&m, blob, size, &total), -ENOSPC);
}

static void test_isa(void **state)
{
    char isa[GUESTDT_ISA_MAX];

    (void)state;
    guestdt_isa(0, true, isa);
    assert_string_equal(isa, "rv64imac_zicntr_zicsr_zifencei");
    guestdt_isa(1u << ARCH_FEATURE_FD | 1u << ARCH_FEATURE_SSTC, true, isa);
    assert_string_equal(isa, "rv64imafdc_zicntr_zicsr_zifencei_sstc");
    guestdt_isa(1u << ARCH_FEATURE_SVADE, false, isa);
    assert_string_equal(isa, "rv64imac_zicntr_zicsr_zifencei_svade");
    guestdt_isa(1u << ARCH_FEATURE_SVADU, false, isa);
    assert_string_equal(isa, "rv64imac_zicntr_zicsr_zifencei_svadu");
    guestdt_isa(UINT64_MAX, false, isa); /* both: it does not say who sets A and D bits */
    assert_string_equal(isa, "rv64imafdc_zicntr_zicsr_zifencei_zbb");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_largest_machine),
        cmocka_unit_test(test_smallest_machine),
        cmocka_unit_test(test_no_room),
        cmocka_unit_test(test_isa),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
