/*
 * The hypervisor extension: running a guest in VS and VU mode on this hart.
 *
 * hext_enter() enters the guest and returns at an exit. On the way there are three stages, so that
 * a frequent exit costs little:
 *
 *   1. trap_from_guest (enter.S) answers SBI BASE calls and, with Sstc, SBI set_timer with two
 *      registers saved;
 *   2. otherwise the caller-saved registers are saved, and the upcall guest_exit() runs on the vCPU
 *      thread's stack like a function called by hext_enter(). It may enable interrupts and sleep.
 * If it returns HEXT_RESUME the guest goes on;
 *   3. only else the callee-saved registers are saved as well, and hext_enter() returns.
 *
 * The guest's VS CSRs and float registers stay in the hart while the same vCPU comes back to it.
 * hext_load() brings them in if they are not, hext_put() saves them; the owner calls hext_put()
 * from the switch-out hook of the vCPU's thread and hext_load() before the guest goes on.
 *
 * Privileged specification 1.12, chapter 8 "Hypervisor Extension". No other component names its
 * CSRs.
 */
#ifndef HEXT_HEXT_H
#define HEXT_HEXT_H

#include <arch/context.h>
#include <arch/fpu.h>
#include <arch/trap.h>
#include <base/types.h>
#include <hext/csrs.h>
#include <hext/offsets.h>

/* Interrupts that can be injected: bits of hvip, hideleg and of hip. */
#define HEXT_IRQ_SOFTWARE (1ul << 2)
#define HEXT_IRQ_TIMER    (1ul << 6)
#define HEXT_IRQ_EXTERNAL (1ul << 10)

/* What guest_exit() returns to go on; anything else ends hext_enter() with that value. */
#define HEXT_RESUME 0

/* Guest CSRs while they are not in the hart. */
struct hext_csrs {
#define HEXT_CSR_MEMBER(name, number) uint64_t name;
    HEXT_CSRS_SWITCHED(HEXT_CSR_MEMBER)
    HEXT_CSRS_OPTIONAL(HEXT_CSR_MEMBER)
#undef HEXT_CSR_MEMBER
    uint64_t vstimecmp; /* with Sstc; else unused */
    uint64_t henvcfg;   /* [I] */
};

/*
 * [p] only by the thread of the vCPU, or by others while it does not run   [I] immutable once
 * started
 */
/* Whose CSRs a hart holds; only compared, never followed. One for each CPU, zeroed at first. */
struct hext_cpu {
    const struct hext_vcpu *loaded;
};

struct hext_vcpu {
    struct trap_frame frame; /* [p] guest registers, sstatus, scause and stval of the last exit */
    uint64_t hstatus;        /* [I] for entries */
    uint64_t host_sp, host_tp, host_stvec; /* [p] of the hext_enter() in progress */
    uint64_t has_sstc;                     /* [I] the guest's timer is vstimecmp */
    uint64_t sbi_base[HEXT_SBI_BASE_NR];   /* [I] answers to SBI BASE functions; 3 (probe) unused */

    struct hext_csrs csrs;             /* [p] valid unless is_loaded */
    bool is_loaded;                    /* [p] the CSRs are in the hart that it runs on */
    const struct hext_cpu *cpu;        /* [p] where it was loaded last, NULL: nowhere yet */
    struct arch_fpu fpu;               /* [p] its floats, as any thread's */
    struct arch_fpu_state float_state; /* fpu.state points here */
};

/* What a memory fault or a virtual instruction told, besides cause and stval. */
struct hext_exit {
    uint64_t cause;  /* scause */
    uint64_t value;  /* stval: guest virtual address, or the instruction's bits */
    gpa_t gpa;       /* guest page faults: htval and the low bits of stval */
    uint64_t htinst; /* transformed instruction, or 0 */
};

/* True if this hart has the extension. Any context. */
bool hext_is_present(void);

/* Prepares this hart: delegation, counters, no injected interrupt. Once per CPU, if present. */
void hext_cpu_init(void);

/*
 * What of arch_features a guest has: of Svade and Svadu, the one that says who sets the A and D
 * bits of its tables (none, if the machine's device tree does not say). After hext_cpu_init of the
 * boot CPU.
 */
uint64_t hext_guest_features(void);

