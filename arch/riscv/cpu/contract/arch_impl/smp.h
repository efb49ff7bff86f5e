/* Bodies of <arch/smp.h> for RISC-V. */
#ifndef ARCH_IMPL_SMP_H
#define ARCH_IMPL_SMP_H

static inline void arch_ipi_clear(void)
{
    __asm__ volatile("csrci sip, 2" : : : "memory"); /* SSIP */
}

#endif
