/*
 * Traps from U mode and the return to it. While the hart is in U, stvec is trap_from_user and
 * sscratch the thread; while it is in the kernel, stvec is trap_from_kernel.
 *
 * The frame is always at the top of the thread's kernel stack (arch_thread.user_frame). Its status
 * word is set once (user_frame_init) and never changes: the float state is in the hart.
 *
 * sret needs SPP clear and nothing else: SPIE becomes SIE, which does not matter in U mode.
 */
#include <arch_impl/cause.h>
#include <riscv/asm.h>
#include <riscv/csr.h>

#include "user.h"

    .text
    .globl trap_from_user
    .type trap_from_user, @function
    .balign 4
trap_from_user:
    csrrw   tp, sscratch, tp
    sd      sp, THREAD_SCRATCH0(tp)
    ld      sp, THREAD_USER_FRAME(tp)
    sd      ra, FRAME_X(1)(sp)
    sd      t0, FRAME_X(5)(sp)
    sd      t1, FRAME_X(6)(sp)
    frame_save_rest
    ld      t0, THREAD_SCRATCH0(tp)
    csrr    t1, sscratch
    lla     t2, trap_from_kernel
    csrw    stvec, t2
    sd      t0, FRAME_X(2)(sp)
    sd      t1, FRAME_X(4)(sp)
    csrr    t0, scause
    csrr    t1, sepc
    sd      t0, FRAME_CAUSE(sp)
    li      t2, TRAP_ECALL_USER
    li      s0, 0                       /* backtraces end here */
    bne     t0, t2, .Lnot_ecall

    addi    t1, t1, 4
    sd      t1, FRAME_PC(sp)
    sd      a0, FRAME_ORIG_A0(sp)
    csrsi   sstatus, SSTATUS_SIE
    mv      a0, sp
    call    user_ecall
    sd      a0, FRAME_X(10)(sp)
    csrci   sstatus, SSTATUS_SIE
    ld      t0, THREAD_NEED_RESCHED(tp) /* and user_work, in the upper half */
    bnez    t0, .Lwork
    /* s1..s11 still hold the program's values: C code preserved them, and user_frame_replaced()
     * would have set user_work. */
.Lleave:
    lla     t0, trap_from_user
    csrw    stvec, t0
    csrw    sscratch, tp
    ld      t0, FRAME_PC(sp)
    li      t1, SSTATUS_SPP
    csrw    sepc, t0
    csrc    sstatus, t1
    ld      s0, FRAME_X(8)(sp)
    frame_load_caller_saved
    ld      ra, FRAME_X(1)(sp)
    ld      gp, FRAME_X(3)(sp)
    ld      tp, FRAME_X(4)(sp)
    ld      t0, FRAME_X(5)(sp)
    ld      t1, FRAME_X(6)(sp)
    ld      sp, FRAME_X(2)(sp)
    sret

    .globl user_leave
    .type user_leave, @function
user_leave:
    csrci   sstatus, SSTATUS_SIE
    ld      t0, THREAD_NEED_RESCHED(tp)
    bnez    t0, .Lwork
    frame_load_callee_saved
    j       .Lleave

.Lwork:
    bltz    t0, .Lreplaced              /* USER_WORK_REPLACED, the sign bit of both words */
    csrsi   sstatus, SSTATUS_SIE
    mv      a0, sp
    call    user_return
    j       user_leave
.Lreplaced:
    li      t1, USER_WORK_REPLACED - 1  /* all bits but this one */
    addi    t0, tp, THREAD_USER_WORK
    amoand.w zero, t1, (t0)
    j       user_leave

.Lnot_ecall:
    csrr    t2, stval
    sd      t1, FRAME_PC(sp)
    sd      t2, FRAME_VALUE(sp)
    mv      a0, sp
    bltz    t0, .Linterrupt
    csrsi   sstatus, SSTATUS_SIE
    call    user_exception
    j       user_leave
.Linterrupt:
    andi    a1, t0, 0xff
    call    trap_irq
    j       user_leave
    .size trap_from_user, . - trap_from_user

    .globl user_enter
    .type user_enter, @function
    .balign 4
user_enter:
    ld      sp, THREAD_USER_FRAME(tp)
    li      s0, 0
    j       user_leave
    .size user_enter, . - user_enter

work_words_distance = THREAD_USER_WORK - THREAD_NEED_RESCHED - 4
    .if work_words_distance != 0 || THREAD_NEED_RESCHED % 8 != 0
    .error "need_resched and user_work are read as one word"
    .endif