/*
 * As OpenSBI leaves a hart to a kernel: VS mode at pc with translation off, traps go there, too,
 * floats are on, U mode may read the counters; a0 and a1 as given, everything else zero.
 */
void hext_vcpu_init(struct hext_vcpu *v, gpa_t pc, uint64_t a0, uint64_t a1, bool has_sstc);

/*
 * Enters the guest. Loaded (hext_load), interrupts masked, thread context with preemption allowed.
 * Returns what guest_exit() returned, interrupts masked; all of v->frame is valid then.
 */
long hext_enter(struct hext_vcpu *v);

/* Interrupts masked. Brings v's CSRs and floats into this hart (as far as they are not). */
void hext_load(struct hext_vcpu *v);

/* Interrupts masked, on the hart that has them. Saves v's CSRs, floats if they were changed. */
void hext_put(struct hext_vcpu *v);

/* In guest_exit() before interrupts are enabled: the rest of the cause of the exit. */
void hext_exit_read(const struct hext_vcpu *v, struct hext_exit *exit);

/*
 * In guest_exit(), masked, for an exit whose cause is an interrupt: takes it, as if it had come in
 * kernel mode. May switch threads; masked on return.
 */
void hext_interrupt(struct hext_vcpu *v);

/* --- guest state; v loaded, interrupts masked ------------------------------------------------- */

/* The exception as the guest's hart would take it: into VS mode at vstvec. */
void hext_inject(struct hext_vcpu *v, uint64_t cause, uint64_t value);

/* The address that an exception of the guest goes to. */
uint64_t hext_trap_vector(const struct hext_vcpu *v);

/* Sets the bits of hvip that are in mask to those of value. */
void hext_irq_assign(struct hext_vcpu *v, uint64_t mask, uint64_t value);

/* Interrupts that are pending and enabled in the guest (bits of its sip), whether SIE is set. */
uint64_t hext_irq_wanted(struct hext_vcpu *v);

/* Tick at which its timer makes one of them pending, if it is enabled; else UINT64_MAX. */
uint64_t hext_irq_deadline(const struct hext_vcpu *v);

/* vsatp: how the guest translates. */
uint64_t hext_translation(const struct hext_vcpu *v);

void hext_timer_set(struct hext_vcpu *v, uint64_t deadline); /* has_sstc only */
void hext_timer_off(
    struct hext_vcpu *v); /* loaded, without has_sstc: no deadline of another guest reaches it */

static inline bool hext_is_user(const struct hext_vcpu *v) /* the exit came from VU mode */
{
    return !(v->frame.status & 0x100); /* sstatus.SPP */
}

/*
 * Reads the instruction at a guest virtual address with the guest's own rights to execute. False:
 * it cannot be read so, which does not mean that it cannot be executed (QEMU 7.2 wants the right to
 * read, too). Clobbers the exit CSRs.
 */
bool hext_read_instruction(struct hext_vcpu *v, gva_t addr, uint32_t *insn) MUST_CHECK;

/*
 * Reads a doubleword with the guest's rights to read. True; else *fault says why not. Clobbers the
 * exit CSRs.
 */
bool hext_read_u64(struct hext_vcpu *v, gva_t addr, uint64_t *value,
                   struct hext_exit *fault) MUST_CHECK;

/* --- guest translations on this hart ---------------------------------------------------------- */

/* First-stage entries of the VMID in hgatp: all; one address space; a page. ~0: all. */
void hext_fence_vvma(uint64_t addr, uint64_t asid);

#define HEXT_ALL UINT64_MAX

/* Number of VMIDs this machine has (a power of two; 1: none). After hext_cpu_init of the boot CPU.
 */
unsigned hext_vmid_count(void);

/* hgatp of this hart: the root of an Sv39x4 table (16 KiB aligned). Interrupts masked. */
void hext_gstage_set(paddr_t root, vmid_t vmid);

/* hfence.gvma on this hart: entries of one VMID, or of all. */
void hext_fence_gvma(vmid_t vmid);
void hext_fence_gvma_all(void);

/* hfence.gvma of a range and a VMID on the other CPUs of the mask; done on return. Any context. */
void hext_fence_gvma_remote(cpumask_t cpus, gpa_t start, uint64_t size, vmid_t vmid);

#endif
