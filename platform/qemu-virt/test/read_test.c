/*
 * Reading the machine from device trees: an ordinary one, and ones that are wrong in one place
 * each.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <fdt/writer.h>
#include <platform/boot_info.h>

#include "../read.h"

static uint8_t blob[8192] __attribute__((aligned(8)));

/* A test's changes to the ordinary tree. */
struct machine {
    uint64_t memory[6];
    unsigned nr_memory;
    uint32_t timebase;
    uint64_t initrd_start, initrd_end;
    unsigned nr_harts;
    int disabled_hart;
    bool has_bad_bootargs;
    uint32_t reserved_cells[2];
    const char *firmware_prop; /* reg */
};

static const struct machine ordinary = {
    .memory = {0x80000000, 0x8000000},
    .nr_memory = 1,
    .timebase = 10000000,
    .nr_harts = 2,
    .disabled_hart = -1,
    .reserved_cells = {2, 2},
    .firmware_prop = "reg",
};

static size_t make(const struct machine *m)
{
    struct fdt_writer w;
    size_t total;
    const uint64_t firmware[] = {0x80000000, 0x80000};
    const uint64_t finisher[] = {0x100000, 0x1000};

    fdt_writer_init(&w, blob, sizeof(blob));
    fdt_write_reservation(&w, PADDR(0x81000000), 0x1000);
    fdt_write_begin(&w, "");
    fdt_write_u32(&w, "#address-cells", 2);
    fdt_write_u32(&w, "#size-cells", 2);
    fdt_write_string(&w, "model", "test");
    fdt_write_begin(&w, "chosen");
    if (m->has_bad_bootargs)
        fdt_write_prop(&w, "bootargs", "xyz", 3); /* no terminator */
    else
        fdt_write_string(&w, "bootargs", "quiet panic=halt");
    if (m->initrd_end != 0) {
        fdt_write_u64(&w, "linux,initrd-start", m->initrd_start);
        fdt_write_u64(&w, "linux,initrd-end", m->initrd_end);
    }
    fdt_write_prop(&w, "rng-seed", "0123456789abcdef0123456789abcdef0123", 36);
    fdt_write_end(&w);
    for (unsigned i = 0; i < m->nr_memory; i++) {
        fdt_write_begin_at(&w, "memory", m->memory[2 * i]);
        fdt_write_string(&w, "device_type", "memory");
        fdt_write_reg(&w, &m->memory[2 * i], 1);
        fdt_write_end(&w);
    }
    fdt_write_begin(&w, "soc");
    fdt_write_u32(&w, "#address-cells", 2);
    fdt_write_u32(&w, "#size-cells", 2);
    fdt_write_prop(&w, "ranges", "", 0);
    fdt_write_begin_at(&w, "test", finisher[0]);
    fdt_write_prop(&w, "compatible", "sifive,test1\0sifive,test0\0syscon", 33);
    fdt_write_reg(&w, finisher, 1);
    fdt_write_end(&w);
    fdt_write_end(&w);
    fdt_write_begin(&w, "reserved-memory");
    fdt_write_u32(&w, "#address-cells", m->reserved_cells[0]);
    fdt_write_u32(&w, "#size-cells", m->reserved_cells[1]);
    fdt_write_begin_at(&w, "firmware", firmware[0]);
    if (strcmp(m->firmware_prop, "reg") == 0)
        fdt_write_reg(&w, firmware, 1);
    else
        fdt_write_u64(&w, m->firmware_prop, 0x1000);
    fdt_write_end(&w);
    fdt_write_end(&w);
    fdt_write_begin(&w, "cpus");
    fdt_write_u32(&w, "#address-cells", 1);
    fdt_write_u32(&w, "#size-cells", 0);
    if (m->timebase != 0)
        fdt_write_u32(&w, "timebase-frequency", m->timebase);
    for (unsigned hart = 0; hart < m->nr_harts; hart++) {
        fdt_write_begin_at(&w, "cpu", hart);
        fdt_write_u32(&w, "reg", hart);
        fdt_write_string(&w, "riscv,isa", hart == 1 ? "rv64imafdc_sstc" : "rv64imafdc");
        fdt_write_string(&w, "status", (int)hart == m->disabled_hart ? "disabled" : "okay");
        fdt_write_begin(&w, "interrupt-controller");
        fdt_write_u32(&w, "phandle", 100 + hart);
        fdt_write_end(&w);
        fdt_write_end(&w);
    }
    fdt_write_end(&w);
    fdt_write_end(&w);
    assert_int_equal(fdt_writer_finish(&w, &total), 0);
    return total;
}

