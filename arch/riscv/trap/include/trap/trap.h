/*
 * The kernel-mode trap entry, for those that set stvec (arch/riscv only).
 */
#ifndef TRAP_TRAP_H
#define TRAP_TRAP_H

void trap_from_kernel(void);

#endif
