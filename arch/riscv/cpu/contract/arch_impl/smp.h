/* Bodies of <arch/smp.h> for RISC-V. */
#ifndef ARCH_IMPL_SMP_H
#define ARCH_IMPL_SMP_H

#include <arch_impl/status.h>

static inline void arch_ipi_clear(void)
{
    __asm__ volatile("csrci sip, %0" : : "i"(SIP_SSIP) : "memory");
}

#endif
