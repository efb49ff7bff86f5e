/*
 * The first instructions: the image header, and the way from the firmware (paging off, a0 = hart id,
 * a1 = device tree) to kernel_main in the high half.
 *
 * The image runs wherever it was loaded, at a 2 MiB boundary. Until paging is on, everything is reached
 * relative to the pc and so has its physical address.
 */
#include <riscv/asm.h>

    .section .head, "ax"
    .option push
    .option norvc
    .globl start
    .type start, @function
start:
    /* Header of the RISC-V Linux boot protocol (Documentation/riscv/boot-image-header): 64 bytes. */
    j       .Lstart
    nop
    .dword  0x200000                    /* text_offset: from the start of RAM */
    .dword  __kernel_image_size         /* what is needed from there on, .bss included */
    .dword  0                           /* flags: little endian */
    .word   2                           /* version 0.2 */
    .word   0
    .dword  0
    .ascii  "RISCV\0\0\0"
    .ascii  "RSC\x05"
    .word   0
    .option pop

    /* In the text, which is writable until paging is on: the data is not in place yet. */
    .balign 4
boot_lottery:
    .word   0

    .balign 4
.Lstart:
    csrw    sie, zero
    rdtime  s3
    lla     t0, .Learly_trap
    csrw    stvec, t0
    csrw    sscratch, zero

    /* The first hart continues; others arrived too early or by mistake (smp/late.h). */
    lla     t0, boot_lottery
    li      t1, 1
    amoadd.w t1, t1, (t0)
    bnez    t1, .Llate

    /* Move the data to its place, downwards since source and destination may overlap. */
    lla     t0, __kernel_data_end
    lla     t1, image_data_start
    lla     t2, __kernel_data_load
    sub     t2, t2, t1                  /* source relative to destination */
1:  addi    t0, t0, -8
    add     t3, t0, t2
    ld      t3, 0(t3)
    sd      t3, 0(t0)
    bgtu    t0, t1, 1b

    lla     t0, __kernel_bss_start
    lla     t1, __kernel_bss_end
1:  sd      zero, 0(t0)
    sd      zero, 8(t0)
    sd      zero, 16(t0)
    sd      zero, 24(t0)
    addi    t0, t0, 32
    bltu    t0, t1, 1b

    lla     t0, arch_boot_ticks
    sd      s3, 0(t0)
    mv      s1, a0
    mv      s2, a1
    lla     sp, boot_stack + BOOT_STACK_SIZE
    lla     tp, boot_thread
    sd      s3, THREAD_STACK_GUARD(tp)  /* until there is randomness */
    li      s0, 0
    mv      a0, a1
    call    boot_map                    /* -> a0 = satp, a1 = virtual minus physical */

    add     sp, sp, a1
    add     tp, tp, a1
    lla     t0, .Lvirtual
    add     t0, t0, a1
    csrw    stvec, t0
    sfence.vma
    csrw    satp, a0                    /* the next fetch faults, and goes on at stvec */
    .balign 4
.Lvirtual:
    lla     t0, boot_stack
    sd      t0, THREAD_STACK_BASE(tp)
    li      t1, BOOT_STACK_SIZE
    sd      t1, THREAD_STACK_SIZE_(tp)
    add     t0, t0, t1
    addi    t0, t0, -FRAME_SIZE
    sd      t0, THREAD_USER_FRAME(tp)
    mv      sp, t0
    call    arch_trap_init
    mv      a0, s1
    mv      a1, s2
    li      s0, 0
    li      ra, 0
    tail    kernel_main

    /* A trap too early for a report: print one line by the firmware. */
    .balign 4
.Learly_trap:
    lla     a0, early_trap_text
    lla     sp, boot_stack + BOOT_STACK_SIZE
    csrr    a1, scause
    csrr    a2, stval
    j       boot_die

.Llate:
    lla     t0, smp_late_start
    jr      t0
    .size start, . - start

    .section .rodata.early, "a"
early_trap_text:
    .asciz  "trap in early boot, cause and value"

    /* The page below is the guard: boot_map leaves it out. */
    .section .noinit.boot_stack, "aw", @nobits
    .balign 4096
    .globl boot_stack
boot_stack_guard:
    .skip   4096
boot_stack:
    .skip   BOOT_STACK_SIZE
