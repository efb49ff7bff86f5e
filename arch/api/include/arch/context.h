/*
 * The arch contract, 3: the architecture's part of a thread, and switching between threads.
 *
 * struct arch_thread is the first member of struct thread; tp points at it. It also holds the few
 * words that every path uses (this CPU's data, preemption count), so that reading them is one load.
 * Assembly knows the offsets (arch_impl/thread_offsets.h, checked by static asserts).
 *
 * Life: arch_thread_init() once the stack exists; arch_switch() from then on; nothing to release,
 * but arch_fpu_forget() must be called before the memory of a thread that used floats is freed.
 */
#ifndef ARCH_CONTEXT_H
#define ARCH_CONTEXT_H

#include <base/types.h>

struct arch_fpu_state;

/* Float state, in memory or newer in the registers of a hart; see <arch/fpu.h>. */
struct arch_fpu {
    struct arch_fpu_state *state; /* NULL: floats are not allowed */
    uint32_t cpu;                 /* 1 + CPU whose registers may hold them, or 0 */
    uint32_t is_recent;           /* written in its last turn: load at the next switch to it */
};

struct arch_thread {
    uintptr_t
        percpu_offset;      /* 0  [p] added to a per-CPU variable's address gives this CPU's copy */
    uint32_t cpu;           /* 8  [p] dense index of the CPU it runs on, or last ran on */
    uint32_t preempt_count; /* 12 [p] preemption allowed at 0; spinlocks and irq handlers count */
    uint32_t need_resched;  /* 16 [p] set on the running thread: reschedule as soon as allowed */
    uint32_t user_work;     /* 20 [a] nonzero: user_return() before the next return to user mode */
    uintptr_t user_frame;   /* 24 [I] trap frame of user mode at the top of the kernel stack */
    uintptr_t stack_base;   /* 32 [I] lowest byte of the kernel stack; a guard page lies below */
    uintptr_t stack_size;   /* 40 [I] bytes */
    uintptr_t scratch[2];   /* 48 [p] trap entry only, with interrupts masked */
    uintptr_t
        overflow_base; /* 64 [p] the stack that overflowed, once on the emergency stack; else 0 */
    /* The switched-out context: callee-saved registers. */
    uintptr_t ra;          /* 72 */
    uintptr_t sp;          /* 80 */
    uintptr_t s[12];       /* 88 */
    struct arch_fpu fpu;   /* 184 [p] */
    uintptr_t stack_guard; /* 200 [p] the stack protector's canary, inherited from the creator */
};

/*
 * Prepare `t` so that the first arch_switch() to it calls entry(arg) on the given stack, with
 * interrupts masked (the scheduler's lock is still held) and preempt_count as the scheduler sets
 * it. entry must not return. stack_base is page aligned; the caller provides a guard page below.
 */
void arch_thread_init(struct arch_thread *t, void *stack_base, size_t stack_size,
                      void (*entry)(void *arg), void *arg);

/*
 * Save the running context in prev and continue with next, on this CPU. Interrupts masked. Returns
 * when somebody switches back to prev, with the thread that was left last (for its release). Moves
 * cpu and percpu_offset to next; saves float state if it is dirty. Does not switch the address
 * space.
 */
struct arch_thread *arch_switch(struct arch_thread *prev, struct arch_thread *next);

/*
 * Store return addresses, innermost first, from frame pointer fp within stack [low, high). Safe on
 * garbage: stops at the first frame that is not higher in the stack. Returns how many were stored.
 */
size_t arch_backtrace(uintptr_t fp, uintptr_t low, uintptr_t high, uintptr_t *pcs, size_t max);

#endif
