/*
 * arch_power_fail (<arch/power.h>): a0 = physical address, a1 = value. Uses nothing of the kernel
 * but its load address, so it works in any state.
 */
#include <sbi/sbi.h>

    .text
    .globl arch_power_fail
    .type arch_power_fail, @function
    .balign 4
arch_power_fail:
    csrw    sie, zero
    ld      t1, arch_kernel_offset      /* virtual minus physical address */
    lla     t0, .Lphysical
    sub     t0, t0, t1
    csrw    stvec, t0
    csrw    satp, zero                  /* the next fetch faults, and goes on at stvec */
    .balign 4
.Lphysical:
    lla     t0, .Lfirmware
    csrw    stvec, t0                   /* also if the store faults */
    sw      a1, 0(a0)
    .balign 4
.Lfirmware:
    li      a7, SBI_EXT_LEGACY_SHUTDOWN /* the store had no effect: at least power off */
    ecall
1:  j       1b
    .size arch_power_fail, . - arch_power_fail
