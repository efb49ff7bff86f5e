/*
 * The float side of a thread switch, called by arch_switch() only.
 */
#ifndef FPU_FPU_H
#define FPU_FPU_H

struct arch_thread;

/* prev (current) is left for next: saves prev's registers if they were written, arranges next's. */
void fpu_switch(struct arch_thread *prev, struct arch_thread *next);

#endif
