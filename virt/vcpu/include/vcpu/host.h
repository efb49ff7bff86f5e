/*
 * vCPUs in tests on the host: the guest is a function of the test, with a stack of its own. Each
 * hart that is started calls it; returning stops the hart (HSM hart_stop).
 *
 * It exits by the calls below, which return when vcpu_run() has completed the exit. Harts take
 * turns: each runs until it exits. One machine at a time.
 */
#ifndef VCPU_HOST_H
#define VCPU_HOST_H

#ifdef HOST

#include <vcpu/vcpu.h>

/* Set by the test. v->guest.frame holds the start address (pc), hart id and argument (x10, x11). */
extern void (*host_guest)(struct vcpu *v);

struct host_sbi {
    int64_t error;
    uint64_t value;
};
struct host_sbi host_guest_call(struct vcpu *v, uint64_t extension, uint64_t function, uint64_t a0,
                                uint64_t a1, uint64_t a2);

/* Access a device. False: none is there. */
bool host_guest_load(struct vcpu *v, uint64_t gpa, unsigned size, uint64_t *value);
bool host_guest_store(struct vcpu *v, uint64_t gpa, unsigned size, uint64_t value);

/* wfi until one of these interrupts (GUEST_IRQ_*) is pending. Returns those that are. */
uint64_t host_guest_wait(struct vcpu *v, uint64_t irqs);

/* Exit with VCPU_EXIT_FAILED. Does not return. */
void host_guest_fail(struct vcpu *v, const char *what);

#endif
#endif
