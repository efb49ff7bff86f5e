/*
 * Switching threads. a0 = prev (= tp), a1 = next; returns, on next's stack, with a0 = the thread that
 * was left. Only callee-saved registers are kept: the caller's C code has saved the others.
 */
#include <riscv/asm.h>
#include <riscv/csr.h>

    .text
    .globl arch_switch
    .type arch_switch, @function
    .balign 4
arch_switch:
    csrr    t0, sstatus
    sd      ra, THREAD_RA(a0)
    sd      sp, THREAD_SP(a0)
    li      t1, SSTATUS_FS
    and     t0, t0, t1
    ld      t1, THREAD_FPU(a1)
    or      t0, t0, t1
    sd      s0, THREAD_S0 + 0(a0)
    sd      s1, THREAD_S0 + 8(a0)
    bnez    t0, .Lfloats                /* floats in use by prev, or perhaps by next */
.Lswitch:
    sd      s2, THREAD_S0 + 16(a0)
    sd      s3, THREAD_S0 + 24(a0)
    sd      s4, THREAD_S0 + 32(a0)
    sd      s5, THREAD_S0 + 40(a0)
    sd      s6, THREAD_S0 + 48(a0)
    sd      s7, THREAD_S0 + 56(a0)
    sd      s8, THREAD_S0 + 64(a0)
    sd      s9, THREAD_S0 + 72(a0)
    sd      s10, THREAD_S0 + 80(a0)
    sd      s11, THREAD_S0 + 88(a0)
    ld      t0, THREAD_PERCPU(a0)
    lw      t1, THREAD_CPU(a0)
    sd      t0, THREAD_PERCPU(a1)
    sw      t1, THREAD_CPU(a1)
    mv      tp, a1
    ld      ra, THREAD_RA(a1)
    ld      sp, THREAD_SP(a1)
    ld      s0, THREAD_S0 + 0(a1)
    ld      s1, THREAD_S0 + 8(a1)
    ld      s2, THREAD_S0 + 16(a1)
    ld      s3, THREAD_S0 + 24(a1)
    ld      s4, THREAD_S0 + 32(a1)
    ld      s5, THREAD_S0 + 40(a1)
    ld      s6, THREAD_S0 + 48(a1)
    ld      s7, THREAD_S0 + 56(a1)
    ld      s8, THREAD_S0 + 64(a1)
    ld      s9, THREAD_S0 + 72(a1)
    ld      s10, THREAD_S0 + 80(a1)
    ld      s11, THREAD_S0 + 88(a1)
    ret

.Lfloats:
    mv      s0, a0
    mv      s1, a1
    call    fpu_switch
    mv      a0, s0
    mv      a1, s1
    j       .Lswitch
    .size arch_switch, . - arch_switch

/* Entry of a new thread: s0 = entry, s1 = its argument. The zero ra ends backtraces. */
    .globl context_start
    .type context_start, @function
    .balign 4
context_start:
    mv      t0, s0
    mv      a0, s1
    li      s0, 0
    li      ra, 0
    jr      t0
    .size context_start, . - context_start
