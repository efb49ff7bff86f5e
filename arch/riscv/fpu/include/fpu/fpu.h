/*
 * The owner of a hart's float registers: threads at a switch, and others in a thread's turn.
 */
#ifndef FPU_FPU_H
#define FPU_FPU_H

#include <base/types.h>

struct arch_fpu;
struct arch_thread;

/* prev (current) is left for next: saves the registers if they were written, arranges next's.
 * Called by arch_switch() only. */
void fpu_switch(struct arch_thread *prev, struct arch_thread *next);

/*
 * The registers of this hart are o's from now on, loaded if they are not there; what their owner
 * before wrote is saved. The unit is off: o's own mode turns it on. o has a state. Before its
 * thread is left: fpu_put(). Interrupts masked. Both do nothing where there is no unit.
 */
void fpu_take(struct arch_fpu *o);

/*
 * o's registers into its state: all if they were written, else fcsr alone. They stay o's until
 * somebody takes them. The unit is off. Interrupts masked.
 */
void fpu_put(struct arch_fpu *o, bool is_dirty);

#endif
