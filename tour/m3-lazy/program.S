/*
 * Three programs on one page. The heap lies at 0x1000000; a page is 4096 bytes.
 *   start: writes i + 1 into every second of the heap's first 64 pages, and a word 1 MiB down the stack
 *   again: (in the copy) adds up those 32 words, then writes 100 into the first four of them
 *   check: (in the original) adds them up again
 */
#define HEAP   0x1000000
#define STRIDE 8192

    .section .rodata
    .globl program_start, program_again, program_check, program_end
    .balign 4
program_start:
    li      t0, HEAP
    li      t1, 0
    li      t2, 32
    li      t3, STRIDE
1:  addi    t1, t1, 1
    sd      t1, 0(t0)
    add     t0, t0, t3
    bne     t1, t2, 1b
    li      t0, -(1 << 20)
    add     t0, sp, t0
    sd      t1, 0(t0)
    li      a0, 0
    j       leave

program_again:
    li      s1, 1
    j       sum
program_check:
    li      s1, 0
sum:
    li      t0, HEAP
    li      t2, 32
    li      t3, STRIDE
    li      a0, 0
2:  ld      t1, 0(t0)
    add     a0, a0, t1
    add     t0, t0, t3
    addi    t2, t2, -1
    bnez    t2, 2b
    beqz    s1, leave
    li      t0, HEAP
    li      t2, 4
    li      t1, 100
3:  sd      t1, 0(t0)
    add     t0, t0, t3
    addi    t2, t2, -1
    bnez    t2, 3b
leave:
    li      a7, 93
    ecall
program_end:
