/*
 * riscv_hwprobe(2): reports the harts' extensions to programs that select code by them. Keys,
 * values and rules: Linux's Documentation/arch/riscv/hwprobe.rst, the ten keys of 6.12.
 *
 * An extension is reported if the device tree gives it to each CPU asked about and user mode can
 * use it: no vectors, whose registers the kernel does not switch; cbo.zero and floating point only
 * if the kernel enabled them on all harts. The answers never change once the CPUs run, so the one
 * for all CPUs is stored in the vDSO at the first call.
 */
#include <abi/syscalls.h>
#include <arch/cpu.h>
#include <arch/smp.h>
#include <arch/uaccess.h>
#include <base/errno.h>
#include <bits/bits.h>
#include <percpu/percpu.h>
#include <platform/boot_info.h>
#include <riscv_isa/isa.h>
#include <string/string.h>
#include <lifecycle/lifecycle.h>
#include <task/task.h>
#include <vdso/vdso.h>
#include <vspace/vspace.h>

enum hwprobe_key {
    KEY_MVENDORID,
    KEY_MARCHID,
    KEY_MIMPID,
    KEY_BASE_BEHAVIOR,
    KEY_IMA_EXT_0,
    KEY_CPUPERF_0, /* old name of KEY_MISALIGNED_SCALAR_PERF */
    KEY_ZICBOZ_BLOCK_SIZE,
    KEY_HIGHEST_VIRT_ADDRESS,
    KEY_TIME_CSR_FREQ,
    KEY_MISALIGNED_SCALAR_PERF,
    NR_KEYS,
};
_Static_assert(NR_KEYS == VDSO_HWPROBE_KEYS, "vdso/hwprobe.h");

#define HWPROBE_WHICH_CPUS 1u

#define BASE_BEHAVIOR_IMA  1
#define MISALIGNED_UNKNOWN 0
#define MISALIGNED_SLOW    2
#define MISALIGNED_FAST    3

#define EXT(bit)     (1ull << (bit))
#define EXT_FD       EXT(0)
#define EXT_C        EXT(1)
#define EXT_ZICBOZ   EXT(6)
#define EXT_ZCA      EXT(43)
#define EXT_ZCD      EXT(45)
#define EXT_NEEDS_FD (EXT(27) | EXT(28) | EXT(32) | EXT_ZCD) /* zfh, zfhmin, zfa, zcd */
#define EXT_READ     EXT(63)                                 /* private to the kernel */

/* Bits of KEY_IMA_EXT_0 by the names of the device tree. */
static const struct {
    char name[12];
    uint64_t bits;
} extensions[] = {
    {"c", EXT_C | EXT_ZCA},   {"b", EXT(3) | EXT(4) | EXT(5)},
    {"zba", EXT(3)},          {"zbb", EXT(4)},
    {"zbs", EXT(5)},          {"zbc", EXT(7)},
    {"zbkb", EXT(8)},         {"zbkc", EXT(9)},
    {"zbkx", EXT(10)},        {"zknd", EXT(11)},
    {"zkne", EXT(12)},        {"zknh", EXT(13)},
    {"zksed", EXT(14)},       {"zksh", EXT(15)},
    {"zkt", EXT(16)},         {"zfh", EXT(27) | EXT(28)},
    {"zfhmin", EXT(28)},      {"zihintntl", EXT(29)},
    {"zfa", EXT(32)},         {"ztso", EXT(33)},
    {"zacas", EXT(34)},       {"zicond", EXT(35)},
    {"zihintpause", EXT(36)}, {"zimop", EXT(42)},
    {"zca", EXT_ZCA},         {"zcb", EXT(44)},
    {"zcd", EXT_ZCD},         {"zcmop", EXT(47)},
    {"zawrs", EXT(48)},
};

static uint64_t extension_bits(const char *name, size_t length)
{
    for (size_t i = 0; i < ARRAY_SIZE(extensions); i++)
        if (strnlen(extensions[i].name, sizeof(extensions[i].name)) == length &&
            memcmp(extensions[i].name, name, length) == 0)
            return extensions[i].bits;
    return 0;
}

/* Return the extensions of a CPU from its node, which is parsed once. */
static uint64_t extensions_named(unsigned cpu)
{
    static uint64_t known[NR_CPUS_MAX]; /* [a] with EXT_READ, or 0 */
    const struct fdt_prop *prop = &boot_info.isa_props[cpu];
    uint64_t bits = __atomic_load_n(&known[cpu], __ATOMIC_RELAXED);
    const char *isa;

    if (bits != 0)
        return bits;
    bits = EXT_READ;
    for (unsigned i = 0; (isa = fdt_prop_string(prop, i)) != NULL; i++) {
        const char *name;
        size_t n;

        while ((n = isa_next(&isa, &name)) != 0)
            bits |= extension_bits(name, n);
    }
    __atomic_store_n(&known[cpu], bits, __ATOMIC_RELAXED);
    return bits;
}

static uint64_t extensions_of(cpumask_t cpus)
{
    uint64_t bits = ~EXT_READ;

    for_each_online_cpu(cpu)
        if (cpus >> cpu & 1)
            bits &= extensions_named(cpu);
    if (arch_has(ARCH_FEATURE_FD))
        bits |= EXT_FD | ((bits & EXT_C) != 0 ? EXT_ZCD : 0);
    else
        bits &= ~EXT_NEEDS_FD;
    return bits | (arch_cboz_block != 0 ? EXT_ZICBOZ : 0);
}

