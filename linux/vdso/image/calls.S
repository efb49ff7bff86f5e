/*
 * The vDSO's functions that make a system call, and the return from signal handlers.
 */
#include "layout.h"

#define CALL(number, name, ...)       .set NR_##name, number
#define PART(number, name, what, ...) .set NR_##name, number
#define ABSENT(number, name)          .set NR_##name, number
#include <abi/table.h>

/*
 * Unwinders (libgcc, LLVM) recognise a signal frame by these two uncompressed instructions at a
 * handler's return address, so there is no unwind information here. sp: the frame.
 */
    .section .text.sigreturn, "ax"
    .option norvc
    .globl __vdso_rt_sigreturn
    .type __vdso_rt_sigreturn, @function
__vdso_rt_sigreturn:
    li a7, NR_rt_sigreturn
    ecall
    .size __vdso_rt_sigreturn, . - __vdso_rt_sigreturn

    .text
    .option rvc
/* Arguments from a0 on as for the system call; result in a0; clobbers a7. */
.macro call_of name, number
    .globl \name
    .type \name, @function
\name:
    .cfi_startproc
    li a7, \number
    ecall
    ret
    .cfi_endproc
    .size \name, . - \name
.endm

    call_of __vdso_getcpu, NR_getcpu
    call_of __vdso_flush_icache, NR_riscv_flush_icache
