/*
 * Traps from kernel mode. tp is the current thread; sp should be in its kernel stack, but is
 * checked: if a frame does not fit below it, the trap is a stack overflow (the guard page was hit,
 * or sp is garbage) and continues on the emergency stack.
 *
 * The frame is complete. Below it lie 16 bytes that look like a function's frame record, so that
 * backtraces of the handler lead through the trap to the interrupted code.
 */
#include <riscv/asm.h>
#include <riscv/csr.h>

#define RECORD_SIZE 16
#define ALL_SIZE    (FRAME_SIZE + RECORD_SIZE)

    .text
    .globl trap_from_kernel
    .type trap_from_kernel, @function
    .balign 4
trap_from_kernel:
    sd      t0, THREAD_SCRATCH0(tp)
    sd      t1, THREAD_SCRATCH1(tp)
    ld      t0, THREAD_STACK_BASE(tp)
    ld      t1, THREAD_STACK_SIZE_(tp)
    sub     t0, sp, t0
    addi    t0, t0, -ALL_SIZE
    bgeu    t0, t1, .Loverflow          /* also when the subtraction wrapped */

    addi    sp, sp, -ALL_SIZE
    sd      ra, FRAME_X(1)(sp)
    addi    t0, sp, ALL_SIZE
    sd      t0, FRAME_X(2)(sp)
    ld      t0, THREAD_SCRATCH0(tp)
    ld      t1, THREAD_SCRATCH1(tp)
.Lsave:
    sd      tp, FRAME_X(4)(sp)
    sd      t0, FRAME_X(5)(sp)
    sd      t1, FRAME_X(6)(sp)
    frame_save_rest

    li      t0, SSTATUS_SUM
    csrrc   t1, sstatus, t0             /* the handler does not inherit access to user memory */
    csrr    t0, sepc
    csrr    a1, scause
    csrr    t2, stval
    sd      t1, FRAME_STATUS(sp)
    sd      t0, FRAME_PC(sp)
    sd      a1, FRAME_CAUSE(sp)
    sd      t2, FRAME_VALUE(sp)

    sd      s0, FRAME_SIZE(sp)          /* the frame record: caller's fp, return address */
    sd      t0, FRAME_SIZE + 8(sp)
    addi    s0, sp, ALL_SIZE
    mv      a0, sp
    ld      t0, THREAD_OVERFLOW_BASE(tp)
    bnez    t0, .Lreport

    bgez    a1, .Lexception
    andi    a1, a1, 0xff
    call    trap_irq
    j       .Lreturn
.Lexception:
    call    kernel_fault

.Lreturn:
    /* Float and vector state belongs to the hart, not the frame: keep the live fields. */
    ld      t0, FRAME_STATUS(sp)
    csrr    t1, sstatus
    li      t2, SSTATUS_FS | SSTATUS_VS
    xor     t1, t1, t0
    and     t1, t1, t2
    xor     t0, t0, t1
    ld      t1, FRAME_PC(sp)
    csrw    sstatus, t0                 /* SPP, SPIE, SUM as they were; SIE is clear in both */
    csrw    sepc, t1
    frame_load_caller_saved             /* the C code kept the callee-saved registers */
    ld      s0, FRAME_X(8)(sp)
    ld      ra, FRAME_X(1)(sp)
    ld      t0, FRAME_X(5)(sp)
    ld      t1, FRAME_X(6)(sp)
    ld      sp, FRAME_X(2)(sp)
    sret

/*
 * One emergency stack for the machine: the first hart to overflow gets it, another (or a second
 * overflow here) halts, so that exactly one report is printed.
 */
.Loverflow:
    la      t0, emergency_taken
    li      t1, 1
    amoswap.w.aq t1, t1, (t0)
    bnez    t1, .Lpark
    ld      t0, THREAD_STACK_BASE(tp)
    sd      t0, THREAD_OVERFLOW_BASE(tp)
    la      t0, emergency_stack
    sd      t0, THREAD_STACK_BASE(tp)
    li      t1, EMERGENCY_STACK_SIZE
    sd      t1, THREAD_STACK_SIZE_(tp)
    add     t0, t0, t1
    addi    t0, t0, -ALL_SIZE
    sd      ra, FRAME_X(1)(t0)
    sd      sp, FRAME_X(2)(t0)
    mv      sp, t0
    ld      t0, THREAD_SCRATCH0(tp)
    ld      t1, THREAD_SCRATCH1(tp)
    j       .Lsave
.Lreport:
    /* An exception within the report would come here again: allow it only once. */
    la      t0, emergency_reported
    li      t1, 1
    amoswap.w t1, t1, (t0)
    bnez    t1, .Lpark
    call    kernel_stack_overflow
.Lpark:
    csrw    sie, zero
1:  wfi
    j       1b
    .size trap_from_kernel, . - trap_from_kernel

    .section .data.emergency, "aw"
    .balign 4
emergency_taken:
    .word   0
emergency_reported:
    .word   0

    .section .noinit.emergency_stack, "aw", @nobits
    .balign 16
emergency_stack:
    .skip   EMERGENCY_STACK_SIZE
