/*
 * riscv_hwprobe(2): Linux's Documentation/arch/riscv/hwprobe.rst, over three different harts.
 */
#include "cpus.h"

/* hwprobe.rst */
#define MVENDORID       0
#define MARCHID         1
#define MIMPID          2
#define BASE_BEHAVIOR   3
#define IMA_EXT_0       4
#define CPUPERF_0       5
#define ZICBOZ_SIZE     6
#define HIGHEST_ADDRESS 7
#define TIME_CSR_FREQ   8
#define MISALIGNED      9
#define NR_KEYS         10

#define FD     BIT(0)
#define C      BIT(1)
#define V      BIT(2)
#define ZBA    BIT(3)
#define ZBB    BIT(4)
#define ZICBOZ BIT(6)
#define ZFH    BIT(27)
#define ZFHMIN BIT(28)
#define ZICOND BIT(35)
#define ZCA    BIT(43)
#define ZCD    BIT(45)

#define WHICH_CPUS 1

struct pair {
    int64_t key;
    uint64_t value;
};

static int setup(void **state)
{
    (void)state;
    return cpus_init();
}

/* Of a set of CPUs; 0: of all. */
static uint64_t probe(int64_t key, cpumask_t cpus)
{
    struct pair pair = {key, 77};

    assert_int_equal(
        sys_riscv_hwprobe(USER(&pair), 1, cpus ? sizeof(cpus) : 0, cpus ? USER(&cpus) : 0, 0), 0);
    assert_int_equal(pair.key, key);
    return pair.value;
}

static cpumask_t which(int64_t key, uint64_t value, cpumask_t cpus)
{
    struct pair pair = {key, value};

    assert_int_equal(sys_riscv_hwprobe(USER(&pair), 1, sizeof(cpus), USER(&cpus), WHICH_CPUS), 0);
    return cpus;
}

/* --- values ----------------------------------------------------------------------------------- */

static void extensions_that_all_have(void **state)
{
    const uint64_t common = FD | C | ZCA | ZCD | ZBA | ZICOND | ZICBOZ | ZFHMIN;

    (void)state;
    assert_int_equal(probe(IMA_EXT_0, 0), common); /* zfh has what zfhmin has */
    assert_int_equal(probe(IMA_EXT_0, 1), common | ZBB | ZFH);
    assert_int_equal(probe(IMA_EXT_0, 2), common);
    assert_int_equal(probe(IMA_EXT_0, 4), common | ZBB | ZFH);
    assert_int_equal(probe(IMA_EXT_0, 5), common | ZBB | ZFH);
    assert_int_equal(probe(IMA_EXT_0, 0) & V, 0);
}

/* What wants floats is none without them. */
static void extensions_without_floats(void **state)
{
    (void)state;
    arch_features = 0;
    arch_cboz_block = 0;
    assert_int_equal(probe(IMA_EXT_0, 0), C | ZCA | ZBA | ZICOND);
    assert_int_equal(probe(ZICBOZ_SIZE, 0), 0);
    arch_features = BIT(ARCH_FEATURE_FD);
    arch_cboz_block = 64;
}

static void who_the_harts_are(void **state)
{
    (void)state;
    assert_int_equal(probe(MVENDORID, 0), 0x489);
    assert_int_equal(probe(MARCHID, 6), 7);
    assert_int_equal(probe(MIMPID, 4), 2);
    assert_int_equal(probe(MIMPID, 0), UINT64_MAX); /* they differ */
    assert_int_equal(probe(MIMPID, 6), UINT64_MAX);
}

static void the_rest(void **state)
{
    (void)state;
    assert_int_equal(probe(BASE_BEHAVIOR, 0), 1);
    assert_int_equal(probe(ZICBOZ_SIZE, 0), 64);
    assert_int_equal(probe(HIGHEST_ADDRESS, 0), ARCH_USER_END);
    assert_int_equal(probe(TIME_CSR_FREQ, 0), 10000000);
}

static void misaligned_accesses(void **state)
{
    (void)state;
    uaccess_fast_cpus = 7;
    assert_int_equal(probe(MISALIGNED, 0), 3);
    uaccess_fast_cpus = 5;
    assert_int_equal(probe(MISALIGNED, 5), 3);
    assert_int_equal(probe(CPUPERF_0, 2), 2);
    assert_int_equal(probe(MISALIGNED, 0), 0); /* no word for all */
}

/* Asked twice, the same; CPUs that are no more are not counted. */
static void cpus_that_do_not_run(void **state)
{
    const uint64_t first = probe(IMA_EXT_0, 1);

    (void)state;
    assert_int_equal(probe(IMA_EXT_0, 1 | BIT(40)), first);
    assert_int_equal(probe(IMA_EXT_0, 1), first);
}

/* --- arguments -------------------------------------------------------------------------------- */

static void unknown_keys(void **state)
{
    struct pair pairs[] = {{NR_KEYS, 1}, {MARCHID, 1}, {-5, 1}, {INT64_MAX, 1}, {-1, 1}};

    (void)state;
    assert_int_equal(sys_riscv_hwprobe(USER(pairs), 5, 0, 0, 0), 0);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(pairs[i].key, i == 1 ? MARCHID : -1);
        assert_int_equal(pairs[i].value, i == 1 ? 7 : 0);
    }
}

