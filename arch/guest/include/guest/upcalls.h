/*
 * Upcalls of the guest entry path, provided by virt/vcpu.
 */
#ifndef GUEST_UPCALLS_H
#define GUEST_UPCALLS_H

#include <guest/guest.h>

/*
 * Handle an exit for v->frame.cause. Interrupts masked, on the thread that called guest_enter(). In
 * v->frame the pc and all registers except s0 to s11 are valid. May enable interrupts and sleep;
 * returns with interrupts masked: GUEST_RESUME with v loaded, or a value for guest_enter() to
 * return.
 */
long guest_exit(struct guest_state *v);

/* Return this CPU's struct guest_hart. Interrupts masked. */
struct guest_hart *guest_this_cpu(void);

#endif
