/*
 * The arch contract on the host, where nothing traps.
 */
#ifndef ARCH_IMPL_TRAP_H
#define ARCH_IMPL_TRAP_H

struct trap_frame;

#endif
