/*
 * Start and trap entry of a small guest: Image header, stack, cleared .bss, one trap frame.
 *
 * Runs at the bottom of RAM + 2 MiB, in S mode with translation off, as a guest or bare on OpenSBI.
 * The boot hart calls guest_main(hart, fdt) and shuts down when it returns; other harts that are
 * started at guest_hart_entry get their stack in a1 (opaque) and call guest_hart(hart).
 */
    .section .head, "ax"
    .globl _start
_start:
    j       boot
    .balign 8
    .dword  0x200000        /* text_offset */
    .dword  _image_size
    .dword  0               /* flags */
    .word   2, 0            /* version */
    .dword  0
    .ascii  "RISCV\0\0\0"
    .ascii  "RSC\x05"
    .word   0

    .text
boot:
    la      t0, bss_start
    la      t1, bss_end
1:  bgeu    t0, t1, 2f
    sd      zero, 0(t0)
    addi    t0, t0, 8
    j       1b
2:  la      sp, boot_stack_top
    la      t0, trap_entry
    csrrw   t1, stvec, t0
    la      t0, guest_initial_stvec
    sd      t1, 0(t0)
    call    guest_main
    call    guest_off

    .globl guest_hart_entry
guest_hart_entry:
    mv      sp, a1
    la      t0, trap_entry
    csrw    stvec, t0
    call    guest_hart
3:  wfi
    j       3b

    .balign 4
trap_entry:
    addi    sp, sp, -272
    sd      x1, 8(sp)
    .irp    n, 3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    sd      x\n, \n*8(sp)
    .endr
    addi    t0, sp, 272
    sd      t0, 16(sp)
    csrr    t0, sepc
    sd      t0, 0(sp)
    csrr    t0, sstatus
    sd      t0, 256(sp)
    mv      a0, sp
    csrr    a1, scause
    csrr    a2, stval
    call    guest_trap
    ld      t0, 0(sp)
    csrw    sepc, t0
    ld      t0, 256(sp)
    csrw    sstatus, t0
    ld      x1, 8(sp)
    .irp    n, 3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    ld      x\n, \n*8(sp)
    .endr
    ld      sp, 16(sp)
    sret

    .section .bss.stvec, "aw", @nobits
    .balign 8
    .globl guest_initial_stvec
guest_initial_stvec:
    .space  8

    .section .bss.stack, "aw", @nobits
    .balign 16
    .space  16384
boot_stack_top:
