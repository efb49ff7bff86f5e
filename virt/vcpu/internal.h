/*
 * Shared by the files of virt/vcpu only. "Masked": to be called with interrupts masked and v
 * loaded.
 */
#ifndef VCPU_INTERNAL_H
#define VCPU_INTERNAL_H

#include <base/errno.h>
#include <vcpu/vcpu.h>
#include <vsbi/vsbi.h>

/* hart_state while a starter writes start_pc and start_opaque; others see START_PENDING. */
#define HART_STARTING 0x100

/*
 * Last step before the guest goes on: gives way, loads the vCPU, delivers what others requested.
 * True: enter now, masked. False: v->exit says why not; interrupts masked.
 */
bool vcpu_prepare(struct vcpu *v);

/* Brings v's state into this hart if it is not there. Interrupts masked. */
void vcpu_bring_in(struct vcpu *v);

/*
 * Masked. As wfi: blocks until an interrupt is pending that the guest enabled in its sie, whether
 * it would take it or not. False: v->exit, and the guest is to wait again.
 */
bool vcpu_wait(struct vcpu *v) MUST_CHECK;

/*
 * Masked, unloads v: the hart starts anew at pc, opaque in a1, its timer and what is pending as
 * they were or as at first. Loading it is vcpu_prepare's.
 */
void vcpu_reset(struct vcpu *v, uint64_t pc, uint64_t opaque, bool keeps_interrupts);

/* Can a hart start at that address? */
static inline bool vcpu_can_start_at(uint64_t pc)
{
    return pc % 2 == 0 && pc < GSTAGE_LIMIT;
}

/* Masked. The guest's set_timer. */
void vcpu_timer_set(struct vcpu *v, uint64_t deadline);

/* Masked. An exception into the guest; or v->exit says that it cannot take one, and false. */
bool vcpu_inject(struct vcpu *v, uint64_t cause, uint64_t value) MUST_CHECK;

/* Ends vcpu_run() with VCPU_EXIT_FAILED. Returns false, like those above when they leave. */
bool vcpu_fail(struct vcpu *v, const char *what);

/*
 * Masked, all registers in v->guest.frame. Decides what the instruction at pc has to do with
 * v->fault: a device access (v->exit stays), or none (the guest goes on, or v->exit says why not).
 */
void vcpu_mmio_confirm(struct vcpu *v);

/* Masked on entry and return, but may enable interrupts in between. An SBI call. False: v->exit. */
bool vcpu_sbi(struct vcpu *v) MUST_CHECK;

/* --- memory.c: guest memory at virtual addresses ----------------------------------------------
 * Masked on entry and return, v is loaded then; may enable interrupts and sleep.
 */

/* The instruction at the guest's pc. False: it is not to be had there (any more). */
bool vcpu_read_instruction(struct vcpu *v, uint32_t *insn) MUST_CHECK;

/* A doubleword. False: the guest got the fault; *resumes as returned by vcpu_inject(). */
bool vcpu_read_u64(struct vcpu *v, uint64_t addr, uint64_t *value, bool *resumes) MUST_CHECK;

/* --- stage.c: this hart's hgatp. Masked. Enter before the guest goes on, leave when it stops. ---
 */
void vcpu_stage_enter(struct gstage *gs);
void vcpu_stage_leave(struct gstage *gs);

/* Makes the thread that has v loaded look at its flags, wherever it is. Any context. */
void vcpu_kick(struct vcpu *v);

/* --- fence.c ---------------------------------------------------------------------------------- */
#define FENCE_CODE  1u /* fence.i */
#define FENCE_TABLE 2u /* hfence.vvma of everything in the VMID */

/* Masked. What others asked for. */
void vcpu_fences_do(struct vcpu *v);

/*
 * Masked. From enter to leave guest translations are used: a remote fence waits for leave, one that
 * was sent before is done by enter. Short: another vCPU may spin meanwhile.
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
 * Masked on entry and return; may enable interrupts. Fences on all harts of the mask; kind is one
 * of FENCE_*, with FENCE_TABLE limited to range and asid (GUEST_ALL: all) where that is cheap.
 */
void vcpu_fences_send(struct vcpu *v, uint64_t harts, uint32_t kind, const struct vsbi_range *range,
                      uint64_t asid);

#endif