static const char *read(const struct machine *m, hartid_t boot_hart)
{
    return boot_info_read(boot_hart, blob, make(m));
}

static bool has_warning(const char *part)
{
    for (unsigned i = 0; i < boot_info.nr_warnings; i++)
        if (strstr(boot_info.warnings[i], part) != NULL)
            return true;
    return false;
}

static void ordinary_machine(void **state)
{
    (void)state;
    assert_null(read(&ordinary, 1));
    assert_int_equal(boot_info.nr_memory, 1);
    assert_int_equal(boot_info.memory[0].start.v, 0x80000000);
    assert_int_equal(boot_info.memory[0].size, 0x8000000);
    assert_int_equal(boot_info.nr_reserved, 2);
    assert_string_equal(boot_info.bootargs, "quiet panic=halt");
    assert_string_equal(fdt_prop_string(&boot_info.isa_props[0], 0), "rv64imafdc_sstc");
    assert_string_equal(fdt_prop_string(&boot_info.isa_props[1], 0), "rv64imafdc");
    assert_string_equal(boot_info.model, "test");
    assert_int_equal(boot_info.timebase_hz, 10000000);
    assert_int_equal(platform_test_finisher().v, 0x100000);
    assert_int_equal(boot_info.seed_size, 32);
    assert_int_equal(boot_info.nr_harts, 2);
    assert_int_equal(boot_info.harts[0], 1);
    assert_int_equal(boot_info.harts[1], 0);
    assert_int_equal(boot_info.intc_phandles[0], 101);
    assert_int_equal(boot_info.intc_phandles[1], 100);
    assert_int_equal(boot_info.nr_warnings, 0);
}

static void without_what_is_needed(void **state)
{
    struct machine m = ordinary;

    (void)state;
    m.timebase = 0;
    assert_non_null(read(&m, 0));
    assert_non_null(boot_info_read(0, blob, 16));
    memset(blob, 0, 64);
    assert_non_null(boot_info_read(0, blob, sizeof(blob)));
}

static void memory_in_any_order(void **state)
{
    struct machine m = ordinary;
    const uint64_t ranges[] = {0x100000000, 0x40000000, 0x80000800, 0x10000000, 0xc0000000, 0x1fff};

    (void)state;
    memcpy(m.memory, ranges, sizeof(ranges));
    m.nr_memory = 3;
    assert_null(read(&m, 0));
    assert_int_equal(boot_info.nr_memory, 3);
    assert_int_equal(boot_info.memory[0].start.v, 0x80001000); /* rounded inwards */
    assert_int_equal(boot_info.memory[0].size, 0xffff000);
    assert_int_equal(boot_info.memory[1].start.v, 0xc0000000);
    assert_int_equal(boot_info.memory[1].size, 0x1000);
    assert_int_equal(boot_info.memory[2].start.v, 0x100000000);
}

static void memory_that_cannot_be(void **state)
{
    struct machine m = ordinary;
    const uint64_t ranges[] = {0x80000000, 0x10000000,         0x88000000,
                               0x20000000, UINT64_MAX - 0xfff, 0x10000};

    (void)state;
    memcpy(m.memory, ranges, sizeof(ranges));
    m.nr_memory = 3;
    assert_null(read(&m, 0));
    assert_int_equal(boot_info.nr_memory, 1);
    assert_true(has_warning("overlapping"));
    assert_true(has_warning("beyond"));
    m.nr_memory = 1;
    m.memory[0] = m.memory[1] = UINT64_MAX; /* not 128 GiB from 0 on */
    assert_null(read(&m, 0));
    assert_int_equal(boot_info.nr_memory, 0);
}

