/*
 * Entry of a hart from the firmware's HSM: a0 = hart id, a1 = physical address of its struct
 * smp_start, paging off, interrupts masked. Enabling paging traps to stvec, which points to the
 * next instruction at its virtual address.
 */
#include <smp/late.h>

#include "smp.h"

    .text
    .globl smp_late_start
    .type smp_late_start, @function
smp_late_start:
    lla     t0, smp_late_key
    li      t1, SMP_LATE_MAGIC
    xor     t1, t1, a0
1:  .4byte  0x0100000f                  /* pause */
    ld      t2, 0(t0)
    bne     t2, t1, 1b
    fence   r, rw
    lla     a1, smp_start_block
    .size smp_late_start, . - smp_late_start

    .globl smp_hart_start
    .type smp_hart_start, @function
    .balign 4
smp_hart_start:
    csrw    sie, zero
    fence.i                             /* the boot hart may have patched the text */
    ld      t0, START_OFFSET(a1)
    ld      t1, START_SATP(a1)
    ld      tp, START_THREAD(a1)
    ld      sp, START_SP(a1)
    lla     t2, 1f
    add     t2, t2, t0
    csrw    stvec, t2
    sfence.vma
    csrw    satp, t1
    .balign 4
1:
    li      s0, 0
    li      ra, 0
    lla     t0, .Lmain                  /* now at its virtual address */
    jr      t0
.Lmain:
    call    smp_hart_main
    .size smp_hart_start, . - smp_hart_start
