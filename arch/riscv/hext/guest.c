/*
 * A loaded guest seen and changed from outside: the exit, exceptions and interrupts put in, the
 * timer, its memory at its own addresses.
 */
#include <arch/cpu.h>
#include <arch/upcalls.h>

#include "access.h"
#include "internal.h"

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
