/*
 * The arch contract on the host, where nothing traps.
 */
#ifndef ARCH_IMPL_TRAP_H
#define ARCH_IMPL_TRAP_H

struct trap_frame;

#define TRAP_IRQ_SOFTWARE 1
#define TRAP_IRQ_TIMER    5
#define TRAP_IRQ_EXTERNAL 9

#endif
