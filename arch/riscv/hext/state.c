/*
 * Loads and saves guest state.
 *
 * Float: the unit is on while a guest runs (sstatus.FS, besides its own vsstatus.FS; if it were off
 * the guest's first float instruction would trap into the guest itself). Saved at guest_put() only
 * if dirty, but for fcsr; restored at guest_load() only if somebody else took the registers in
 * between.
 */
#include <arch/cpu.h>
#include <fpu/fpu.h>
#include <guest/upcalls.h>

#include "internal.h"

/* Initial scounteren, as the firmware sets it: U mode may read cycle, time and instret. */
#define SCOUNTEREN_START 7ul

#define CHECK_OFFSET(member, offset)                                                               \
    _Static_assert(offsetof(struct guest_state, member) == (offset), #member)
CHECK_OFFSET(frame.x, HEXT_X(0));
CHECK_OFFSET(frame.status, HEXT_STATUS);
CHECK_OFFSET(frame.cause, HEXT_CAUSE);
CHECK_OFFSET(frame.value, HEXT_VALUE);
CHECK_OFFSET(hstatus, HEXT_HSTATUS);
CHECK_OFFSET(host_sp, HEXT_HOST_SP);
CHECK_OFFSET(host_tp, HEXT_HOST_TP);
CHECK_OFFSET(host_stvec, HEXT_HOST_STVEC);
CHECK_OFFSET(has_sstc, HEXT_HAS_SSTC);
CHECK_OFFSET(sbi_base, HEXT_SBI_BASE);

void guest_state_init(struct guest_state *v, gpa_t pc, uint64_t a0, uint64_t a1, bool has_sstc)
{
    const uint64_t float_on = arch_has(ARCH_FEATURE_FD) ? SSTATUS_FS_CLEAN : 0;
    const uint64_t float_start = arch_has(ARCH_FEATURE_FD) ? SSTATUS_FS_DIRTY | SSTATUS_SD : 0;

    v->frame = (struct trap_frame){
        .pc = pc.v,
        .a0 = a0,
        .a1 = a1,
        .status = SSTATUS_SPP | SSTATUS_SPIE | SSTATUS_UXL64 | float_on,
    };
    v->hstatus = HSTATUS_SPV | HSTATUS_SPVP | HSTATUS_VTW | HSTATUS_VSXL64;
    v->has_sstc = has_sstc;
    v->csrs = (struct hext_csrs){
        .vsstatus = SSTATUS_UXL64 | float_start,
        .vstvec = pc.v,
        .scounteren = SCOUNTEREN_START,
        .vstimecmp = UINT64_MAX,
        .henvcfg = HENVCFG_ADUE | (has_sstc ? HENVCFG_STCE : 0), /* ADUE sticks where it may */
    };
    v->is_loaded = false;
    v->cpu = NULL;
    v->fpu = (struct arch_fpu){.state = &v->float_state};
    v->float_state = (struct arch_fpu_state){0};
}

static void csrs_save(struct guest_state *v)
{
    struct hext_csrs *c = &v->csrs;

#define CSR_SAVE(name, number)          c->name = csr_read(number);
#define CSR_SAVE_OPTIONAL(name, number) c->name = hext_optional.name ? csr_read(number) : 0;
    HEXT_CSRS_SWITCHED(CSR_SAVE)
    HEXT_CSRS_OPTIONAL(CSR_SAVE_OPTIONAL)
}

static void csrs_restore(const struct guest_state *v)
{
    const struct hext_csrs *c = &v->csrs;

#define CSR_RESTORE(name, number) csr_write(number, c->name);
#define CSR_RESTORE_OPTIONAL(name, number)                                                         \
    if (hext_optional.name)                                                                        \
        csr_write(number, c->name);
    HEXT_CSRS_SWITCHED(CSR_RESTORE)
    HEXT_CSRS_OPTIONAL(CSR_RESTORE_OPTIONAL)
    csr_write(CSR_HENVCFG, c->henvcfg);
}

/* The unit is on while the guest runs, so load the registers now: no trap will do it. */
static void float_load(struct guest_state *v)
{
    if (arch_has(ARCH_FEATURE_FD))
        fpu_take(&v->fpu);
}

/* QEMU: a guest's csrw fcsr dirties only its own vsstatus.FS, so fcsr is always saved. */
static void float_put(struct guest_state *v)
{
    if (!arch_has(ARCH_FEATURE_FD))
        return;
    fpu_put(&v->fpu, (v->frame.status & SSTATUS_FS) == SSTATUS_FS_DIRTY);
    v->frame.status = (v->frame.status & ~SSTATUS_FS) | SSTATUS_FS_CLEAN;
}

void guest_load(struct guest_state *v)
{
    struct guest_hart *cpu = guest_this_cpu();

    if (v->is_loaded)
        return;
    if (!v->has_sstc)
        guest_timer_off(v); /* before hvip, which it may change */
    if (v->cpu != cpu || cpu->loaded != v) {
        csrs_restore(v);
        cpu->loaded = v;
        /*
         * The vCPUs of a guest share its VMID, but each has ASIDs of its own; and fences that this
         * one executed on another hart had no effect here.
         */
        guest_fence_stage1(GUEST_ALL, GUEST_ALL);
        arch_fence_i();
    } else {
        csr_write(CSR_HVIP, v->csrs.hvip);
    }
    if (v->has_sstc)
        csr_write(CSR_VSTIMECMP, v->csrs.vstimecmp);
    float_load(v);
    v->cpu = cpu;
    v->is_loaded = true;
}

void guest_put(struct guest_state *v)
{
    if (!v->is_loaded)
        return;
    csrs_save(v);
    if (v->has_sstc) {
        v->csrs.vstimecmp = csr_read(CSR_VSTIMECMP);
        /* A deadline in the past would make the hart's wfi a no-op; so would an injected
         * interrupt. */
        csr_write(CSR_VSTIMECMP, UINT64_MAX);
    }
    csr_write(CSR_HVIP, 0);
    float_put(v);
    v->is_loaded = false;
}
