/*
 * Guest descriptions, good and bad, built with the device tree writer; and bit flips in a good one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <fdt/writer.h>
#include <guestcfg/guestcfg.h>

static _Alignas(8) uint8_t blob[8192];
static struct fdt_writer w;
static struct fdt fdt;

static void begin(void)
{
    fdt_writer_init(&w, blob, sizeof(blob));
    fdt_write_begin(&w, "");
    fdt_write_begin(&w, "chosen");
}

static size_t finish(void)
{
    size_t total;

    fdt_write_end(&w);
    fdt_write_end(&w);
    assert_int_equal(fdt_writer_finish(&w, &total), 0);
    assert_int_equal(fdt_open(&fdt, blob, total), 0);
    return total;
}

static const char *compatible_with = "xen,domain";

static void guest_begin(const char *name, uint64_t memory_kib, uint32_t cpus)
{
    fdt_write_begin(&w, name);
    fdt_write_string(&w, "compatible", compatible_with);
    fdt_write_u32(&w, "#address-cells", 2);
    fdt_write_u32(&w, "#size-cells", 2);
    fdt_write_u64(&w, "memory", memory_kib);
    fdt_write_u32(&w, "cpus", cpus);
}

static void kernel(const char *path)
{
    static const char *const compatible[] = {"multiboot,kernel", "multiboot,module"};

    fdt_write_begin(&w, "kernel");
    fdt_write_strings(&w, "compatible", compatible, 2);
    if (path)
        fdt_write_string(&w, "path", path);
    fdt_write_string(&w, "bootargs", "a=b");
    fdt_write_end(&w);
}

static void flash(uint64_t base, uint64_t size, const char *backing)
{
    const uint64_t reg[] = {base, size};

    fdt_write_begin_at(&w, "flash", base);
    fdt_write_string(&w, "compatible", "cfi-flash");
    fdt_write_reg(&w, reg, 1);
    fdt_write_string(&w, "trine,backing", backing);
    fdt_write_string(&w, "path", "f.img");
    fdt_write_end(&w);
}

static void test_two_guests(void **state)
{
    struct guestcfg it;
    struct guest_config c;
    const char *problem;

    (void)state;
    begin();
    guest_begin("one@1", 65536, 2);
    fdt_write_string(&w, "trine,timer", "trap");
    kernel("one.image");
    flash(0x20000000, MIB(32), "emulated");
    flash(0x22000000, MIB(32), "passthrough");
    fdt_write_end(&w);
    guest_begin("two", 2048, 1);
    fdt_write_string(&w, "trine,console", "sbi");
    kernel("two.image");
    fdt_write_end(&w);
    finish();

    guestcfg_init(&it, &fdt);
    assert_int_equal(guestcfg_next(&it, &c, &problem), 1);
    assert_null(problem);
    assert_string_equal(c.name, "one");
    assert_int_equal(c.memory_bytes, MIB(64));
    assert_int_equal(c.nr_vcpus, 2);
    assert_string_equal(c.kernel, "one.image");
    assert_string_equal(c.bootargs, "a=b");
    assert_true(c.has_uart);
    assert_int_equal(c.timer, GUEST_TIMER_TRAP);
    assert_int_equal(c.nr_flash, 2);
    assert_string_equal(c.flash[0].image, "f.img");
    assert_true(c.flash[1].is_passthrough);
    assert_int_equal(c.flash[1].host.v, 0x22000000);
    assert_int_equal(guestcfg_next(&it, &c, &problem), 1);
    assert_null(problem);
    assert_string_equal(c.name, "two");
    assert_false(c.has_uart);
    assert_int_equal(c.timer, GUEST_TIMER_BEST);
    assert_int_equal(guestcfg_next(&it, &c, &problem), 0);
}

/* Each of these gives a reason, and the good guest behind it is still found. */
static void bad_guest(int kind)
{
    if (kind == 14)
        compatible_with = "xen,demesne";
    guest_begin(kind == 0 ? "a-name-that-is-too-long" : "bad",
                kind == 1   ? 0
                : kind == 2 ? 4097
                            : 65536,
                kind == 3   ? 9
                : kind == 4 ? 0
                            : 1);
    compatible_with = "xen,domain";
    if (kind == 5)
        fdt_write_string(&w, "trine,timer", "sundial");
    if (kind == 6)
        fdt_write_string(&w, "trine,console", "pigeon");
    if (kind != 7)
        kernel(kind == 8 ? NULL : "k");
    if (kind == 9)
        flash(0x20000000, MIB(32), "imagined");
    if (kind == 10)
        flash(0x20000010, MIB(32), "emulated");
    if (kind == 11)
        flash(0x20000000, MIB(31), "emulated");
    if (kind == 12) {
        fdt_write_begin(&w, "gpu");
        fdt_write_end(&w);
    }
    if (kind == 13)
        kernel("another");
    fdt_write_end(&w);
}

