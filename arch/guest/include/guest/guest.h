/*
 * Running a guest on this hart: the contract between virt/vcpu and an architecture.
 *
 * guest_enter() enters the guest and returns at an exit. Frequent exits must be cheap, so there are
 * stages: the provider may handle some exits itself; else the upcall guest_exit() runs on the vCPU
 * thread's stack as if called by guest_enter(). It may enable interrupts and sleep, and if it
 * returns GUEST_RESUME the guest continues; only otherwise guest_enter() returns.
 *
 * The guest's state (struct guest_state, defined by the provider: registers, control registers,
 * floats) stays in the hart while the same vCPU returns to it. guest_load() loads it if needed,
 * guest_put() saves it; the owner calls guest_put() in the switch-out hook of the vCPU's thread and
 * guest_load() before the guest continues.
 */
#ifndef GUEST_GUEST_H
#define GUEST_GUEST_H

#include <arch/trap.h>
#include <base/types.h>
#include <guest/state.h>

/* Result of guest_exit() that resumes the guest; guest_enter() returns any other. */
#define GUEST_RESUME 0

/* Cause and details of an exit, filled in by guest_exit_info(). */
struct guest_exit_info {
    uint64_t cause;  /* scause */
    uint64_t value;  /* stval: guest virtual address, or the instruction's bits */
    gpa_t gpa;       /* guest page faults: htval and the low bits of stval */
    uint64_t htinst; /* transformed instruction, or 0 */
};

/* True if this hart can run guests. Any context. */
bool guest_is_supported(void);

/* Prepare this hart: delegation, counters, no injected interrupts. Once per CPU, if present. */
void guest_cpu_init(void);

/*
 * Return the arch_features that a guest has: of Svade and Svadu, the one in effect for its tables
 * (neither if the machine's device tree lists none). After guest_cpu_init() on the boot CPU.
 */
uint64_t guest_features(void);

/*
 * Initialise the state as OpenSBI starts a kernel: VS mode at pc with translation off, stvec also
 * at pc, floats on, counters readable from U mode; a0 and a1 as given, everything else zero.
 */
void guest_state_init(struct guest_state *v, gpa_t pc, uint64_t a0, uint64_t a1, bool has_sstc);

/*
 * Enter the guest, which is loaded (guest_load()). Interrupts masked, thread context with
 * preemption allowed. Returns the result of guest_exit(), interrupts masked; all of v->frame is
 * valid then.
 */
long guest_enter(struct guest_state *v);

/* Interrupts masked. Load v's CSRs and floats into this hart, as far as they are not there. */
void guest_load(struct guest_state *v);

/* Interrupts masked, on the hart that has them. Save v's CSRs, and floats if they were changed. */
void guest_put(struct guest_state *v);

/* Read the details of the exit; in guest_exit() before interrupts are enabled. */
void guest_exit_read(const struct guest_state *v, struct guest_exit_info *exit);

/*
 * Take the interrupt that caused the exit, as if it had come in kernel mode; in guest_exit(),
 * masked. May switch threads; masked on return.
 */
void guest_interrupt(struct guest_state *v);

/* --- guest state; v loaded, interrupts masked ------------------------------------------------- */

/* Inject an exception: enter VS mode at vstvec, as the guest's hart would. */
void guest_inject(struct guest_state *v, uint64_t cause, uint64_t value);

/* Return the guest's trap vector. */
uint64_t guest_trap_vector(const struct guest_state *v);

/* Set the bits of hvip in mask to those of value. */
void guest_irq_assign(struct guest_state *v, uint64_t mask, uint64_t value);

/* Return the interrupts pending and enabled in the guest (bits of its sip), whatever its SIE. */
uint64_t guest_irq_wanted(struct guest_state *v);

/* Return the tick of its timer interrupt if that is enabled, else UINT64_MAX. */
uint64_t guest_irq_deadline(const struct guest_state *v);

/* Return the guest's satp. */
uint64_t guest_translation(const struct guest_state *v);

void guest_timer_set(struct guest_state *v, uint64_t deadline); /* has_sstc only */
void guest_timer_off(
    struct guest_state *v); /* loaded, without has_sstc: keep another guest's deadline from it */

/* True if the exit came from the guest's user mode. */
static inline bool guest_is_user(const struct guest_state *v);

/*
 * Read the instruction at a guest virtual address with the guest's execute permission. False: that
 * failed, although it may be executable (QEMU 7.2 also wants read permission). Clobbers the exit
 * CSRs.
 */
bool guest_read_instruction(struct guest_state *v, gva_t addr, uint32_t *insn) MUST_CHECK;

/*
 * Read a doubleword with the guest's read permission. False: *fault describes the fault. Clobbers
 * the exit CSRs.
 */
bool guest_read_u64(struct guest_state *v, gva_t addr, uint64_t *value,
                    struct guest_exit_info *fault) MUST_CHECK;

/* --- guest translations on this hart ---------------------------------------------------------- */

/* Flush first-stage entries of the VMID in hgatp: all, one address space, or a page. ~0: all. */
void guest_fence_stage1(uint64_t addr, uint64_t asid);

#define GUEST_ALL UINT64_MAX

/* Return the number of VMIDs (a power of two; 1: none). After guest_cpu_init() on the boot CPU. */
unsigned guest_vmid_count(void);

/* Set hgatp of this hart to the root of an Sv39x4 table (16 KiB aligned). Interrupts masked. */
void guest_stage2_set(paddr_t root, vmid_t vmid);

/* hfence.gvma on this hart: flush entries of one VMID, or of all. */
void guest_fence_stage2(vmid_t vmid);
void guest_fence_stage2_all(void);

/* hfence.gvma on the CPUs of the mask: flush a range of one VMID; done on return. Any context. */
void guest_fence_stage2_remote(cpumask_t cpus, gpa_t start, uint64_t size, vmid_t vmid);

#endif
