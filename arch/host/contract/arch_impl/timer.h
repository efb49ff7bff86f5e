/*
 * The arch contract on the host: time is a variable that tests move (host_ticks).
 */
#ifndef ARCH_IMPL_TIMER_H
#define ARCH_IMPL_TIMER_H

#include <arch/cpu.h>

static inline uint64_t arch_time(void)
{
    return host_ticks;
}

#endif
