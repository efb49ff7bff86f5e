/*
 * A virtual CPU, run by a thread in VS mode.
 *
 * It is not a thread but uses one: vcpu_load() attaches it to the running thread and vcpu_put()
 * detaches it; a hook of the thread's switches saves its state in between. Another thread may load
 * it afterwards.
 *
 * vcpu_run() runs the guest until an exit that the vCPU does not handle itself, and returns it as a
 * value; the next vcpu_run() completes it (puts a value read into the guest's register) and
 * continues. It handles: guest memory, interrupts of the host, SBI BASE, TIME, IPI, RFENCE and HSM,
 * waiting for interrupts, instructions that the guest must not execute. Devices and the layout of
 * the machine are up to its caller, virt/vm or a user program.
 *
 *            vcpu_init            hart_start by another vCPU
 *   (memory) ---------> STOPPED ----------------------------> START_PENDING --> STARTED
 *                          ^                                   (vcpu_run)          |
 *                          +-------------------------------------------------------+
 *                                                hart_stop
 *
 * A hart that suspends itself is SUSPENDED until an interrupt that it enabled is pending.
 *
 * From vcpu_load() to vcpu_put() the float registers belong to the guest while the thread runs: a
 * thread that uses floating point itself must not do so then, nor go to user mode. vCPU n has hart
 * id n.
 */
#ifndef VCPU_VCPU_H
#define VCPU_VCPU_H

#include <gstage/gstage.h>
#include <guest/guest.h>
#include <insn/insn.h>
#include <lock/spinlock.h>
#include <thread/thread.h>
#include <time/time.h>
#include <vdev/vdev.h>

#define VCPUS_MAX 8 /* per machine */

struct vcpu;

/* Shared by the vCPUs of one machine. [I] */
struct vcpu_set {
    struct gstage *gstage;
    struct vcpu *vcpus[VCPUS_MAX];
    unsigned nr_vcpus;

    /* Called when a vCPU is about to sleep until an interrupt. On its thread, interrupts on, short;
     * or NULL. */
    void (*idle)(struct vcpu_set *set);
};

/* How the guest's timer interrupt is generated. */
enum vcpu_timer {
    VCPU_TIMER_TRAPPED, /* SBI set_timer arms a host timer, which injects the interrupt */
    VCPU_TIMER_SSTC,    /* vstimecmp, set by the guest (or the entry path); fires without an exit */
};

enum vcpu_exit_reason {
    VCPU_EXIT_NONE,
    VCPU_EXIT_MMIO,        /* mmio: a load or store on an emulated device */
    VCPU_EXIT_SBI,         /* sbi: a call that the vCPU does not handle (console, reset) */
    VCPU_EXIT_STOPPED,     /* the hart stopped itself; vcpu_run() then waits to be started again */
    VCPU_EXIT_INTERRUPTED, /* vcpu_interrupt(), or work pending for the thread's owner (a signal) */
    VCPU_EXIT_FAILED,      /* failure: the guest cannot go on */
};

struct vcpu_exit {
    enum vcpu_exit_reason reason;
    union {
        struct {
            struct vdev *device; /* device at the address, which contains the whole access */
            gpa_t gpa;
            uint8_t size; /* 1, 2, 4 or 8 */
            bool is_write;
            uint64_t data; /* written by the guest, or set by the caller for a read */
        } mmio;
        struct {
            uint64_t extension, function;
            uint64_t args[6];
            int64_t error;  /* set by the caller */
            uint64_t value; /* also */
        } sbi;
        struct {
            const char *what;
            uint64_t cause, pc, value;
        } failure;
    };
};

/*
 * [o] the thread that has it loaded   [a] atomic   [I] immutable after vcpu_init
 */
struct vcpu {
    struct guest_state guest;   /* [o] */
    struct thread_hook hook;    /* [o] while it is loaded */
    struct vcpu_set *set;       /* [I] */
    unsigned id;                /* [I] hart id, index in the set */
    enum vcpu_timer timer_kind; /* [I] */

    /* Guards `thread` for other threads that wake and kick it, so that it cannot end meanwhile. */
    struct spinlock thread_lock;                    /* interrupts masked; before the run queues' */
    struct thread *thread GUARDED_BY(&thread_lock); /* thread that has it loaded, or NULL */

    uint32_t hart_state; /* [a] SBI_HART_* */
    uint64_t start_pc;   /* written by the starter in START_PENDING */
    uint64_t start_opaque;
    uint32_t is_interrupted; /* [a] vcpu_run() returns VCPU_EXIT_INTERRUPTED */

    uint64_t irqs;           /* [a] GUEST_IRQ_*: new values of the bits in irqs_changed */
    uint64_t irqs_changed;   /* [a] */
    struct timer timer;      /* VCPU_TIMER_TRAPPED */
    uint64_t timer_deadline; /* [a] in ticks */
    uint32_t fences;         /* [a] requests of other vCPUs: FENCE_* of fence.c */
    uint32_t
        is_in_guest; /* [a] runs guest instructions, or reads through the guest's translations */

    struct vcpu_exit exit;          /* [o] last result of vcpu_run(), to be completed */
    struct insn_access mmio_access; /* [o] decoded instruction of exit.mmio */

    /*
     * [o] An exit whose instruction the hart did not report, so that it was read at pc, where
     * another may have replaced it: see exit.c.
     */
    bool is_mmio_unconfirmed;
    struct {
        uint32_t insn;
        unsigned nr_repeats; /* consecutive exits at pc for which insn cannot be the cause */
        uint64_t pc;
        uint64_t last_exit; /* nr_exits at the last of them */
    } read_insn;
    struct guest_exit_info fault; /* while is_mmio_unconfirmed */
    struct vdev *fault_device;

    uint64_t nr_exits; /* [o] exits that reached guest_exit() (second stage) */
};

/* Set up VMIDs and their fences. Once, on the boot CPU, after guest_cpu_init(). */
void vcpu_boot(void);

/* Initialise v, which is zeroed, as the next vCPU of the set, stopped. -EINVAL: the set is full. */
int vcpu_init(struct vcpu *v, struct vcpu_set *set, enum vcpu_timer timer) MUST_CHECK;

/* Release the resources of vcpu_init(); v must not be loaded. May sleep. */
void vcpu_fini(struct vcpu *v);

/* Attach v, which no thread has loaded, to the running thread; detach it again. */
void vcpu_load(struct vcpu *v);
void vcpu_put(struct vcpu *v);

/*
 * Start a stopped hart as SBI hart_start: at pc in VS mode, a0 = hart id, a1 = opaque. 0 or
 * SBI_ERR_*. Any context.
 */
int vcpu_hart_start(struct vcpu *v, uint64_t pc, uint64_t opaque);

/*
 * Complete the last exit and run the guest; called by the thread that has v loaded. The result is
 * valid until the next call. Sleeps.
 */
struct vcpu_exit *vcpu_run(struct vcpu *v);

/* Make vcpu_run() return VCPU_EXIT_INTERRUPTED soon, whatever it does. Any context. */
void vcpu_interrupt(struct vcpu *v);

/* Raise or lower interrupts (GUEST_IRQ_*). Any context. */
void vcpu_irq_set(struct vcpu *v, uint64_t irqs);
void vcpu_irq_clear(struct vcpu *v, uint64_t irqs);

/* Read a register of the guest, x0 to x31. Between calls of vcpu_run(). */
static inline uint64_t vcpu_reg(const struct vcpu *v, unsigned n)
{
    return n == 0 ? 0 : v->guest.frame.x[n];
}

#endif
