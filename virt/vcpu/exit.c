/*
 * The trap table of a guest: handling of each exit from VS or VU mode.
 *
 *   interrupt             the host's; dispatched as from kernel mode
 *   ecall from VS         an SBI call (sbi.c)
 *   guest page fault      fills in memory, hands out device accesses; a hole is an access fault
 *   virtual instruction   wfi waits; everything else is an illegal instruction to the guest
 *
 * Everything else is delegated to the guest by hedeleg, or cannot occur.
 *
 * If the hart does not report the trapping instruction, it is read at the guest's pc. Another hart
 * of the guest may have replaced it meanwhile, so it is used only if it would cause this trap; else
 * the guest executes the instruction at pc again.
 */
#include "internal.h"

#include <guest/upcalls.h>
#include <insn/insn.h>
#include <percpu/percpu.h>

#define INSN_WFI 0x10500073u

#define OPCODE_SYSTEM 0x73u
#define FUNCT3_HYPER  4u /* hlv, hlvx, hsv */

/*
 * After this many consecutive exits at the same pc with an instruction that cannot have trapped,
 * take it as the cause. Many, since a guest that keeps changing its code may get there by chance,
 * and each costs only a microsecond.
 */
#define REPEATS_MAX 1024

/* htinst of a fault in the guest's page walk: a read, or (bit 5) a write of a page-table entry. */
#define HTINST_WALK_MASK  0xffffffffffffffdfull
#define HTINST_WALK       0x3000u
#define HTINST_WALK_WRITE 0x3020u

bool vcpu_inject(struct vcpu *v, uint64_t cause, uint64_t value)
{
    /* The guest's handler cannot be fetched: it would fault for ever. */
    if (cause == TRAP_FETCH_ACCESS && v->guest.frame.pc == guest_trap_vector(&v->guest))
        return vcpu_fail(v, "no trap handler");
    guest_inject(&v->guest, cause, value);
    return true;
}

/* Return the kind of the failed access, from the cause, or from htinst for the guest's page
 * walk. */
static uint32_t fault_access(const struct guest_exit_info *exit)
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

static bool inject_access_fault(struct vcpu *v, const struct guest_exit_info *exit)
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

/*
 * Masked. The instruction at pc may not be the one that trapped: let the guest execute it again,
 * after fences: the hart may have trapped on a stale instruction or translation. False: this was
 * tried often enough.
 */
static bool again(struct vcpu *v, uint32_t insn)
{
    if (v->read_insn.pc != v->guest.frame.pc || v->read_insn.insn != insn ||
        v->read_insn.last_exit + 1 != v->nr_exits)
        v->read_insn.nr_repeats = 0;
    v->read_insn.last_exit = v->nr_exits;
    v->read_insn.pc = v->guest.frame.pc;
    v->read_insn.insn = insn;
    guest_fence_stage1(GUEST_ALL, GUEST_ALL);
    arch_fence_i();
    return ++v->read_insn.nr_repeats < REPEATS_MAX;
}

/* v->mmio_access is decoded. An access across the device's end belongs to no device. */
static bool mmio_fill(struct vcpu *v, const struct guest_exit_info *exit, struct vdev *device)
{
    const struct insn_access *access = &v->mmio_access;

    if (!vdev_is_inside(device, exit->gpa, access->size))
        return inject_access_fault(v, exit);
    v->exit.reason = VCPU_EXIT_MMIO;
    v->exit.mmio.device = device;
    v->exit.mmio.gpa = exit->gpa;
    v->exit.mmio.size = access->size;
    v->exit.mmio.is_write = access->is_store;
    v->exit.mmio.data = 0; /* filled in by vcpu_run(): the source register may be callee-saved */
    return false;
}

/*
 * Masked. Describe a load or store on a device in v->exit; vcpu_mmio_confirm() checks it if the
 * instruction had to be read.
 */
static NOINLINE bool mmio(struct vcpu *v, const struct guest_exit_info *exit, struct vdev *device)
{
    struct insn_access *access = &v->mmio_access;
    int err = insn_decode_htinst(exit->htinst, access);

    if (exit->cause == TRAP_GUEST_FETCH_PAGE)
        return inject_access_fault(v, exit);
    if (err == -ENODATA) {
        v->exit.reason = VCPU_EXIT_MMIO;
        v->fault = *exit;
        v->fault_device = device;
        v->is_mmio_unconfirmed = true; /* its address may come from a callee-saved register */
        return false;
    }
    if (err || access->is_store != (exit->cause == TRAP_GUEST_STORE_PAGE))
        return inject_access_fault(v, exit);
    return mmio_fill(v, exit, device);
}

