/*
 * A virtual CPU: what a thread runs in VS mode.
 *
 * It uses a thread and is none: vcpu_load() attaches it to the running thread, whoever's that is,
 * and vcpu_put() takes it off again; a hook of the thread's switches saves it in between. Another
 * thread may load it afterwards.
 *
 * vcpu_run() runs the guest until something happens that the vCPU does not take itself, and returns
 * that as a value; the next vcpu_run() completes it (puts what was read into the guest's register)
 * and goes on. It takes itself: guest memory, interrupts of the host, SBI BASE, TIME, IPI, RFENCE
 * and HSM, waiting for interrupts, instructions that the guest must not execute. It knows no
 * devices and not what a machine looks like: that is its caller's, virt/vm's or a user program's.
 *
 *            vcpu_init            hart_start by another vCPU
 *   (memory) ---------> STOPPED ----------------------------> START_PENDING --> STARTED
 *                          ^                                   (vcpu_run)          |
 *                          +-------------------------------------------------------+
 *                                                hart_stop
 *
 * A hart that suspends itself is SUSPENDED until an interrupt that it enabled is pending.
 *
 * From vcpu_load() to vcpu_put() the hart's floats are the guest's while the thread runs: a thread
 * with floats of its own uses none, and does not go to user mode. vCPU n has hart id n.
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

#define VCPUS_MAX 8 /* of one machine */

struct vcpu;

/* What the vCPUs of one machine share. [I] */
struct vcpu_set {
    struct gstage *gstage;
    struct vcpu *vcpus[VCPUS_MAX];
    unsigned nr_vcpus;

    /* A vCPU is about to sleep until an interrupt. On its thread, interrupts on, short; or NULL. */
    void (*idle)(struct vcpu_set *set);
};

/* How the guest's timer interrupt comes about. */
enum vcpu_timer {
    VCPU_TIMER_TRAPPED, /* SBI set_timer arms a timer of the host, which injects the interrupt */
    VCPU_TIMER_SSTC, /* vstimecmp: the guest (or the entry path, for it) sets it, no exit to fire */
};

enum vcpu_exit_reason {
    VCPU_EXIT_NONE,
    VCPU_EXIT_MMIO,        /* mmio: a load or store on an emulated device */
    VCPU_EXIT_SBI,         /* sbi: a call that the vCPU does not take (console, reset) */
    VCPU_EXIT_STOPPED,     /* the hart stopped itself; vcpu_run() then waits to be started again */
    VCPU_EXIT_INTERRUPTED, /* vcpu_interrupt(), or the thread has work of its owner's (a signal) */
    VCPU_EXIT_FAILED,      /* failure: the guest cannot go on */
};

struct vcpu_exit {
    enum vcpu_exit_reason reason;
    union {
        struct {
            struct vdev *device; /* that the guest's memory says is there; it holds all of it */
            gpa_t gpa;
            uint8_t size; /* 1, 2, 4 or 8 */
            bool is_write;
            uint64_t data; /* written by the guest; or put here by the caller for a read */
        } mmio;
        struct {
            uint64_t extension, function;
            uint64_t args[6];
            int64_t error;  /* put here by the caller */
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

    /* Who has it loaded; for others, who wake and kick it, and so may not see that thread end. */
    struct spinlock thread_lock;                    /* interrupts masked; before the run queues' */
    struct thread *thread GUARDED_BY(&thread_lock); /* NULL: nobody */

    uint32_t hart_state; /* [a] SBI_HART_* */
    uint64_t start_pc;   /* written by the starter in START_PENDING */
    uint64_t start_opaque;
    uint32_t is_interrupted; /* [a] vcpu_run() returns VCPU_EXIT_INTERRUPTED */

    uint64_t irqs;           /* [a] GUEST_IRQ_*: what the bits of irqs_changed are to become */
    uint64_t irqs_changed;   /* [a] */
    struct timer timer;      /* VCPU_TIMER_TRAPPED */
    uint64_t timer_deadline; /* [a] in ticks */
    uint32_t fences;         /* [a] requests of other vCPUs: FENCE_* of fence.c */
    uint32_t is_in_guest;    /* [a] runs guest instructions, or reads by the guest's translations */

    struct vcpu_exit exit;          /* [o] what vcpu_run() returned last, to be completed */
    struct insn_access mmio_access; /* [o] and the instruction behind it */

    /*
     * [o] An exit whose instruction the hart did not say, so that it was read at its pc. Another
     * one may stand there by now: see exit.c.
     */
    bool is_mmio_unconfirmed;
    struct {
        uint32_t insn;
        unsigned nr_repeats; /* exits in a row, at pc, for which insn could not be the cause */
        uint64_t pc;
        uint64_t last_exit; /* nr_exits at the last of them */
    } read_insn;
    struct guest_exit_info fault; /* while is_mmio_unconfirmed */
    struct vdev *fault_device;

    uint64_t nr_exits; /* [o] of the second stage: those that reached guest_exit() */
};

/* The numbers of VMIDs and how to fence them. Once, on the boot CPU, after guest_cpu_init(). */
void vcpu_boot(void);

/* Prepares v as the next vCPU of the set, stopped. v is zeroed memory. -EINVAL: the set is full. */
int vcpu_init(struct vcpu *v, struct vcpu_set *set, enum vcpu_timer timer) MUST_CHECK;

/* Releases what vcpu_init took; nobody has it loaded. May sleep. */
void vcpu_fini(struct vcpu *v);

/* Attaches v, which no thread has loaded, to the running thread; and takes it off again. */
void vcpu_load(struct vcpu *v);
void vcpu_put(struct vcpu *v);

/*
 * As SBI hart_start: from a stopped hart to pc in VS mode, a0 = hart id, a1 = opaque. 0 or
 * SBI_ERR_*. Any context.
 */
int vcpu_hart_start(struct vcpu *v, uint64_t pc, uint64_t opaque);

/*
 * By the thread that has it loaded. Completes the last exit and runs on; the result stays valid
 * until the next call. Sleeps.
 */
struct vcpu_exit *vcpu_run(struct vcpu *v);

/* Makes vcpu_run() return VCPU_EXIT_INTERRUPTED soon, whatever it does. Any context. */
void vcpu_interrupt(struct vcpu *v);

/* Raises or takes back interrupts (GUEST_IRQ_*). Any context. */
void vcpu_irq_set(struct vcpu *v, uint64_t irqs);
void vcpu_irq_clear(struct vcpu *v, uint64_t irqs);

/* A register of the guest, x0 to x31. Between calls of vcpu_run(). */
static inline uint64_t vcpu_reg(const struct vcpu *v, unsigned n)
{
    return n == 0 ? 0 : v->guest.frame.x[n];
}

#endif