static void memory_larger_than_the_direct_map(void **state)
{
    struct machine m = ordinary;

    (void)state;
    m.memory[1] = 1ull << 50;
    assert_null(read(&m, 0));
    assert_int_equal(boot_info.memory[0].size, BOOT_MEMORY_END - 0x80000000);
    assert_true(has_warning("beyond"));
}

/* To use what may be the firmware's would end in a fault. */
static void reserved_memory_that_cannot_be_read(void **state)
{
    static const uint32_t bad[][2] = {{2, 1}, {1, 2}, {0, 2}, {2, 0}, {5, 2}};
    struct machine m = ordinary;

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        memcpy(m.reserved_cells, bad[i], sizeof(bad[i]));
        assert_string_equal(read(&m, 0), "malformed device tree: reserved memory");
    }
    m = ordinary;
    m.firmware_prop = "no-map";
    assert_string_equal(read(&m, 0), "malformed device tree: reserved memory");
    m.firmware_prop = "size"; /* memory that somebody would like to have, anywhere */
    assert_null(read(&m, 0));
}

static void initrds(void **state)
{
    struct machine m = ordinary;

    (void)state;
    m.initrd_start = 0x82000000;
    m.initrd_end = 0x82345678;
    assert_null(read(&m, 0));
    assert_int_equal(boot_info.initrd.start.v, 0x82000000);
    assert_int_equal(boot_info.initrd.size, 0x345678);
    m.initrd_end = 0x81000000;
    assert_null(read(&m, 0));
    assert_int_equal(boot_info.initrd.size, 0);
    assert_true(has_warning("ends before"));
    m.initrd_end = 0x90000000;
    assert_null(read(&m, 0));
    assert_int_equal(boot_info.initrd.size, 0);
    assert_true(has_warning("does not lie in memory"));
}

static void harts(void **state)
{
    struct machine m = ordinary;

    (void)state;
    m.nr_harts = 4;
    m.disabled_hart = 2;
    assert_null(read(&m, 0));
    assert_int_equal(boot_info.nr_harts, 3);
    assert_int_equal(boot_info.harts[2], 3);
    /* A boot hart that the tree does not know is still a hart. */
    assert_null(read(&m, 77));
    assert_int_equal(boot_info.harts[0], 77);
    assert_int_equal(boot_info.nr_harts, 4);
}

static void bootargs_without_end(void **state)
{
    struct machine m = ordinary;

    (void)state;
    m.has_bad_bootargs = true;
    assert_null(read(&m, 0));
    assert_string_equal(boot_info.bootargs, "");
    assert_true(has_warning("bootargs"));
}

/* Every byte of the tree replaced by a few others, and every truncation: read or refused, never out
 * of bounds. */
static void damage(void **state)
{
    size_t size = make(&ordinary);
    static const uint8_t values[] = {0, 1, 2, 3, 4, 9, 0x7f, 0x80, 0xff};

    (void)state;
    for (size_t at = 0; at < size; at++) {
        for (unsigned v = 0; v < sizeof(values); v++) {
            uint8_t *copy = aligned_alloc(8, (size + 7) & ~7ul);

            memcpy(copy, blob, size);
            copy[at] = values[v];
            (void)boot_info_read(0, copy, size);
            assert_true(boot_info.nr_memory <= BOOT_MAX_MEMORY);
            free(copy);
        }
    }
    for (size_t cut = 0; cut < size; cut++) {
        uint8_t *copy = malloc(cut + !cut);

        memcpy(copy, blob, cut);
        (void)boot_info_read(0, copy, cut);
        free(copy);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ordinary_machine),
        cmocka_unit_test(without_what_is_needed),
        cmocka_unit_test(memory_in_any_order),
        cmocka_unit_test(memory_that_cannot_be),
        cmocka_unit_test(memory_larger_than_the_direct_map),
        cmocka_unit_test(reserved_memory_that_cannot_be_read),
        cmocka_unit_test(initrds),
        cmocka_unit_test(harts),
        cmocka_unit_test(bootargs_without_end),
        cmocka_unit_test(damage),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
