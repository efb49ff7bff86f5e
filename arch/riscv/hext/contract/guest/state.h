/*
 * A guest's state on a hart with the hypervisor extension (privileged specification 1.12, chapter 8
 * "Hypervisor Extension"), for <guest/guest.h>.
 *
 * The stages of an exit:
 *
 *   1. trap_from_guest (enter.S) answers SBI BASE calls and, with Sstc, SBI set_timer with two
 *      registers saved;
 *   2. otherwise the caller-saved registers are saved, and guest_exit() is called;
 *   3. only if that ends guest_enter() the callee-saved registers are saved as well.
 *
 * No other component names the extension's CSRs.
 */
#ifndef GUEST_STATE_H
#define GUEST_STATE_H

#include <arch/context.h>
#include <arch/fpu.h>
#include <arch/trap.h>
#include <base/types.h>
#include <hext/csrs.h>
#include <hext/offsets.h>

/* Interrupts that can be injected: bits of hvip, hideleg and of hip. */
#define GUEST_IRQ_SOFTWARE (1ul << 2)
#define GUEST_IRQ_TIMER    (1ul << 6)
#define GUEST_IRQ_EXTERNAL (1ul << 10)

/* Guest CSRs while they are not in the hart. */
struct hext_csrs {
#define HEXT_CSR_MEMBER(name, number) uint64_t name;
    HEXT_CSRS_SWITCHED(HEXT_CSR_MEMBER)
    HEXT_CSRS_OPTIONAL(HEXT_CSR_MEMBER)
#undef HEXT_CSR_MEMBER
    uint64_t vstimecmp; /* with Sstc; else unused */
    uint64_t henvcfg;   /* [I] */
};

/*
 * [p] only by the thread of the vCPU, or by others while it does not run   [I] immutable once
 * started
 */
/* The guest whose CSRs a hart holds; only compared, never dereferenced. One per CPU, zeroed
 * initially. */
struct guest_hart {
    const struct guest_state *loaded;
};

struct guest_state {
    struct trap_frame frame; /* [p] guest registers, sstatus, scause and stval of the last exit */
    uint64_t hstatus;        /* [I] for entries */
    uint64_t host_sp, host_tp, host_stvec; /* [p] of the guest_enter() in progress */
    uint64_t has_sstc;                     /* [I] the guest's timer is vstimecmp */
    uint64_t sbi_base[HEXT_SBI_BASE_NR];   /* [I] answers to SBI BASE functions; 3 (probe) unused */

    struct hext_csrs csrs;             /* [p] valid unless is_loaded */
    bool is_loaded;                    /* [p] the CSRs are in the hart that it runs on */
    const struct guest_hart *cpu;      /* [p] hart that loaded it last, NULL: none yet */
    struct arch_fpu fpu;               /* [p] its floats, as any thread's */
    struct arch_fpu_state float_state; /* fpu.state points here */
};

static inline bool guest_is_user(const struct guest_state *v)
{
    return !(v->frame.status & 0x100); /* sstatus.SPP */
}

#endif
