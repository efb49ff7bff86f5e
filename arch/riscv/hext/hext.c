/*
 * Guest state in and out of the hart, injection, guest memory. See hext.h.
 *
 * Float: the unit is on while a guest runs (sstatus.FS, besides its own vsstatus.FS; if it were off
 * the guest's first float instruction would trap into the guest itself). Saved at hext_put() only
 * if dirty, but for fcsr; restored at hext_load() only if another guest used the registers in
 * between.
 */
#include <arch/cpu.h>
#include <arch/upcalls.h>
#include <arch/smp.h>
#include <bits/bits.h>
#include <fpu/fpu.h>
#include <hext/hext.h>
#include <hext/upcalls.h>
#include <riscv/csr.h>
#include <sbi/sbi.h>

#include "access.h"

/* Privileged specification, table 2.3; stateen: Smstateen. */
#define CSR_VSSTATUS   0x200
#define CSR_VSIE       0x204
#define CSR_VSTVEC     0x205
#define CSR_VSEPC      0x241
#define CSR_VSCAUSE    0x242
#define CSR_VSTVAL     0x243
#define CSR_VSIP       0x244
#define CSR_VSTIMECMP  0x24d
#define CSR_VSATP      0x280
#define CSR_HSTATUS    0x600
#define CSR_HEDELEG    0x602
#define CSR_HIDELEG    0x603
#define CSR_HTIMEDELTA 0x605
#define CSR_HCOUNTEREN 0x606
#define CSR_HENVCFG    0x60a
#define CSR_HTVAL      0x643
#define CSR_HVIP       0x645
#define CSR_HTINST     0x64a
#define CSR_HGATP      0x680

#define HSTATUS_SPV    (1ul << 7)
#define HSTATUS_SPVP   (1ul << 8)
#define HSTATUS_VTW    (1ul << 21)
#define HSTATUS_VSXL64 (2ul << 32)

#define SSTATUS_UXL64 (2ul << 32)

#define HENVCFG_STCE (1ul << 63)
#define HENVCFG_ADUE (1ul << 61) /* the hart sets A and D bits in the guest's tables */

#define HSTATEEN0_SENVCFG (1ul << 62)

/* What the firmware puts there for a kernel: U mode may read cycle, time and instret. */
#define SCOUNTEREN_START 7ul

#define SBI_RFENCE_HFENCE_GVMA_VMID 3

#define HGATP_MODE_SV39X4 (8ul << 60)
#define HGATP_VMID_SHIFT  44
#define HGATP_VMID_MASK   0x3ffful

/*
 * Exceptions that are the guest's own business: illegal instruction, breakpoint, ecall from VU,
 * what is misaligned or refused by the memory itself, and its first-stage page faults. The
 * firmware, which takes some of them first, goes by this register, too.
 */
#define HEDELEG_VALUE                                                                              \
    (1ul << TRAP_FETCH_MISALIGNED | 1ul << TRAP_FETCH_ACCESS | 1ul << TRAP_ILLEGAL |               \
     1ul << TRAP_BREAKPOINT | 1ul << TRAP_LOAD_MISALIGNED | 1ul << TRAP_LOAD_ACCESS |              \
     1ul << TRAP_STORE_MISALIGNED | 1ul << TRAP_STORE_ACCESS | 1ul << TRAP_ECALL_USER |            \
     1ul << TRAP_FETCH_PAGE | 1ul << TRAP_LOAD_PAGE | 1ul << TRAP_STORE_PAGE)
#define HIDELEG_VALUE (HEXT_IRQ_SOFTWARE | HEXT_IRQ_TIMER | HEXT_IRQ_EXTERNAL)
#define HCOUNTEREN_VALUE                                                                           \
    0xfffffffful /* what the firmware lets this kernel read, guests read, too */

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

bool hext_is_present(void)
{
    return arch_has(ARCH_FEATURE_H);
}

/* What this machine has of HEXT_CSRS_OPTIONAL, and whether henvcfg.ADUE can be set. [I] */
static bool has_vsiselect, has_jvt, has_adue;

/*
 * CSRs of extensions that hext.h does not ask for. What guests are not told of is closed to them
 * where it can be (Smstateen): their state is not switched.
 */
static void optional_init(void)
{
    uint64_t cause = hext_write_hstateen0(HSTATEEN0_SENVCFG);

    cause |= hext_write_hstateen1(0) | hext_write_hstateen2(0) | hext_write_hstateen3(0);
    cause |= hext_write_hvien(0) | hext_write_hvictl(0);
    (void)cause;
    has_vsiselect = hext_probe_vsiselect() == 0;
    has_jvt = hext_probe_jvt() == 0;
    csr_set(CSR_HENVCFG, HENVCFG_ADUE);
    has_adue = (csr_read(CSR_HENVCFG) & HENVCFG_ADUE) != 0;
}

