/* Bodies of <arch/timer.h> for RISC-V. */
#ifndef ARCH_IMPL_TIMER_H
#define ARCH_IMPL_TIMER_H

static inline uint64_t arch_time(void)
{
    uint64_t now;

    __asm__ volatile("rdtime %0" : "=r"(now));
    return now;
}

#endif
