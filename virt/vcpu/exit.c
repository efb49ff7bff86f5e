/*
 * The trap table of a guest: what becomes of each way it can leave VS or VU mode.
 *
 *   interrupt             the host's; dispatched as from kernel mode
 *   ecall from VS         an SBI call (sbi.c)
 *   guest page fault      fills in memory, hands out device accesses; a hole is an access fault
 *   virtual instruction   wfi waits; everything else is an illegal instruction to the guest
 *
 * Everything else goes straight to the guest by hedeleg, or cannot come from one.
 */
#include "internal.h"

#include <hext/upcalls.h>
#include <insn/insn.h>
#include <percpu/percpu.h>

#define INSN_WFI 0x10500073u

/* htinst of a fault in the guest's page walk: a read, or (bit 5) a write of a page-table entry. */
#define HTINST_WALK_MASK  0xffffffffffffffdfull
#define HTINST_WALK       0x3000u
#define HTINST_WALK_WRITE 0x3020u

bool vcpu_inject(struct vcpu *v, uint64_t cause, uint64_t value)
{
    /* Its handler cannot even be fetched: it would fault for ever. */
    if (cause == TRAP_FETCH_ACCESS && v->hext.frame.pc == hext_trap_vector(&v->hext))
        return vcpu_fail(v, "no trap handler");
    hext_inject(&v->hext, cause, value);
    return true;
}

/* The access that failed, from the cause, or from htinst if it was the guest's page walk. */
static uint32_t fault_access(const struct hext_exit *exit)
{
    if ((exit->htinst & HTINST_WALK_MASK) == HTINST_WALK)
        return exit->htinst == HTINST_WALK_WRITE ? VMA_WRITE : VMA_READ;
    switch (exit->cause) {
    case TRAP_GUEST_FETCH_PAGE:
        return VMA_EXEC;
    case TRAP_GUEST_STORE_PAGE:
        return VMA_WRITE;
    default:
        return VMA_READ;
    }
}

static bool inject_access_fault(struct vcpu *v, const struct hext_exit *exit)
{
    switch (exit->cause) {
    case TRAP_GUEST_FETCH_PAGE:
        return vcpu_inject(v, TRAP_FETCH_ACCESS, exit->value);
    case TRAP_GUEST_STORE_PAGE:
        return vcpu_inject(v, TRAP_STORE_ACCESS, exit->value);
    default:
        return vcpu_inject(v, TRAP_LOAD_ACCESS, exit->value);
    }
}

/* Masked. A load or store on a device: v->exit describes it. */
static bool mmio(struct vcpu *v, const struct hext_exit *exit)
{
    struct insn_access *access = &v->mmio_access;
    int err = insn_decode_htinst(exit->htinst, access);

    if (exit->cause == TRAP_GUEST_FETCH_PAGE)
        return inject_access_fault(v, exit);
    if (err == -ENODATA) {
        uint32_t insn;

        /* If it cannot be read any more, the guest takes that fault when it runs on. */
        if (hext_read_instruction(&v->hext, GVA(v->hext.frame.pc), &insn) != 0)
            return true;
        err = insn_decode_access(insn, access);
    }
    if (err || access->is_store != (exit->cause == TRAP_GUEST_STORE_PAGE))
        return inject_access_fault(v, exit);

    v->exit.reason = VCPU_EXIT_MMIO;
    v->exit.mmio.gpa = exit->gpa;
    v->exit.mmio.size = access->size;
    v->exit.mmio.is_write = access->is_store;
    v->exit.mmio.data = 0; /* the source register may be callee-saved: filled in by vcpu_run() */
    return false;
}

static bool page_fault(struct vcpu *v)
{
    struct hext_exit exit;

    hext_exit_read(&v->hext, &exit);
    arch_irq_enable();
    const int ret = gstage_fault(v->set->gstage, exit.gpa, fault_access(&exit));

    arch_irq_disable();
    if (likely(ret == 0))
        return true;
    vcpu_load(v);
    switch (ret) {
    case VSPACE_EMULATE:
        return mmio(v, &exit);
    case -ENOMEM:
        return vcpu_fail(v, "the host has no memory left");
    default:
        return inject_access_fault(v, &exit);
    }
}

/* stval may hold the instruction or zero, and QEMU 7.2 leaves another one's bits in it for hlv. */
static bool virtual_instruction(struct vcpu *v)
{
    uint32_t insn;

    if (hext_read_instruction(&v->hext, GVA(v->hext.frame.pc), &insn) != 0)
        return true; /* not there any more: the guest takes that fault when it runs on */
    if (insn == INSN_WFI && !hext_is_user(&v->hext)) {
        v->hext.frame.pc += 4;
        vcpu_wait(v);
        return true;
    }
    return vcpu_inject(v, TRAP_ILLEGAL, insn);
}

static bool exception(struct vcpu *v)
{
    switch (v->hext.frame.cause) {
    case TRAP_ECALL_GUEST:
        return vcpu_sbi(v);
    case TRAP_GUEST_FETCH_PAGE:
    case TRAP_GUEST_LOAD_PAGE:
    case TRAP_GUEST_STORE_PAGE:
        return page_fault(v);
    case TRAP_GUEST_VIRTUAL_INSTR:
        return virtual_instruction(v);
    default:
        return vcpu_fail(v, "unexpected trap");
    }
}

static DEFINE_PER_CPU(struct hext_cpu, this_cpus_guest);

struct hext_cpu *guest_this_cpu(void)
{
    return &this_cpu(this_cpus_guest);
}

long guest_exit(struct hext_vcpu *hext)
{
    struct vcpu *v = container_of(hext, struct vcpu, hext);
    bool resumes = true;

    v->nr_exits++;
    if (hext->frame.cause & TRAP_INTERRUPT) {
        hext_interrupt(hext);
    } else {
        resumes = exception(v);
    }
    return resumes && vcpu_prepare(v) ? HEXT_RESUME : 1;
}