static uint64_t misaligned_speed(cpumask_t cpus)
{
    cpumask_t fast = __atomic_load_n(&uaccess_fast_cpus, __ATOMIC_RELAXED) & cpus;

    if (fast == cpus)
        return MISALIGNED_FAST;
    return fast == 0 ? MISALIGNED_SLOW : MISALIGNED_UNKNOWN;
}

static uint64_t hart_id(unsigned cpu, int64_t key)
{
    const struct hart_ids *ids = &hart_ids[cpu];

    return key == KEY_MVENDORID ? ids->vendor
           : key == KEY_MARCHID ? ids->arch
                                : ids->implementation;
}

/* Return the common value of the CPUs, all ones if they differ. */
static uint64_t hart_id_of(cpumask_t cpus, int64_t key)
{
    unsigned first = (unsigned)bit_lowest64(cpus);

    for_each_online_cpu(cpu)
        if ((cpus >> cpu & 1) && hart_id(cpu, key) != hart_id(first, key))
            return ~0ull;
    return hart_id(first, key);
}

/* cpus: not empty, all online; key: known. */
static uint64_t hwprobe_value(int64_t key, cpumask_t cpus)
{
    switch (key) {
    case KEY_BASE_BEHAVIOR:
        return BASE_BEHAVIOR_IMA;
    case KEY_IMA_EXT_0:
        return extensions_of(cpus);
    case KEY_CPUPERF_0:
    case KEY_MISALIGNED_SCALAR_PERF:
        return misaligned_speed(cpus);
    case KEY_ZICBOZ_BLOCK_SIZE:
        return arch_cboz_block;
    case KEY_HIGHEST_VIRT_ADDRESS:
        return ARCH_USER_END;
    case KEY_TIME_CSR_FREQ:
        return boot_info.timebase_hz;
    default:
        return hart_id_of(cpus, key);
    }
}

static bool is_key(int64_t key)
{
    return key >= 0 && key < NR_KEYS;
}

/* Concurrent callers store the same values. */
static void tell_all(cpumask_t online)
{
    uint64_t values[NR_KEYS];

    for (int64_t key = 0; key < NR_KEYS; key++)
        values[key] = hwprobe_value(key, online);
    vdso_set_hwprobe(values);
}

struct pair {
    int64_t key;
    uint64_t value;
};

static int64_t fill_values(uint64_t upairs, uint64_t nr, cpumask_t cpus)
{
    for (uint64_t i = 0; i < nr; i++) {
        uint64_t at = upairs + i * sizeof(struct pair);
        struct pair pair;

        if (copy_from_user(&pair, at, sizeof(pair)) != 0)
            return -EFAULT;
        if (is_key(pair.key))
            pair.value = hwprobe_value(pair.key, cpus);
        else
            pair = (struct pair){.key = -1};
        if (copy_to_user(at, &pair, sizeof(pair)) != 0)
            return -EFAULT;
        process_checkpoint();
    }
    return 0;
}

/* Compare a value: of a set of bits the wanted ones must be set, anything else must be equal. */
static bool is_match(const struct pair *asked, uint64_t value)
{
    if (asked->key == KEY_BASE_BEHAVIOR || asked->key == KEY_IMA_EXT_0 ||
        asked->key == KEY_CPUPERF_0)
        return (value & asked->value) == asked->value;
    return value == asked->value;
}

/* HWPROBE_WHICH_CPUS: reduce *cpus to those for which all pairs hold; none if a key is unknown. */
static int64_t keep_matching(uint64_t upairs, uint64_t nr, cpumask_t *cpus)
{
    for (uint64_t i = 0; i < nr; i++) {
        uint64_t at = upairs + i * sizeof(struct pair);
        struct pair pair;

        if (copy_from_user(&pair, at, sizeof(pair)) != 0)
            return -EFAULT;
        if (!is_key(pair.key)) {
            pair = (struct pair){.key = -1};
            if (copy_to_user(at, &pair, sizeof(pair)) != 0)
                return -EFAULT;
            *cpus = 0;
        }
        for_each_online_cpu(cpu)
            if ((*cpus >> cpu & 1) && !is_match(&pair, hwprobe_value(pair.key, BIT(cpu))))
                *cpus &= ~BIT(cpu);
        process_checkpoint();
    }
    return 0;
}

int64_t sys_riscv_hwprobe(vaddr_t pairs, size_t nr_pairs, size_t cpus_size, vaddr_t ucpus,
                          unsigned flags)
{
    cpumask_t online = __atomic_load_n(&cpus_online, __ATOMIC_RELAXED);
    size_t size = MIN(cpus_size, sizeof(cpumask_t));
    bool is_which = flags == HWPROBE_WHICH_CPUS;
    cpumask_t cpus = 0;

    if (flags > HWPROBE_WHICH_CPUS || (is_which && (cpus_size == 0 || ucpus == 0)))
        return -EINVAL;
    if (cpus_size == 0 && ucpus == 0) {
        tell_all(online);
        return fill_values(pairs, nr_pairs, online);
    }
    if (copy_from_user(&cpus, ucpus, size) != 0)
        return -EFAULT;
    if (is_which && cpus == 0)
        cpus = online;
    cpus &= online;
    if (is_which) {
        int64_t ret = keep_matching(pairs, nr_pairs, &cpus);

        return ret != 0 ? ret : copy_to_user(ucpus, &cpus, size);
    }
    return cpus == 0 ? -EINVAL : fill_values(pairs, nr_pairs, cpus);
}
