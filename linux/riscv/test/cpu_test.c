/*
 * What programs are told of the harts: ISA strings, /proc/cpuinfo, AT_HWCAP, instruction caches.
 */
#include "cpus.h"

#include <pseudofs/pseudofs.h>

static int setup(void **state)
{
    (void)state;
    return cpus_init();
}

/* Where the string's names begin and end. */
static void assert_names(const char *isa, const char *expected)
{
    char names[128] = "";
    const char *name;
    size_t n;

    while ((n = isa_next(&isa, &name)) != 0)
        sprintf(names + strlen(names), "%.*s ", (int)n, name);
    assert_string_equal(names, expected);
    assert_int_equal(*isa, '\0');
}

static void strings_are_cut_into_names(void **state)
{
    (void)state;
    assert_names("rv64imac", "i m a c ");
    assert_names("rv64ima_zba_svinval_xvendor", "i m a zba svinval xvendor ");
    assert_names("rv64imazba", "i m a zba "); /* a long name without its '_' */
    assert_names("rv64i__zba_", "i zba ");
    assert_names("zicond", "zicond "); /* of a list */
    assert_names("h", "h ");
    assert_names("rv64", "");
    assert_names("", "");
}

static void cpuinfo(void **state)
{
    struct seq seq = {0};

    (void)state;
    machine_show_cpuinfo(&seq);
    seq_putc(&seq, '\0');
    /* isa is what all have, and nobody may use vectors. */
    assert_string_equal(seq.buf,
                        "processor\t: 0\nhart\t\t: 0\nisa\t\t: rv64imafdc_zba_zicond\n"
                        "mmu\t\t: sv39\nmvendorid\t: 0x489\nmarchid\t\t: 0x7\nmimpid\t\t: 0x0\n"
                        "hart isa\t: rv64imafdc_zba_zbb_zicond_sstc_zfh\n\n"
                        "processor\t: 1\nhart\t\t: 1\nisa\t\t: rv64imafdc_zba_zicond\n"
                        "mmu\t\t: sv39\nmvendorid\t: 0x489\nmarchid\t\t: 0x7\nmimpid\t\t: 0x1\n"
                        "hart isa\t: rv64imafdc_zba_zicond_zfhmin\n\n"
                        "processor\t: 2\nhart\t\t: 2\nisa\t\t: rv64imafdc_zba_zicond\n"
                        "mmu\t\t: sv39\nmvendorid\t: 0x489\nmarchid\t\t: 0x7\nmimpid\t\t: 0x2\n"
                        "hart isa\t: rv64imafdc_zba_zbb_zicond_zfh\n\n");
    heap_free(seq.buf);
}

static void hwcap(void **state)
{
    const uint64_t imac = BIT('i' - 'a') | BIT('m' - 'a') | BIT('a' - 'a') | BIT('c' - 'a');

    (void)state;
    assert_int_equal(machine_hwcap(), imac | BIT('f' - 'a') | BIT('d' - 'a'));
    arch_features = 0;
    assert_int_equal(machine_hwcap(), imac);
    arch_features = BIT(ARCH_FEATURE_FD);
}

static void instruction_caches(void **state)
{
    (void)state;
    assert_int_equal(sys_riscv_flush_icache(0, UINT64_MAX, 0), 0);
    assert_int_equal(sys_riscv_flush_icache(0, 0, 1), 0);
    assert_int_equal(sys_riscv_flush_icache(0, 0, 2), -EINVAL);
    assert_int_equal(sys_riscv_flush_icache(0, 0, 1ull << 32), -EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(strings_are_cut_into_names),
        cmocka_unit_test(cpuinfo),
        cmocka_unit_test(hwcap),
        cmocka_unit_test(instruction_caches),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}
