/*
 * The arch contract, 6: floats, switched lazily.
 *
 * A thread may use floats iff its arch_thread.fpu.state points at an arch_fpu_state (the kernel
 * itself never does). The unit is off (sstatus.FS = Off) whenever the registers do not hold the
 * running thread's state; the first float instruction then traps, arch_fpu_trap() loads the state,
 * and the instruction is repeated. At a switch the registers are saved only if they were written
 * since (FS = Dirty).
 *
 * A hart's registers have one owner, a struct arch_fpu: that of a thread, or of a guest that a
 * thread runs. A new owner first saves what the last one wrote.
 */
#ifndef ARCH_FPU_H
#define ARCH_FPU_H

#include <base/types.h>

struct arch_thread;
struct trap_frame;

struct arch_fpu_state {
    uint64_t f[32];
    uint64_t fcsr;
};

/*
 * Handle an illegal-instruction trap: if the unit was off and t (the current thread) may use it,
 * load t's state and return true: repeat the instruction.
 */
bool arch_fpu_trap(struct arch_thread *t, const struct trap_frame *frame);

/* Bring t->fpu.state up to date (t is current): for signal frames, fork, ptrace. Registers stay
 * loaded. */
void arch_fpu_save(struct arch_thread *t);

/* Invalidate the registers after t's state in memory was replaced (sigreturn, exec). t is
 * current. */
void arch_fpu_reload(struct arch_thread *t);

/* Drop t's ownership, before t is freed or t->fpu.state replaced. t is not running (or current). */
void arch_fpu_forget(struct arch_thread *t);

#endif
