/*
 * A guest on the host, where no hart runs one: its registers, which a test reads and writes. What
 * it does is a function of the test (<vcpu/host.h>).
 */
#ifndef GUEST_STATE_H
#define GUEST_STATE_H

#include <base/types.h>

#define GUEST_IRQ_SOFTWARE (1ul << 2)
#define GUEST_IRQ_TIMER    (1ul << 6)
#define GUEST_IRQ_EXTERNAL (1ul << 10)

struct guest_state {
    struct {
        uint64_t pc, x[32];
    } frame;
};

static inline bool guest_is_user(const struct guest_state *v)
{
    return false;
}

#endif
