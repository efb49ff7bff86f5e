/*
 * Shared by the files of virt/vcpu only. "Masked": to be called with interrupts masked and v
 * loaded.
 */
#ifndef VCPU_INTERNAL_H
#define VCPU_INTERNAL_H

#include <base/errno.h>
#include <vcpu/vcpu.h>
#include <vsbi/vsbi.h>

/* hart_state while a starter writes start_pc and start_opaque; reported as START_PENDING. */
#define HART_STARTING 0x100

/*
 * Last step before entering the guest: reschedule if due, load the vCPU, execute pending requests.
 * True: enter now, masked. False: v->exit says why not; interrupts masked.
 */
bool vcpu_prepare(struct vcpu *v);

/* Load v's state into this hart if it is not there. Interrupts masked. */
void vcpu_bring_in(struct vcpu *v);

/*
 * Masked. Like wfi: block until an interrupt is pending that the guest enabled in its sie, whether
 * it would take it or not. False: v->exit is set, and the guest must wait again.
 */
bool vcpu_wait(struct vcpu *v) MUST_CHECK;

/*
 * Masked; unloads v. Restart the hart at pc with opaque in a1; timer and pending interrupts are
 * kept or reset. vcpu_prepare() loads it again.
 */
void vcpu_reset(struct vcpu *v, uint64_t pc, uint64_t opaque, bool keeps_interrupts);

/* True if a hart can start at that address. */
static inline bool vcpu_can_start_at(uint64_t pc)
{
    return pc % 2 == 0 && pc < GSTAGE_LIMIT;
}

/* Masked. Set the guest's timer (SBI set_timer). */
void vcpu_timer_set(struct vcpu *v, uint64_t deadline);

/* Masked. Inject an exception into the guest. False: it cannot take one; v->exit is set. */
bool vcpu_inject(struct vcpu *v, uint64_t cause, uint64_t value) MUST_CHECK;

/* End vcpu_run() with VCPU_EXIT_FAILED. Returns false, like the functions above. */
bool vcpu_fail(struct vcpu *v, const char *what);

/*
 * Masked, all registers in v->guest.frame. Check whether the instruction at pc caused v->fault: a
 * device access (v->exit stays), or not (the guest continues, or v->exit says why not).
 */
void vcpu_mmio_confirm(struct vcpu *v);

/* Handle an SBI call. Masked on entry and return, may enable interrupts in between. False: v->exit
 * is set. */
bool vcpu_sbi(struct vcpu *v) MUST_CHECK;

/* --- memory.c: guest memory at virtual addresses ---------------------------------------------- */

/* Masked on entry and return, v is loaded then; may enable interrupts and sleep. */

/* Read the instruction at the guest's pc. False: it cannot be read (any more). */
bool vcpu_read_instruction(struct vcpu *v, uint32_t *insn) MUST_CHECK;

/* Read a doubleword. False: the guest got the fault; *resumes as returned by vcpu_inject(). */
bool vcpu_read_u64(struct vcpu *v, uint64_t addr, uint64_t *value, bool *resumes) MUST_CHECK;

/* --- stage.c: this hart's hgatp --------------------------------------------------------------- */

/* Masked. Enter before the guest continues, leave when it stops. */
void vcpu_stage_enter(struct gstage *gs);
void vcpu_stage_leave(struct gstage *gs);

/* Make the thread that has v loaded check its flags, wherever it is. Any context. */
void vcpu_kick(struct vcpu *v);

/* --- fence.c ---------------------------------------------------------------------------------- */
#define FENCE_CODE  1u /* fence.i */
#define FENCE_TABLE 2u /* hfence.vvma of everything in the VMID */

/* Masked. Execute requests of other vCPUs. */
void vcpu_fences_do(struct vcpu *v);

/*
 * Masked. Guest translations are used between enter and leave: a remote fence waits for leave, and
 * enter executes those sent before. Short: another vCPU may spin meanwhile.
 */
static inline void vcpu_guest_enter(struct vcpu *v)
{
    WRITE_ONCE(v->is_in_guest, 1);
    arch_mb(); /* pairs with fence_others() */
    if (unlikely(READ_ONCE(v->fences)))
        vcpu_fences_do(v);
}

static inline void vcpu_guest_leave(struct vcpu *v)
{
    __atomic_thread_fence(__ATOMIC_RELEASE);
    WRITE_ONCE(v->is_in_guest, 0);
}

/*
 * Masked on entry and return; may enable interrupts. Fence on all harts of the mask; kind is one of
 * FENCE_*; FENCE_TABLE may be limited to range and asid (GUEST_ALL: all) where that is cheap.
 */
void vcpu_fences_send(struct vcpu *v, uint64_t harts, uint32_t kind, const struct vsbi_range *range,
                      uint64_t asid);

#endif
