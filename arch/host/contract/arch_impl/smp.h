/*
 * The arch contract on the host: there is one CPU.
 */
#ifndef ARCH_IMPL_SMP_H
#define ARCH_IMPL_SMP_H

static inline void arch_ipi_clear(void)
{
}

#endif
