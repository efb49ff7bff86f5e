/*
 * The program: adds 1 to 8, with a word on its own stack, and leaves. Position independent.
 */
    .section .rodata
    .globl program_start, program_end
    .balign 4
program_start:
    addi    sp, sp, -16
    sd      zero, 0(sp)
    li      t0, 8
1:  ld      t1, 0(sp)
    add     t1, t1, t0
    sd      t1, 0(sp)
    addi    t0, t0, -1
    bnez    t0, 1b
    ld      a0, 0(sp)
    li      a7, 93              /* Linux's exit */
    ecall
program_end:
