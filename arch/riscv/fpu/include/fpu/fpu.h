/*
 * Ownership of a hart's float registers: by threads, at switches, and by guests that a thread runs.
 */
#ifndef FPU_FPU_H
#define FPU_FPU_H

#include <base/types.h>

struct arch_fpu;
struct arch_thread;

/* Switch from prev (current) to next: save the registers if they were written, and prepare next's.
 * Called by arch_switch() only. */
void fpu_switch(struct arch_thread *prev, struct arch_thread *next);

/*
 * fpu_take: make o the owner of this hart's registers, saving the previous owner's and loading o's
 * if necessary. The unit stays off: o's own mode turns it on. o has a state. Call fpu_put() before
 * its thread is switched out. Interrupts masked. Both do nothing without a unit.
 */
void fpu_take(struct arch_fpu *o);

/*
 * fpu_put: save o's registers to its state, all if they were written, else only fcsr. o stays the
 * owner until another takes them. The unit is off. Interrupts masked.
 */
void fpu_put(struct arch_fpu *o, bool is_dirty);

#endif
