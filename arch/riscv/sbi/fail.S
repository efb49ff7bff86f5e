/*
 * The last store: a0 = physical address, a1 = value, a2 = virtual minus physical address of the image.
 * Nothing of the kernel is used, so this works in whatever state it is.
 */
#include <sbi/sbi.h>

    .text
    .globl fail_store
    .type fail_store, @function
    .balign 4
fail_store:
    csrw    sie, zero
    lla     t0, .Lphysical
    sub     t0, t0, a2
    csrw    stvec, t0
    csrw    satp, zero                  /* the next fetch faults, and goes on at stvec */
    .balign 4
.Lphysical:
    lla     t0, .Lfirmware
    csrw    stvec, t0                   /* also if the store faults */
    sfence.vma
    sw      a1, 0(a0)
    fence   iorw, iorw
    .balign 4
.Lfirmware:
    li      a0, 0                       /* shutdown */
    li      a1, 1                       /* system failure */
    li      a6, 0
    li      a7, SBI_SRST
    ecall
1:  wfi
    j       1b
    .size fail_store, . - fail_store
