/*
 * Prepares a hart for guests, and reports the features that guests get.
 */
#include <arch/cpu.h>

#include "access.h"
#include "internal.h"

/*
 * Exceptions delegated to the guest: illegal instruction, breakpoint, ecall from VU, misaligned and
 * access faults, and its first-stage page faults. The firmware, which gets some of them first,
 * obeys this register too.
 */
#define HEDELEG_VALUE                                                                              \
    (1ul << TRAP_FETCH_MISALIGNED | 1ul << TRAP_FETCH_ACCESS | 1ul << TRAP_ILLEGAL |               \
     1ul << TRAP_BREAKPOINT | 1ul << TRAP_LOAD_MISALIGNED | 1ul << TRAP_LOAD_ACCESS |              \
     1ul << TRAP_STORE_MISALIGNED | 1ul << TRAP_STORE_ACCESS | 1ul << TRAP_ECALL_USER |            \
     1ul << TRAP_FETCH_PAGE | 1ul << TRAP_LOAD_PAGE | 1ul << TRAP_STORE_PAGE)
#define HIDELEG_VALUE (GUEST_IRQ_SOFTWARE | GUEST_IRQ_TIMER | GUEST_IRQ_EXTERNAL)
/* Guests may read the counters that the firmware lets this kernel read. */
#define HCOUNTEREN_VALUE 0xfffffffful

struct hext_optional hext_optional;

bool guest_is_supported(void)
{
    return arch_has(ARCH_FEATURE_H);
}

/*
 * Probe CSRs of optional extensions. Close extensions that guests are not told of where possible
 * (Smstateen), since their state is not switched.
 */
static void optional_init(void)
{
    uint64_t cause = hext_write_hstateen0(HSTATEEN0_SENVCFG);

    cause |= hext_write_hstateen1(0) | hext_write_hstateen2(0) | hext_write_hstateen3(0);
    cause |= hext_write_hvien(0) | hext_write_hvictl(0);
    (void)cause;
    hext_optional.vsiselect = hext_probe_vsiselect() == 0;
    hext_optional.jvt = hext_probe_jvt() == 0;
    csr_set(CSR_HENVCFG, HENVCFG_ADUE);
    hext_optional.adue = (csr_read(CSR_HENVCFG) & HENVCFG_ADUE) != 0;
}

void guest_cpu_init(void)
{
    /* vsie and hvip first: with hideleg set, stale bits would interrupt the first guest. */
    csr_write(CSR_VSIE, 0);
    csr_write(CSR_HVIP, 0);
    csr_write(CSR_HIDELEG, HIDELEG_VALUE);
    csr_write(CSR_HEDELEG, HEDELEG_VALUE);
    csr_write(CSR_HCOUNTEREN, HCOUNTEREN_VALUE);
    csr_write(CSR_HTIMEDELTA, 0);
    csr_write(CSR_HENVCFG, 0);
    csr_write(CSR_HGATP, 0);
    if (arch_has(ARCH_FEATURE_SSTC)) {
        csr_set(CSR_HENVCFG, HENVCFG_STCE); /* else vstimecmp is out of reach */
        csr_write(CSR_VSTIMECMP, UINT64_MAX);
    }
    optional_init();
}

uint64_t guest_features(void)
{
    const uint64_t both = BIT(ARCH_FEATURE_SVADE) | BIT(ARCH_FEATURE_SVADU);
    const uint64_t one = hext_optional.adue ? BIT(ARCH_FEATURE_SVADU) : BIT(ARCH_FEATURE_SVADE);

    return arch_features & (~both | one);
}
