/*
 * riscv64: <machine/machine.h>. Layouts from arch/riscv's uapi sigcontext.h and ucontext.h.
 */
#ifndef MACHINE_IMPL_MACHINE_H
#define MACHINE_IMPL_MACHINE_H

#include <base/types.h>

#define MACHINE_NAME       "riscv64"
#define MACHINE_CONTEXT_AT 176

struct machine_context {
    uint64_t regs[32]; /* pc, then x1 .. x31 */
    union {
        struct {
            uint64_t f[32];
            uint32_t fcsr;
        } d;
        uint64_t space[66]; /* struct __riscv_q_ext_state: f[64], fcsr, reserved[3] */
    };
} ALIGNED(16);
_Static_assert(sizeof(struct machine_context) == 784, "struct sigcontext of riscv64");

#endif
