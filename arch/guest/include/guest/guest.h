/*
 * Running a guest on this hart: what virt/vcpu asks of an architecture.
 *
 * guest_enter() enters the guest and returns at an exit. A frequent exit must cost little, so there
 * are stages: the provider may answer some exits itself; else the upcall guest_exit() runs on the
 * vCPU thread's stack like a function called by guest_enter(), it may enable interrupts and sleep,
 * and if it returns GUEST_RESUME the guest goes on; only else guest_enter() returns.
 *
 * What a guest has in the hart (struct guest_state, by the provider: registers, control registers,
 * floats) stays there while the same vCPU comes back to it. guest_load() brings it in if it is not,
 * guest_put() saves it; the owner calls guest_put() from the switch-out hook of the vCPU's thread
 * and guest_load() before the guest goes on.
 */
#ifndef GUEST_GUEST_H
#define GUEST_GUEST_H

#include <arch/trap.h>
#include <base/types.h>
#include <guest/state.h>

/* What guest_exit() returns to go on; anything else ends guest_enter() with that value. */
#define GUEST_RESUME 0

/* What a memory fault or a virtual instruction told, besides cause and stval. */
struct guest_exit_info {
    uint64_t cause;  /* scause */
    uint64_t value;  /* stval: guest virtual address, or the instruction's bits */
    gpa_t gpa;       /* guest page faults: htval and the low bits of stval */
    uint64_t htinst; /* transformed instruction, or 0 */
};

/* True if this hart can run guests. Any context. */
bool guest_is_supported(void);

/* Prepares this hart: delegation, counters, no injected interrupt. Once per CPU, if present. */
void guest_cpu_init(void);

/*
 * What of arch_features a guest has: of Svade and Svadu, the one that says who sets the A and D
 * bits of its tables (none, if the machine's device tree does not say). After guest_cpu_init of the
 * boot CPU.
 */
uint64_t guest_features(void);

/*
 * As OpenSBI leaves a hart to a kernel: VS mode at pc with translation off, traps go there, too,
 * floats are on, U mode may read the counters; a0 and a1 as given, everything else zero.
 */
void guest_state_init(struct guest_state *v, gpa_t pc, uint64_t a0, uint64_t a1, bool has_sstc);

/*
 * Enters the guest. Loaded (guest_load), interrupts masked, thread context with preemption allowed.
 * Returns what guest_exit() returned, interrupts masked; all of v->frame is valid then.
 */
long guest_enter(struct guest_state *v);

/* Interrupts masked. Brings v's CSRs and floats into this hart (as far as they are not). */
void guest_load(struct guest_state *v);

/* Interrupts masked, on the hart that has them. Saves v's CSRs, floats if they were changed. */
void guest_put(struct guest_state *v);

/* In guest_exit() before interrupts are enabled: the rest of the cause of the exit. */
void guest_exit_read(const struct guest_state *v, struct guest_exit_info *exit);

/*
 * In guest_exit(), masked, for an exit whose cause is an interrupt: takes it, as if it had come in
 * kernel mode. May switch threads; masked on return.
 */
void guest_interrupt(struct guest_state *v);

/* --- guest state; v loaded, interrupts masked ------------------------------------------------- */

/* The exception as the guest's hart would take it: into VS mode at vstvec. */
void guest_inject(struct guest_state *v, uint64_t cause, uint64_t value);

/* The address that an exception of the guest goes to. */
uint64_t guest_trap_vector(const struct guest_state *v);

/* Sets the bits of hvip that are in mask to those of value. */
void guest_irq_assign(struct guest_state *v, uint64_t mask, uint64_t value);

/* Interrupts that are pending and enabled in the guest (bits of its sip), whether SIE is set. */
uint64_t guest_irq_wanted(struct guest_state *v);

/* Tick at which its timer makes one of them pending, if it is enabled; else UINT64_MAX. */
uint64_t guest_irq_deadline(const struct guest_state *v);

/* vsatp: how the guest translates. */
uint64_t guest_translation(const struct guest_state *v);

void guest_timer_set(struct guest_state *v, uint64_t deadline); /* has_sstc only */
void guest_timer_off(
    struct guest_state *v); /* loaded, without has_sstc: no deadline of another guest reaches it */

/* The exit came from the guest's user mode. */
static inline bool guest_is_user(const struct guest_state *v);

/*
 * Reads the instruction at a guest virtual address with the guest's own rights to execute. False:
 * it cannot be read so, which does not mean that it cannot be executed (QEMU 7.2 wants the right to
 * read, too). Clobbers the exit CSRs.
 */
bool guest_read_instruction(struct guest_state *v, gva_t addr, uint32_t *insn) MUST_CHECK;

/*
 * Reads a doubleword with the guest's rights to read. True; else *fault says why not. Clobbers the
 * exit CSRs.
 */
bool guest_read_u64(struct guest_state *v, gva_t addr, uint64_t *value,
                    struct guest_exit_info *fault) MUST_CHECK;

/* --- guest translations on this hart ---------------------------------------------------------- */

/* First-stage entries of the VMID in hgatp: all; one address space; a page. ~0: all. */
void guest_fence_stage1(uint64_t addr, uint64_t asid);

#define GUEST_ALL UINT64_MAX

/* Number of VMIDs this machine has (a power of two; 1: none). After guest_cpu_init of the boot CPU.
 */
unsigned guest_vmid_count(void);

/* hgatp of this hart: the root of an Sv39x4 table (16 KiB aligned). Interrupts masked. */
void guest_stage2_set(paddr_t root, vmid_t vmid);

/* hfence.gvma on this hart: entries of one VMID, or of all. */
void guest_fence_stage2(vmid_t vmid);
void guest_fence_stage2_all(void);

/* hfence.gvma of a range and a VMID on the other CPUs of the mask; done on return. Any context. */
void guest_fence_stage2_remote(cpumask_t cpus, gpa_t start, uint64_t size, vmid_t vmid);

#endif
