/*
 * Offsets into C structures for assembly, checked by static asserts in arch/riscv/context, and
 * macros that save and restore a trap frame. Only arch/riscv includes this.
 */
#ifndef RISCV_ASM_H
#define RISCV_ASM_H

/* struct arch_thread */
#define THREAD_PERCPU        0
#define THREAD_CPU           8
#define THREAD_PREEMPT       12
#define THREAD_NEED_RESCHED  16
#define THREAD_USER_WORK     20
#define THREAD_USER_FRAME    24
#define THREAD_STACK_BASE    32
#define THREAD_STACK_SIZE_   40
#define THREAD_SCRATCH0      48
#define THREAD_SCRATCH1      56
#define THREAD_OVERFLOW_BASE 64
#define THREAD_RA            72
#define THREAD_SP            80
#define THREAD_S0            88
#define THREAD_FPU           184
#define THREAD_STACK_GUARD   200 /* and make/toolchain.mk */

/* struct trap_frame: x[n] at 8n with the pc in the place of x0. */
#define FRAME_X(n)    (8 * (n))
#define FRAME_PC      0
#define FRAME_STATUS  256
#define FRAME_CAUSE   264
#define FRAME_VALUE   272
#define FRAME_ORIG_A0 280
#define FRAME_SIZE    288

#define BOOT_STACK_SIZE      16384
#define EMERGENCY_STACK_SIZE 4096

#ifdef __ASSEMBLY__

/* An exception-table entry: a fault at \from goes on at \to. 32-bit distances from the entry itself. */
.macro ex_entry from, to
    .pushsection ex_table, "a"
    .balign 4
    .word \from - .
    .word \to - .
    .popsection
.endm

/* Frame at sp. All registers but x1 (ra), x2 (sp), x4 (tp), x5 (t0), x6 (t1). */
.macro frame_save_rest
    sd gp, FRAME_X(3)(sp)
    sd t2, FRAME_X(7)(sp)
    sd s0, FRAME_X(8)(sp)
    sd s1, FRAME_X(9)(sp)
    sd a0, FRAME_X(10)(sp)
    sd a1, FRAME_X(11)(sp)
    sd a2, FRAME_X(12)(sp)
    sd a3, FRAME_X(13)(sp)
    sd a4, FRAME_X(14)(sp)
    sd a5, FRAME_X(15)(sp)
    sd a6, FRAME_X(16)(sp)
    sd a7, FRAME_X(17)(sp)
    sd s2, FRAME_X(18)(sp)
    sd s3, FRAME_X(19)(sp)
    sd s4, FRAME_X(20)(sp)
    sd s5, FRAME_X(21)(sp)
    sd s6, FRAME_X(22)(sp)
    sd s7, FRAME_X(23)(sp)
    sd s8, FRAME_X(24)(sp)
    sd s9, FRAME_X(25)(sp)
    sd s10, FRAME_X(26)(sp)
    sd s11, FRAME_X(27)(sp)
    sd t3, FRAME_X(28)(sp)
    sd t4, FRAME_X(29)(sp)
    sd t5, FRAME_X(30)(sp)
    sd t6, FRAME_X(31)(sp)
.endm

/* The caller-saved registers but ra, sp, tp, t0, t1. */
.macro frame_load_caller_saved
    ld t2, FRAME_X(7)(sp)
    ld a0, FRAME_X(10)(sp)
    ld a1, FRAME_X(11)(sp)
    ld a2, FRAME_X(12)(sp)
    ld a3, FRAME_X(13)(sp)
    ld a4, FRAME_X(14)(sp)
    ld a5, FRAME_X(15)(sp)
    ld a6, FRAME_X(16)(sp)
    ld a7, FRAME_X(17)(sp)
    ld t3, FRAME_X(28)(sp)
    ld t4, FRAME_X(29)(sp)
    ld t5, FRAME_X(30)(sp)
    ld t6, FRAME_X(31)(sp)
.endm

/* s1 .. s11 */
.macro frame_load_callee_saved
    ld s1, FRAME_X(9)(sp)
    ld s2, FRAME_X(18)(sp)
    ld s3, FRAME_X(19)(sp)
    ld s4, FRAME_X(20)(sp)
    ld s5, FRAME_X(21)(sp)
    ld s6, FRAME_X(22)(sp)
    ld s7, FRAME_X(23)(sp)
    ld s8, FRAME_X(24)(sp)
    ld s9, FRAME_X(25)(sp)
    ld s10, FRAME_X(26)(sp)
    ld s11, FRAME_X(27)(sp)
.endm

#endif
#endif
