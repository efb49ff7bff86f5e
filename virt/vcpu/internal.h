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

/* Loads v on this CPU if it is not. Interrupts masked. */
void vcpu_load(struct vcpu *v);

/* Masked. Blocks until the guest has an interrupt to take, or somebody wants the thread. */
void vcpu_wait(struct vcpu *v);

/* Masked. The guest's set_timer. */
void vcpu_timer_set(struct vcpu *v, uint64_t deadline);

/* Masked. An exception into the guest; or v->exit says that it cannot take one, and false. */
bool vcpu_inject(struct vcpu *v, uint64_t cause, uint64_t value) MUST_CHECK;

/* Ends vcpu_run() with VCPU_EXIT_FAILED. Returns false, like those above when they leave. */
bool vcpu_fail(struct vcpu *v, const char *what);

/* Masked on entry and return, but may enable interrupts in between. An SBI call. False: v->exit. */
bool vcpu_sbi(struct vcpu *v) MUST_CHECK;

/* --- fence.c ---------------------------------------------------------------------------------- */
#define FENCE_CODE  1u /* fence.i */
#define FENCE_TABLE 2u /* hfence.vvma of everything in the VMID */

/* Masked. What others asked for. */
void vcpu_fences_do(struct vcpu *v);

/*
 * Masked on entry and return; may enable interrupts. Fences on all harts of the mask; kind is one
 * of FENCE_*, with FENCE_TABLE limited to range and asid (HEXT_ALL: all) where that is cheap.
 */
void vcpu_fences_send(struct vcpu *v, uint64_t harts, uint32_t kind, const struct vsbi_range *range,
                      uint64_t asid);

#endif
