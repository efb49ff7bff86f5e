/*
 * Guest state in and out of the hart, injection, guest memory. See hext.h.
 *
 * Float: the unit is on while a guest runs (sstatus.FS, besides its own vsstatus.FS; if it were off the
 * guest's first float instruction would trap into the guest itself). Saved at hext_put() only if
 * dirty; restored at hext_load() only if another guest used the registers in between.
 */
#include <arch/cpu.h>
#include <base/errno.h>
#include <hext/hext.h>
#include <percpu/percpu.h>

#include "access.h"

#define CSR_READ(name)                                                                             \
    ({                                                                                             \
        uint64_t csr_value_;                                                                       \
        __asm__ volatile("csrr %0, " name : "=r"(csr_value_)::"memory");                           \
        csr_value_;                                                                                \
    })
#define CSR_WRITE(name, value) __asm__ volatile("csrw " name ", %0" ::"rK"(value) : "memory")
#define CSR_SET(name, bits)    __asm__ volatile("csrs " name ", %0" ::"rK"(bits) : "memory")
#define CSR_CLEAR(name, bits)  __asm__ volatile("csrc " name ", %0" ::"rK"(bits) : "memory")

/* By number, for assemblers that do not know the extension. */
#define VSSTATUS   "0x200"
#define VSIE       "0x204"
#define VSTVEC     "0x205"
#define VSSCRATCH  "0x240"
#define VSEPC      "0x241"
#define VSCAUSE    "0x242"
#define VSTVAL     "0x243"
#define VSIP       "0x244"
#define VSTIMECMP  "0x24d"
#define VSATP      "0x280"
#define HSTATUS    "0x600"
#define HEDELEG    "0x602"
#define HIDELEG    "0x603"
#define HTIMEDELTA "0x605"
#define HCOUNTEREN "0x606"
#define HENVCFG    "0x60a"
#define HTVAL      "0x643"
#define HVIP       "0x645"
#define HTINST     "0x64a"
#define SCOUNTEREN "0x106"
#define SENVCFG    "0x10a"

#define HSTATUS_SPV    (1ul << 7)
#define HSTATUS_SPVP   (1ul << 8)
#define HSTATUS_VTW    (1ul << 21)
#define HSTATUS_VSXL64 (2ul << 32)

#define SSTATUS_SIE      (1ul << 1)
#define SSTATUS_SPIE     (1ul << 5)
#define SSTATUS_SPP      (1ul << 8)
#define SSTATUS_FS       (3ul << 13)
#define SSTATUS_FS_CLEAN (2ul << 13)
#define SSTATUS_FS_DIRTY (3ul << 13)
#define SSTATUS_UXL64    (2ul << 32)

#define HENVCFG_STCE (1ul << 63)

/*
 * Exceptions that are the guest's own business: misaligned fetch, illegal instruction, breakpoint,
 * ecall from VU, and its first-stage page faults.
 */
#define HEDELEG_VALUE                                                                              \
    (1ul << TRAP_FETCH_MISALIGNED | 1ul << TRAP_ILLEGAL | 1ul << TRAP_BREAKPOINT |                 \
     1ul << TRAP_ECALL_USER | 1ul << TRAP_FETCH_PAGE | 1ul << TRAP_LOAD_PAGE |                     \
     1ul << TRAP_STORE_PAGE)
#define HIDELEG_VALUE    (HEXT_IRQ_SOFTWARE | HEXT_IRQ_TIMER | HEXT_IRQ_EXTERNAL)
#define HCOUNTEREN_VALUE 7ul /* cycle, time, instret */

