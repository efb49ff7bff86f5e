/*
 * Extensions of the harts, from the device tree's ISA strings.
 */
#include <arch/cpu.h>
#include <arch/memory.h>
#include <arch/mmio.h>
#include <riscv_isa/isa.h>

uint64_t arch_features;
uint32_t arch_cboz_block;
uint64_t arch_kernel_offset SECTION(".data"); /* set before .bss is cleared */

static const struct {
    char name[7];
    uint8_t feature;
} extension_names[] = {
    {"sstc", ARCH_FEATURE_SSTC},     {"zbb", ARCH_FEATURE_ZBB},     {"zicboz", ARCH_FEATURE_ZICBOZ},
    {"svpbmt", ARCH_FEATURE_SVPBMT}, {"svadu", ARCH_FEATURE_SVADU}, {"zkr", ARCH_FEATURE_ZKR},
    {"d", ARCH_FEATURE_FD},          {"h", ARCH_FEATURE_H},         {"v", ARCH_FEATURE_V},
    {"b", ARCH_FEATURE_ZBB},         {"svade", ARCH_FEATURE_SVADE},
};

/* Return the feature bit for the name of `length` characters; 0: not used by the kernel. */
static uint64_t feature_bit(const char *name, size_t length)
{
    for (size_t i = 0; i < ARRAY_SIZE(extension_names); i++) {
        const char *known = extension_names[i].name;
        size_t n = 0;

        while (n < length && known[n] != '\0' && known[n] == name[n])
            n++;
        if (n == length && known[n] == '\0')
            return BIT(extension_names[i].feature);
    }
    return 0;
}

bool mmio_answers(const volatile void *addr, unsigned nr_bytes)
{
    long ok = 0;
    long value;

    __asm__ volatile("beqz %2, 1f\n\t"
                     "3: lbu %1, (%3)\n\t"
                     "j 4f\n\t"
                     "1: lw %1, (%3)\n\t"
                     "4: li %0, 1\n"
                     "2:\n\t"
                     ".pushsection ex_table, \"a\"\n\t"
                     ".balign 4\n\t"
                     ".word 1b - ., 2b - .\n\t"
                     ".word 3b - ., 2b - .\n\t"
                     ".popsection"
                     : "+r"(ok), "=&r"(value)
                     : "r"((long)(nr_bytes == 1)), "r"(addr)
                     : "memory");
    return ok != 0;
}

uint64_t arch_features_parse(const char *isa)
{
    uint64_t features = 0;
    const char *name;
    size_t n;

    while ((n = isa_next(&isa, &name)) != 0)
        features |= n == 1 && *name == 'g' ? BIT(ARCH_FEATURE_FD) : feature_bit(name, n);
    return features;
}
