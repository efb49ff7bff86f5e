/*
 * The machine of tests on the host: <machine/machine.h>.
 */
#ifndef MACHINE_IMPL_MACHINE_H
#define MACHINE_IMPL_MACHINE_H

#include <arch/fpu.h>
#include <arch/trap.h>
#include <base/types.h>

#define MACHINE_NAME       "host"
#define MACHINE_CONTEXT_AT 176

struct machine_context {
    struct trap_frame frame;
    struct arch_fpu_state fpu;
} ALIGNED(16);

#endif
