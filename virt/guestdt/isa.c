/*
 * One table for the ISA string. What a row needs in henvcfg or another CSR before a guest may use
 * the extension is written beside it, and set by arch/riscv/hext; an extension whose enable bit is
 * left clear there (Zicboz, Zicbom, Svpbmt, Svadu, vector, Zkr) is in no row, so that the guest
 * never looks for it.
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
};

/* In canonical order. */
static const struct isa_extension extensions[] = {
    {"rv64ima", ALWAYS, false},
    {"fd", NEEDS(ARCH_FEATURE_FD), false}, /* sstatus.FS is on while a guest runs */
    {"c", ALWAYS, false},
    {"_zicntr", ALWAYS, false}, /* hcounteren */
    {"_zicsr", ALWAYS, false},
    {"_zifencei", ALWAYS, false},
    {"_zbb", NEEDS(ARCH_FEATURE_ZBB), false},
    {"_sstc", NEEDS(ARCH_FEATURE_SSTC), true},
};

void guestdt_isa(uint64_t features, bool has_sstc, char isa[GUESTDT_ISA_MAX])
{
    size_t length = 0;

    for (size_t i = 0; i < ARRAY_SIZE(extensions); i++) {
        const struct isa_extension *e = &extensions[i];

        if ((features & e->features) != e->features || (e->needs_sstc && !has_sstc))
            continue;
        length += strlcpy(isa + length, e->name, GUESTDT_ISA_MAX - length);
    }
}
