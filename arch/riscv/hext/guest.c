/*
 * Access to a loaded guest: exit details, injected exceptions and interrupts, the timer, memory at
 * guest virtual addresses.
 */
#include <arch/cpu.h>
#include <arch/upcalls.h>

#include "access.h"
#include "internal.h"

static void exit_fill(struct guest_exit_info *exit, uint64_t cause, uint64_t value)
{
    exit->cause = cause;
    exit->value = value;
    exit->gpa = GPA(csr_read(CSR_HTVAL) << 2 | (value & 3));
    exit->htinst = csr_read(CSR_HTINST);
}

void guest_exit_read(const struct guest_state *v, struct guest_exit_info *exit)
{
    exit_fill(exit, v->frame.cause, v->frame.value);
}

/* Call the dispatcher directly: enabling interrupts would save and restore a second frame. */
void guest_interrupt(struct guest_state *v)
{
    trap_irq(&v->frame, (unsigned)(v->frame.cause & 0xff));
}

uint64_t guest_trap_vector(const struct guest_state *v)
{
    (void)v;
    return csr_read(CSR_VSTVEC) & ~3ul;
}

void guest_inject(struct guest_state *v, uint64_t cause, uint64_t value)
{
    uint64_t status = csr_read(CSR_VSSTATUS);

    status = (status & SSTATUS_SIE) ? status | SSTATUS_SPIE : status & ~SSTATUS_SPIE;
    status = guest_is_user(v) ? status & ~SSTATUS_SPP : status | SSTATUS_SPP;
    status &= ~SSTATUS_SIE;
    csr_write(CSR_VSSTATUS, status);
    csr_write(CSR_VSCAUSE, cause);
    csr_write(CSR_VSTVAL, value);
    csr_write(CSR_VSEPC, v->frame.pc);
    v->frame.pc = guest_trap_vector(v);
    v->frame.status |= SSTATUS_SPP;
}

void guest_irq_assign(struct guest_state *v, uint64_t mask, uint64_t value)
{
    (void)v;
    csr_clear(CSR_HVIP, mask & ~value);
    csr_set(CSR_HVIP, mask & value);
}

uint64_t guest_irq_deadline(const struct guest_state *v)
{
    return v->has_sstc && (csr_read(CSR_VSIE) & SIE_STIE) ? csr_read(CSR_VSTIMECMP) : UINT64_MAX;
}

uint64_t guest_irq_wanted(struct guest_state *v)
{
    /* QEMU 7.2 at times shows an interrupt in hvip that vsip does not show yet, and never
     * Sstc's. */
    const uint64_t due = csr_read(time) >= guest_irq_deadline(v) ? SIE_STIE : 0;

    return (csr_read(CSR_VSIP) | csr_read(CSR_HVIP) >> 1 | due) & csr_read(CSR_VSIE);
}

uint64_t guest_translation(const struct guest_state *v)
{
    (void)v;
    return csr_read(CSR_VSATP);
}

void guest_timer_set(struct guest_state *v, uint64_t deadline)
{
    (void)v;
    csr_write(CSR_VSTIMECMP, deadline);
}

/*
 * QEMU 7.2 may raise VSTIP for a deadline that was put out of reach meanwhile, keeps it until the
 * next write of vstimecmp, and shows it also to a guest whose henvcfg.STCE is clear. The write
 * takes back an injected VSTIP, too.
 */
void guest_timer_off(struct guest_state *v)
{
    (void)v;
    if (arch_has(ARCH_FEATURE_SSTC))
        csr_write(CSR_VSTIMECMP, UINT64_MAX);
}

/* HLV and HLVX act with the privilege in hstatus.SPVP. */
static void set_access_privilege(const struct guest_state *v)
{
    if (guest_is_user(v))
        csr_clear(CSR_HSTATUS, HSTATUS_SPVP);
    else
        csr_set(CSR_HSTATUS, HSTATUS_SPVP);
}

bool guest_read_instruction(struct guest_state *v, gva_t addr, uint32_t *insn)
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

bool guest_read_u64(struct guest_state *v, gva_t addr, uint64_t *value,
                    struct guest_exit_info *fault)
{
    set_access_privilege(v);
    const uint64_t cause = hext_load_u64(addr.v, value);

    if (cause)
        exit_fill(fault, cause, csr_read(stval));
    return !cause;
}