static void test_bad_guests_have_reasons(void **state)
{
    (void)state;
    for (int kind = 0; kind <= 14; kind++) {
        struct guestcfg it;
        struct guest_config c;
        const char *problem;

        begin();
        bad_guest(kind);
        guest_begin("good", 65536, 1);
        kernel("k");
        fdt_write_end(&w);
        finish();
        guestcfg_init(&it, &fdt);
        assert_int_equal(guestcfg_next(&it, &c, &problem), 1);
        assert_non_null(problem);
        assert_int_equal(guestcfg_next(&it, &c, &problem), 1);
        assert_null(problem);
        assert_string_equal(c.name, "good");
        assert_int_equal(guestcfg_next(&it, &c, &problem), 0);
    }
}

/* A property that is there but not what it should be is no absent one; unknown ones are named. */
static void test_properties_of_a_wrong_form(void **state)
{
    static const char *const problems[] = {"its property cpus has a wrong form",
                                           "its property trine,timer has a wrong form",
                                           "its property memory has a wrong form", NULL};

    (void)state;
    for (int kind = 0; kind < 4; kind++) {
        struct guestcfg it;
        struct guest_config c;
        const char *problem;

        begin();
        fdt_write_begin(&w, "odd");
        fdt_write_string(&w, "compatible", "xen,domain");
        if (kind == 2)
            fdt_write_u32(&w, "memory", 65536);
        else
            fdt_write_u64(&w, "memory", 65536);
        if (kind == 0)
            fdt_write_u64(&w, "cpus", 2);
        if (kind == 1)
            fdt_write_u32(&w, "trine,timer", 0x01020304);
        if (kind == 3)
            fdt_write_u32(&w, "cpu", 2);
        kernel("k");
        fdt_write_end(&w);
        finish();
        guestcfg_init(&it, &fdt);
        assert_int_equal(guestcfg_next(&it, &c, &problem), 1);
        if (problems[kind]) {
            assert_non_null(problem);
            assert_string_equal(problem, problems[kind]);
        } else {
            assert_null(problem);
            assert_string_equal(c.ignored, "cpu");
        }
    }
}

/* Whatever bit is wrong: the reader ends, within the blob, and what it accepts is within the
 * limits. */
static void test_bit_flips(void **state)
{
    (void)state;
    begin();
    guest_begin("one", 65536, 2);
    kernel("one.image");
    flash(0x20000000, MIB(32), "emulated");
    fdt_write_end(&w);
    const size_t total = finish();
    uint8_t *copy = malloc(total);

    memcpy(copy, blob, total);
    for (size_t bit = 0; bit < total * 8; bit++) {
        struct guestcfg it;
        struct guest_config c;
        const char *problem;

        copy[bit / 8] ^= (uint8_t)(1u << bit % 8);
        if (fdt_open(&fdt, copy, total) == 0) {
            guestcfg_init(&it, &fdt);
            for (int n = 0; n < 100 && guestcfg_next(&it, &c, &problem) == 1; n++) {
                assert_true(strlen(c.name) < GUEST_NAME_MAX);
                if (problem)
                    continue;
                assert_in_range(c.nr_vcpus, 1, GUEST_VCPUS_MAX);
                assert_in_range(c.memory_bytes, GUEST_MEMORY_MIN, GUEST_MEMORY_MAX);
                assert_in_range(c.nr_flash, 0, GUEST_FLASH_MAX);
            }
        }
        copy[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    free(copy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_two_guests),
        cmocka_unit_test(test_bad_guests_have_reasons),
        cmocka_unit_test(test_properties_of_a_wrong_form),
        cmocka_unit_test(test_bit_flips),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