void hext_cpu_init(void)
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

uint64_t hext_guest_features(void)
{
    const uint64_t both = BIT(ARCH_FEATURE_SVADE) | BIT(ARCH_FEATURE_SVADU);
    const uint64_t one = has_adue ? BIT(ARCH_FEATURE_SVADU) : BIT(ARCH_FEATURE_SVADE);

    return arch_features & (~both | one);
}

void hext_vcpu_init(struct hext_vcpu *v, gpa_t pc, uint64_t a0, uint64_t a1, bool has_sstc)
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

static void csrs_save(struct hext_vcpu *v)
{
    struct hext_csrs *c = &v->csrs;

#define CSR_SAVE(name, number)          c->name = csr_read(number);
#define CSR_SAVE_OPTIONAL(name, number) c->name = has_##name ? csr_read(number) : 0;
    HEXT_CSRS_SWITCHED(CSR_SAVE)
    HEXT_CSRS_OPTIONAL(CSR_SAVE_OPTIONAL)
}

static void csrs_restore(const struct hext_vcpu *v)
{
    const struct hext_csrs *c = &v->csrs;

#define CSR_RESTORE(name, number) csr_write(number, c->name);
#define CSR_RESTORE_OPTIONAL(name, number)                                                         \
    if (has_##name)                                                                                \
        csr_write(number, c->name);
    HEXT_CSRS_SWITCHED(CSR_RESTORE)
    HEXT_CSRS_OPTIONAL(CSR_RESTORE_OPTIONAL)
    csr_write(CSR_HENVCFG, c->henvcfg);
}

/* The unit is on while the guest runs; its first entry after this loads nothing. */
static void float_load(struct hext_vcpu *v)
{
    if (arch_has(ARCH_FEATURE_FD))
        fpu_take(&v->fpu);
}

/* QEMU: a guest's csrw fcsr dirties only its own vsstatus.FS, so fcsr is always saved. */
static void float_put(struct hext_vcpu *v)
{
    if (!arch_has(ARCH_FEATURE_FD))
        return;
    fpu_put(&v->fpu, (v->frame.status & SSTATUS_FS) == SSTATUS_FS_DIRTY);
    v->frame.status = (v->frame.status & ~SSTATUS_FS) | SSTATUS_FS_CLEAN;
}

void hext_load(struct hext_vcpu *v)
{
    struct hext_cpu *cpu = guest_this_cpu();

    if (v->is_loaded)
        return;
    if (!v->has_sstc)
        hext_timer_off(v); /* before hvip, which it may change */
    if (v->cpu != cpu || cpu->loaded != v) {
        csrs_restore(v);
        cpu->loaded = v;
        /*
         * The vCPUs of a guest share its VMID, but their ASIDs are each hart's own; and fences that
         * this one executed elsewhere did nothing here.
         */
        hext_fence_vvma(HEXT_ALL, HEXT_ALL);
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

void hext_put(struct hext_vcpu *v)
{
    if (!v->is_loaded)
        return;
    csrs_save(v);
    if (v->has_sstc) {
        v->csrs.vstimecmp = csr_read(CSR_VSTIMECMP);
        /* A deadline in the past would make the hart's wfi a no-op; so would an injected interrupt.
         */
        csr_write(CSR_VSTIMECMP, UINT64_MAX);
    }
    csr_write(CSR_HVIP, 0);
    float_put(v);
    v->is_loaded = false;
}

static void exit_fill(struct hext_exit *exit, uint64_t cause, uint64_t value)
{
    exit->cause = cause;
    exit->value = value;
    exit->gpa = GPA(csr_read(CSR_HTVAL) << 2 | (value & 3));
    exit->htinst = csr_read(CSR_HTINST);
}

void hext_exit_read(const struct hext_vcpu *v, struct hext_exit *exit)
{
    exit_fill(exit, v->frame.cause, v->frame.value);
}

/* Straight to the dispatcher: enabling interrupts would save and restore a second frame. */
void hext_interrupt(struct hext_vcpu *v)
{
    trap_irq(&v->frame, (unsigned)(v->frame.cause & 0xff));
}

uint64_t hext_trap_vector(const struct hext_vcpu *v)
{
    (void)v;
    return csr_read(CSR_VSTVEC) & ~3ul;
}

void hext_inject(struct hext_vcpu *v, uint64_t cause, uint64_t value)
{
    uint64_t status = csr_read(CSR_VSSTATUS);

    status = (status & SSTATUS_SIE) ? status | SSTATUS_SPIE : status & ~SSTATUS_SPIE;
    status = hext_is_user(v) ? status & ~SSTATUS_SPP : status | SSTATUS_SPP;
    status &= ~SSTATUS_SIE;
    csr_write(CSR_VSSTATUS, status);
    csr_write(CSR_VSCAUSE, cause);
    csr_write(CSR_VSTVAL, value);
    csr_write(CSR_VSEPC, v->frame.pc);
    v->frame.pc = hext_trap_vector(v);
    v->frame.status |= SSTATUS_SPP;
}

void hext_irq_assign(struct hext_vcpu *v, uint64_t mask, uint64_t value)
{
    (void)v;
    csr_clear(CSR_HVIP, mask & ~value);
    csr_set(CSR_HVIP, mask & value);
}

uint64_t hext_irq_deadline(const struct hext_vcpu *v)
{
    return v->has_sstc && (csr_read(CSR_VSIE) & SIE_STIE) ? csr_read(CSR_VSTIMECMP) : UINT64_MAX;
}

uint64_t hext_irq_wanted(struct hext_vcpu *v)
{
    /* QEMU 7.2 at times shows an interrupt in hvip that vsip does not show yet, and never Sstc's.
     */
    const uint64_t due = csr_read(time) >= hext_irq_deadline(v) ? SIE_STIE : 0;

    return (csr_read(CSR_VSIP) | csr_read(CSR_HVIP) >> 1 | due) & csr_read(CSR_VSIE);
}

uint64_t hext_translation(const struct hext_vcpu *v)
{
    (void)v;
    return csr_read(CSR_VSATP);
}

void hext_timer_set(struct hext_vcpu *v, uint64_t deadline)
{
    (void)v;
    csr_write(CSR_VSTIMECMP, deadline);
}

/*
 * QEMU 7.2 may raise VSTIP for a deadline that was put out of reach meanwhile, keeps it until the
 * next write of vstimecmp, and shows it also to a guest whose henvcfg.STCE is clear. The write
 * takes back an injected VSTIP, too.
 */
void hext_timer_off(struct hext_vcpu *v)
{
    (void)v;
    if (arch_has(ARCH_FEATURE_SSTC))
        csr_write(CSR_VSTIMECMP, UINT64_MAX);
}

/* HLV and HLVX act with the privilege in hstatus.SPVP. */
static void set_access_privilege(const struct hext_vcpu *v)
{
    if (hext_is_user(v))
        csr_clear(CSR_HSTATUS, HSTATUS_SPVP);
    else
        csr_set(CSR_HSTATUS, HSTATUS_SPVP);
}

bool hext_read_instruction(struct hext_vcpu *v, gva_t addr, uint32_t *insn)
{
    uint16_t low, high = 0;

    set_access_privilege(v);
    uint64_t cause = hext_load_u16_exec(addr.v, &low);

    if (!cause && (low & 3) == 3)
        cause = hext_load_u16_exec(addr.v + 2, &high);
    if (!cause)
        *insn = (uint32_t)high << 16 | low;
    return !cause;
}

bool hext_read_u64(struct hext_vcpu *v, gva_t addr, uint64_t *value, struct hext_exit *fault)
{
    set_access_privilege(v);
    const uint64_t cause = hext_load_u64(addr.v, value);

    if (cause)
        exit_fill(fault, cause, csr_read(stval));
    return !cause;
}

unsigned hext_vmid_count(void)
{
    const unsigned long flags = arch_irq_save();
    const uint64_t old = csr_read(CSR_HGATP);

    csr_write(CSR_HGATP, HGATP_MODE_SV39X4 | HGATP_VMID_MASK << HGATP_VMID_SHIFT);
    const uint64_t bits = csr_read(CSR_HGATP) >> HGATP_VMID_SHIFT & HGATP_VMID_MASK;

    csr_write(CSR_HGATP, old);
    hext_fence_gvma_all();
    arch_irq_restore(flags);
    return (unsigned)bits + 1;
}

void hext_gstage_set(paddr_t root, vmid_t vmid)
{
    csr_write(CSR_HGATP,
              HGATP_MODE_SV39X4 | (uint64_t)vmid << HGATP_VMID_SHIFT | root.v >> PAGE_SHIFT);
}

/* hfence.gvma rs1, rs2: address and VMID, x0 for all. */
void hext_fence_gvma(vmid_t vmid)
{
    __asm__ volatile(".insn r 0x73, 0, 0x31, x0, x0, %0" ::"r"((uint64_t)vmid) : "memory");
}

void hext_fence_gvma_all(void)
{
    __asm__ volatile(".insn r 0x73, 0, 0x31, x0, x0, x0" ::: "memory");
}

/* The firmware does it (SBI RFENCE), so that it works whatever the other harts are doing. */
void hext_fence_gvma_remote(cpumask_t cpus, gpa_t start, uint64_t size, vmid_t vmid)
{
    while (cpus) {
        const unsigned cpu = bit_lowest64(cpus);

        cpus &= cpus - 1;
        (void)sbi_call(SBI_RFENCE, SBI_RFENCE_HFENCE_GVMA_VMID, 1, arch_cpu_to_hart(cpu), start.v,
                       size, vmid);
    }
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
