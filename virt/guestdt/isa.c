/*
 * The ISA string, from one table. Comments name the bit of henvcfg or another CSR that lets a guest
 * use an extension, which arch/riscv/hext sets. Extensions that it leaves disabled (Zicboz, Zicbom,
 * Svpbmt, vector, Zkr) have no row, so that the guest does not use them.
 */
#include <arch/cpu.h>
#include <guestdt/guestdt.h>
#include <string/string.h>

#define ALWAYS         0
#define NEEDS(feature) (1u << (feature))

struct isa_extension {
    const char *name;  /* with its underscore, if it needs one */
    uint32_t features; /* of the hart */
    bool needs_sstc;   /* henvcfg.STCE: vstimecmp is the guest's */
    uint32_t without;  /* unless the hart has these */
};

/* In canonical order. */
static const struct isa_extension extensions[] = {
    {"rv64ima", ALWAYS, false, 0},
    {"fd", NEEDS(ARCH_FEATURE_FD), false, 0}, /* sstatus.FS is on while a guest runs */
    {"c", ALWAYS, false, 0},
    {"_zicntr", ALWAYS, false, 0}, /* hcounteren */
    {"_zicsr", ALWAYS, false, 0},
    {"_zifencei", ALWAYS, false, 0},
    {"_zbb", NEEDS(ARCH_FEATURE_ZBB), false, 0},
    {"_sstc", NEEDS(ARCH_FEATURE_SSTC), true, 0},
    /* henvcfg.ADUE: guest_features() reports one of the two. */
    {"_svade", NEEDS(ARCH_FEATURE_SVADE), false, NEEDS(ARCH_FEATURE_SVADU)},
    {"_svadu", NEEDS(ARCH_FEATURE_SVADU), false, NEEDS(ARCH_FEATURE_SVADE)},
};

void guestdt_isa(uint64_t features, bool has_sstc, char isa[GUESTDT_ISA_MAX])
{
    size_t length = 0;

    for (size_t i = 0; i < ARRAY_SIZE(extensions); i++) {
        const struct isa_extension *e = &extensions[i];

        if ((features & e->features) != e->features || (features & e->without) ||
            (e->needs_sstc && !has_sstc))
            continue;
        length += strlcpy(isa + length, e->name, GUESTDT_ISA_MAX - length);
    }
}
