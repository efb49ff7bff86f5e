/*
 * What the guest entry path needs from its composer (virt/vcpu).
 */
#ifndef GUEST_UPCALLS_H
#define GUEST_UPCALLS_H

#include <guest/guest.h>

/*
 * The guest left, for v->frame.cause. Interrupts masked, on the thread that called guest_enter().
 * In v->frame the pc and all registers are valid but s0 to s11. May enable interrupts and sleep;
 * returns with interrupts masked: GUEST_RESUME, and then v is loaded; or a value for guest_enter()
 * to return.
 */
long guest_exit(struct guest_state *v);

/* This CPU's part of the state; called with interrupts masked. */
struct guest_hart *guest_this_cpu(void);

#endif