#define CHECK_OFFSET(member, offset)                                                               \
    _Static_assert(offsetof(struct hext_vcpu, member) == (offset), #member)
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

/* Whose CSRs and whose floats this hart holds; only compared, never followed. */
static DEFINE_PER_CPU(const struct hext_vcpu *, loaded_vcpu);
static DEFINE_PER_CPU(const struct hext_vcpu *, float_owner);

bool hext_is_present(void)
{
    return arch_has(ARCH_FEATURE_H);
}

void hext_cpu_init(void)
{
    /* vsie and hvip first: with hideleg set, stale bits would interrupt the first guest. */
    CSR_WRITE(VSIE, 0);
    CSR_WRITE(HVIP, 0);
    CSR_WRITE(HIDELEG, HIDELEG_VALUE);
    CSR_WRITE(HEDELEG, HEDELEG_VALUE);
    CSR_WRITE(HCOUNTEREN, HCOUNTEREN_VALUE);
    CSR_WRITE(HTIMEDELTA, 0);
    CSR_WRITE(HENVCFG, 0);
    if (arch_has(ARCH_FEATURE_SSTC)) {
        CSR_SET(HENVCFG, HENVCFG_STCE); /* else vstimecmp is out of reach */
        CSR_WRITE(VSTIMECMP, UINT64_MAX);
    }
    /* Smstateen, where it exists: the guest may use senvcfg and its own state. */
    uint64_t cause = hext_write_hstateen0(UINT64_MAX);
    (void)cause;
}

void hext_vcpu_init(struct hext_vcpu *v, gpa_t pc, uint64_t a0, uint64_t a1, bool has_sstc)
{
    const uint64_t float_on = arch_has(ARCH_FEATURE_FD) ? SSTATUS_FS_CLEAN : 0;

    v->frame = (struct trap_frame){
        .pc = pc.v,
        .a0 = a0,
        .a1 = a1,
        .status = SSTATUS_SPP | SSTATUS_SPIE | SSTATUS_UXL64 | float_on,
    };
    v->hstatus = HSTATUS_SPV | HSTATUS_SPVP | HSTATUS_VTW | HSTATUS_VSXL64;
    v->has_sstc = has_sstc;
    v->csrs = (struct hext_csrs){
        .vsstatus = SSTATUS_UXL64,
        .vstimecmp = UINT64_MAX,
        .henvcfg = has_sstc ? HENVCFG_STCE : 0,
    };
    v->is_loaded = false;
    v->cpu = -1;
    v->fp = (struct hext_float){0};
}

static void csrs_save(struct hext_vcpu *v)
{
    struct hext_csrs *c = &v->csrs;

    c->vsstatus = CSR_READ(VSSTATUS);
    c->vsie = CSR_READ(VSIE);
    c->vstvec = CSR_READ(VSTVEC);
    c->vsscratch = CSR_READ(VSSCRATCH);
    c->vsepc = CSR_READ(VSEPC);
    c->vscause = CSR_READ(VSCAUSE);
    c->vstval = CSR_READ(VSTVAL);
    c->vsatp = CSR_READ(VSATP);
    c->hvip = CSR_READ(HVIP);
    c->scounteren = CSR_READ(SCOUNTEREN);
    c->senvcfg = CSR_READ(SENVCFG);
}

static void csrs_restore(const struct hext_vcpu *v)
{
    const struct hext_csrs *c = &v->csrs;

    CSR_WRITE(VSSTATUS, c->vsstatus);
    CSR_WRITE(VSIE, c->vsie);
    CSR_WRITE(VSTVEC, c->vstvec);
    CSR_WRITE(VSSCRATCH, c->vsscratch);
    CSR_WRITE(VSEPC, c->vsepc);
    CSR_WRITE(VSCAUSE, c->vscause);
    CSR_WRITE(VSTVAL, c->vstval);
    CSR_WRITE(VSATP, c->vsatp);
    CSR_WRITE(HVIP, c->hvip);
    CSR_WRITE(SCOUNTEREN, c->scounteren);
    CSR_WRITE(SENVCFG, c->senvcfg);
    CSR_WRITE(HENVCFG, c->henvcfg);
}

static void float_load(struct hext_vcpu *v)
{
    if (!arch_has(ARCH_FEATURE_FD))
        return;
    CSR_SET("sstatus", SSTATUS_FS_CLEAN);
    hext_float_restore(&v->fp);
    CSR_CLEAR("sstatus", SSTATUS_FS);
    v->frame.status = (v->frame.status & ~SSTATUS_FS) | SSTATUS_FS_CLEAN;
    this_cpu(float_owner) = v;
}

static void float_put(struct hext_vcpu *v)
{
    if ((v->frame.status & SSTATUS_FS) == SSTATUS_FS_DIRTY) {
        CSR_SET("sstatus", SSTATUS_FS_DIRTY);
        hext_float_save(&v->fp);
        v->frame.status = (v->frame.status & ~SSTATUS_FS) | SSTATUS_FS_CLEAN;
    }
    CSR_CLEAR("sstatus", SSTATUS_FS); /* the host's own threads have no floats */
}

void hext_load(struct hext_vcpu *v)
{
    const int cpu = (int)cpu_index();

    if (v->is_loaded)
        return;
    if (v->cpu != cpu || this_cpu(loaded_vcpu) != v) {
        csrs_restore(v);
        this_cpu(loaded_vcpu) = v;
    } else {
        CSR_WRITE(HVIP, v->csrs.hvip);
    }
    if (v->has_sstc)
        CSR_WRITE(VSTIMECMP, v->csrs.vstimecmp);
    if (v->cpu != cpu || this_cpu(float_owner) != v)
        float_load(v);
    v->cpu = cpu;
    v->is_loaded = true;
}

void hext_put(struct hext_vcpu *v)
{
    if (!v->is_loaded)
        return;
    csrs_save(v);
    if (v->has_sstc) {
        v->csrs.vstimecmp = CSR_READ(VSTIMECMP);
        /* A deadline in the past would make the hart's wfi a no-op; so would an injected interrupt. */
        CSR_WRITE(VSTIMECMP, UINT64_MAX);
    }
    CSR_WRITE(HVIP, 0);
    float_put(v);
    v->is_loaded = false;
}

void hext_exit_read(const struct hext_vcpu *v, struct hext_exit *exit)
{
    exit->cause = v->frame.cause;
    exit->value = v->frame.value;
    exit->gpa = GPA(CSR_READ(HTVAL) << 2 | (v->frame.value & 3));
    exit->htinst = CSR_READ(HTINST);
}

uint64_t hext_trap_vector(const struct hext_vcpu *v)
{
    (void)v;
    return CSR_READ(VSTVEC) & ~3ul;
}

void hext_inject(struct hext_vcpu *v, uint64_t cause, uint64_t value)
{
    uint64_t status = CSR_READ(VSSTATUS);

    status = (status & SSTATUS_SIE) ? status | SSTATUS_SPIE : status & ~SSTATUS_SPIE;
    status = hext_is_user(v) ? status & ~SSTATUS_SPP : status | SSTATUS_SPP;
    status &= ~SSTATUS_SIE;
    CSR_WRITE(VSSTATUS, status);
    CSR_WRITE(VSCAUSE, cause);
    CSR_WRITE(VSTVAL, value);
    CSR_WRITE(VSEPC, v->frame.pc);
    v->frame.pc = hext_trap_vector(v);
    v->frame.status |= SSTATUS_SPP;
}

void hext_irq_assign(struct hext_vcpu *v, uint64_t mask, uint64_t value)
{
    (void)v;
    CSR_CLEAR(HVIP, mask & ~value);
    CSR_SET(HVIP, mask & value);
}

uint64_t hext_irq_wanted(struct hext_vcpu *v)
{
    (void)v;
    return CSR_READ(VSIP) & CSR_READ(VSIE);
}

uint64_t hext_timer_get(const struct hext_vcpu *v)
{
    if (!v->has_sstc)
        return UINT64_MAX;
    return v->is_loaded ? CSR_READ(VSTIMECMP) : v->csrs.vstimecmp;
}

void hext_timer_set(struct hext_vcpu *v, uint64_t deadline)
{
    (void)v;
    CSR_WRITE(VSTIMECMP, deadline);
}

/* HLV and HLVX act with the privilege in hstatus.SPVP. */
static void set_access_privilege(const struct hext_vcpu *v)
{
    if (hext_is_user(v))
        CSR_CLEAR(HSTATUS, HSTATUS_SPVP);
    else
        CSR_SET(HSTATUS, HSTATUS_SPVP);
}

uint64_t hext_read_instruction(struct hext_vcpu *v, gva_t addr, uint32_t *insn)
{
    uint16_t low, high = 0;

    set_access_privilege(v);
    uint64_t cause = hext_load_u16_exec(addr.v, &low);

    if (!cause && (low & 3) == 3)
        cause = hext_load_u16_exec(addr.v + 2, &high);
    if (!cause)
        *insn = (uint32_t)high << 16 | low;
    return cause;
}

uint64_t hext_read_u64(struct hext_vcpu *v, gva_t addr, uint64_t *value)
{
    set_access_privilege(v);
    return hext_load_u64(addr.v, value);
}

/* hfence.vvma rs1, rs2: privileged specification, section 8.2.2. */
void hext_fence_vvma(uint64_t addr, uint64_t asid)
{
    if (addr == HEXT_ALL && asid == HEXT_ALL)
        __asm__ volatile(".insn r 0x73, 0, 0x11, x0, x0, x0" ::: "memory");
    else if (addr == HEXT_ALL)
        __asm__ volatile(".insn r 0x73, 0, 0x11, x0, x0, %0" ::"r"(asid) : "memory");
    else if (asid == HEXT_ALL)
        __asm__ volatile(".insn r 0x73, 0, 0x11, x0, %0, x0" ::"r"(addr) : "memory");
    else
        __asm__ volatile(".insn r 0x73, 0, 0x11, x0, %0, %1" ::"r"(addr), "r"(asid) : "memory");
}
