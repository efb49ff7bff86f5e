/*
 * What the guest entry path needs from its composer (virt/vcpu).
 */
#ifndef HEXT_UPCALLS_H
#define HEXT_UPCALLS_H

#include <hext/hext.h>

/*
 * The guest left, for v->frame.cause. Interrupts masked, on the thread that called hext_enter(). In
 * v->frame the pc and all registers are valid but s0 to s11. May enable interrupts and sleep;
 * returns with interrupts masked: HEXT_RESUME, and then v is loaded; or a value for hext_enter() to
 * return.
 */
long guest_exit(struct hext_vcpu *v);

/* This CPU's part of the state; called with interrupts masked. */
struct hext_cpu *guest_this_cpu(void);

#endif