static void sets_of_cpus(void **state)
{
    struct pair pair = {MIMPID, 77};
    uint8_t short_set = 4;
    uint64_t long_set[4] = {2, UINT64_MAX, UINT64_MAX, UINT64_MAX}, none = 0, others = BIT(3);

    (void)state;
    assert_int_equal(sys_riscv_hwprobe(USER(&pair), 1, 1, USER(&short_set), 0), 0);
    assert_int_equal(pair.value, 2);
    assert_int_equal(sys_riscv_hwprobe(USER(&pair), 1, sizeof(long_set), USER(long_set), 0), 0);
    assert_int_equal(pair.value, 1);
    assert_int_equal(sys_riscv_hwprobe(USER(&pair), 1, 8, USER(&none), 0), -EINVAL);
    assert_int_equal(sys_riscv_hwprobe(USER(&pair), 1, 8, USER(&others), 0), -EINVAL);
    assert_int_equal(sys_riscv_hwprobe(USER(&pair), 1, 0, USER(&others), 0), -EINVAL);
    assert_int_equal(sys_riscv_hwprobe(USER(&pair), 1, 8, 0, 0), -EFAULT);
    assert_int_equal(pair.value, 1);
}

static void bad_arguments(void **state)
{
    struct pair pair = {MARCHID, 77};
    cpumask_t all = 7;

    (void)state;
    assert_int_equal(sys_riscv_hwprobe(USER(&pair), 1, 0, 0, 2), -EINVAL);
    assert_int_equal(sys_riscv_hwprobe(USER(&pair), 1, 8, USER(&all), 3), -EINVAL);
    assert_int_equal(sys_riscv_hwprobe(BAD_ADDRESS, 1, 0, 0, 0), -EFAULT);
    assert_int_equal(sys_riscv_hwprobe(BAD_ADDRESS, 0, 0, 0, 0), 0);
    assert_int_equal(sys_riscv_hwprobe(USER(&pair), 1, 8, BAD_ADDRESS, 0), -EFAULT);
    assert_int_equal(sys_riscv_hwprobe(USER(&pair), 1, 0, USER(&all), WHICH_CPUS), -EINVAL);
    assert_int_equal(sys_riscv_hwprobe(USER(&pair), 1, 8, 0, WHICH_CPUS), -EINVAL);
    assert_int_equal(sys_riscv_hwprobe(BAD_ADDRESS, 1, 8, USER(&all), WHICH_CPUS), -EFAULT);
    assert_int_equal(pair.value, 77);
    assert_int_equal(all, 7);
}

/* --- which CPUs ------------------------------------------------------------------------------- */

static void cpus_that_have_it(void **state)
{
    (void)state;
    assert_int_equal(which(IMA_EXT_0, ZBB, 0), 5);     /* an empty set asks about all */
    assert_int_equal(which(IMA_EXT_0, ZBA | C, 0), 7); /* they may have more */
    assert_int_equal(which(IMA_EXT_0, ZBB, 3), 1);     /* only of those asked about */
    assert_int_equal(which(IMA_EXT_0, V, 0), 0);
    assert_int_equal(which(IMA_EXT_0, 0, BIT(40) | 2), 2);
    assert_int_equal(which(MIMPID, 1, 0), 2);
    assert_int_equal(which(MIMPID, 9, 0), 0);
    assert_int_equal(which(ZICBOZ_SIZE, 64, 6), 6);
    assert_int_equal(which(NR_KEYS, 1, 0), 0);
}

static void all_pairs_must_hold(void **state)
{
    struct pair pairs[] = {{IMA_EXT_0, ZBB}, {MIMPID, 2}}, unknown[] = {{MIMPID, 2}, {99, 0}};
    cpumask_t cpus = 0;

    (void)state;
    assert_int_equal(sys_riscv_hwprobe(USER(pairs), 2, sizeof(cpus), USER(&cpus), WHICH_CPUS), 0);
    assert_int_equal(cpus, 4);
    assert_int_equal(pairs[1].value, 2);
    assert_int_equal(sys_riscv_hwprobe(USER(unknown), 2, sizeof(cpus), USER(&cpus), WHICH_CPUS), 0);
    assert_int_equal(cpus, 0);
    assert_int_equal(unknown[1].key, -1);
    assert_int_equal(sys_riscv_hwprobe(USER(pairs), 0, sizeof(cpus), USER(&cpus), WHICH_CPUS), 0);
    assert_int_equal(cpus, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(extensions_that_all_have),
        cmocka_unit_test(extensions_without_floats),
        cmocka_unit_test(who_the_harts_are),
        cmocka_unit_test(the_rest),
        cmocka_unit_test(misaligned_accesses),
        cmocka_unit_test(cpus_that_do_not_run),
        cmocka_unit_test(unknown_keys),
        cmocka_unit_test(sets_of_cpus),
        cmocka_unit_test(bad_arguments),
        cmocka_unit_test(cpus_that_have_it),
        cmocka_unit_test(all_pairs_must_hold),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}