/* True if the instruction accesses the failed address in that direction. */
static bool is_cause(const struct vcpu *v, uint32_t insn, const struct guest_exit_info *exit)
{
    struct insn_address a;

    if (insn_decode_address(insn, &a) != 0 || a.is_store != (exit->cause == TRAP_GUEST_STORE_PAGE))
        return false;

    const uint64_t addr = vcpu_reg(v, a.base) + (uint64_t)(int64_t)a.offset;

    return exit->value - addr < a.size;
}

void vcpu_mmio_confirm(struct vcpu *v)
{
    uint32_t insn = 0;

    v->is_mmio_unconfirmed = false;
    v->exit.reason = VCPU_EXIT_NONE;
    const bool is_read = vcpu_read_instruction(v, &insn);

    if (is_read && is_cause(v, insn, &v->fault)) {
        v->read_insn.nr_repeats = 0;
        if (insn_decode_access(insn, &v->mmio_access) == 0) {
            (void)!mmio_fill(v, &v->fault, v->fault_device);
            return;
        }
    } else if (again(v, insn)) {
        return;
    }
    (void)!inject_access_fault(v, &v->fault); /* if it cannot be resolved, v->exit says so */
}

/* Not inlined, so that exits without structures on the stack do not pay for the canary. */
static NOINLINE bool page_fault(struct vcpu *v)
{
    struct guest_exit_info exit;

    guest_exit_read(&v->guest, &exit);
    const uint32_t access = fault_access(&exit);
    struct vdev *device = gstage_device(v->set->gstage, exit.gpa, access == VMA_WRITE);

    if (device)
        return mmio(v, &exit, device);
    arch_irq_enable();
    const int ret = gstage_fault(v->set->gstage, exit.gpa, access);

    arch_irq_disable();
    if (likely(ret == 0))
        return true;
    vcpu_bring_in(v);
    if (ret == -ENOMEM)
        return vcpu_fail(v, "the host has no memory left");
    return inject_access_fault(v, &exit);
}

/* Hypervisor instructions always trap in a guest, whatever the CSRs say. */
static bool is_always_virtual(uint32_t insn)
{
    const unsigned funct3 = insn >> 12 & 7;

    if ((insn & 0x7f) != OPCODE_SYSTEM)
        return false;
    return funct3 == FUNCT3_HYPER || (funct3 != 0 && (insn >> 28 & 3) == 2);
}

/* stval may hold the instruction or zero; QEMU 7.2 leaves another one's bits in it for hlv. */
static NOINLINE bool virtual_instruction(struct vcpu *v)
{
    const uint64_t value = v->guest.frame.value;
    uint32_t insn = 0;
    const bool is_read = vcpu_read_instruction(v, &insn);

    if (is_read && insn == INSN_WFI && !guest_is_user(&v->guest)) {
        if (!vcpu_wait(v))
            return false;
        v->guest.frame.pc += 4;
        return true;
    }
    if (!is_read || (insn != value && !is_always_virtual(insn))) {
        if (again(v, insn))
            return true;
    }
    v->read_insn.nr_repeats = 0;
    return vcpu_inject(v, TRAP_ILLEGAL, is_read ? insn : value);
}

static bool exception(struct vcpu *v)
{
    switch (v->guest.frame.cause) {
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

static DEFINE_PER_CPU(struct guest_hart, this_cpus_guest);

struct guest_hart *guest_this_cpu(void)
{
    return &this_cpu(this_cpus_guest);
}

long guest_exit(struct guest_state *guest)
{
    struct vcpu *v = container_of(guest, struct vcpu, guest);
    bool resumes = true;

    vcpu_guest_leave(v);
    v->nr_exits++;
    if (guest->frame.cause & TRAP_INTERRUPT)
        guest_interrupt(guest);
    else
        resumes = exception(v);
    return resumes && vcpu_prepare(v) ? GUEST_RESUME : 1;
}
