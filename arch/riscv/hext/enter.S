/*
 * Guest entry and exit. See <guest/state.h> for the three stages of an exit.
 *
 * While a guest runs: sscratch = its struct guest_state, stvec = trap_from_guest. The host's
 * callee-saved registers lie on the stack at HEXT_HOST_SP, with the struct's address in the lowest
 * slot.
 */
#include <arch_impl/cause.h>
#include <hext/offsets.h>
#include <riscv/csr.h>
#include <sbi/numbers.h>

#define ENTER_FRAME 112 /* struct, ra, s0 to s11 */

.macro caller_saved op
    \op x1, HEXT_X(1)(a0)
    \op x2, HEXT_X(2)(a0)
    \op x3, HEXT_X(3)(a0)
    \op x4, HEXT_X(4)(a0)
    \op x7, HEXT_X(7)(a0)
    \op x11, HEXT_X(11)(a0)
    \op x12, HEXT_X(12)(a0)
    \op x13, HEXT_X(13)(a0)
    \op x14, HEXT_X(14)(a0)
    \op x15, HEXT_X(15)(a0)
    \op x16, HEXT_X(16)(a0)
    \op x17, HEXT_X(17)(a0)
    \op x28, HEXT_X(28)(a0)
    \op x29, HEXT_X(29)(a0)
    \op x30, HEXT_X(30)(a0)
    \op x31, HEXT_X(31)(a0)
.endm

.macro callee_saved op
    \op s0, HEXT_X(8)(a0)
    \op s1, HEXT_X(9)(a0)
    \op s2, HEXT_X(18)(a0)
    \op s3, HEXT_X(19)(a0)
    \op s4, HEXT_X(20)(a0)
    \op s5, HEXT_X(21)(a0)
    \op s6, HEXT_X(22)(a0)
    \op s7, HEXT_X(23)(a0)
    \op s8, HEXT_X(24)(a0)
    \op s9, HEXT_X(25)(a0)
    \op s10, HEXT_X(26)(a0)
    \op s11, HEXT_X(27)(a0)
.endm

.macro host_saved op
    \op ra, 8(sp)
    \op s0, 16(sp)
    \op s1, 24(sp)
    \op s2, 32(sp)
    \op s3, 40(sp)
    \op s4, 48(sp)
    \op s5, 56(sp)
    \op s6, 64(sp)
    \op s7, 72(sp)
    \op s8, 80(sp)
    \op s9, 88(sp)
    \op s10, 96(sp)
    \op s11, 104(sp)
.endm

.section .text.guest_enter, "ax"

/* long guest_enter(struct guest_state *v) */
.global guest_enter
.type guest_enter, @function
guest_enter:
    addi sp, sp, -ENTER_FRAME
    sd a0, 0(sp)
    host_saved sd
    sd sp, HEXT_HOST_SP(a0)
    sd tp, HEXT_HOST_TP(a0)
    csrr t0, stvec
    sd t0, HEXT_HOST_STVEC(a0)
    callee_saved ld

/* a0: the vCPU. Callee-saved registers are the guest's already. Interrupts masked. */
resume:
    la t0, trap_from_guest
    ld t1, HEXT_X(0)(a0)
    ld t2, HEXT_STATUS(a0)
    ld a1, HEXT_HSTATUS(a0)
    csrw stvec, t0
    csrw sscratch, a0
    csrw sepc, t1
    csrw sstatus, t2
    csrw CSR_HSTATUS, a1
    caller_saved ld
    ld t0, HEXT_X(5)(a0)
    ld t1, HEXT_X(6)(a0)
    ld a0, HEXT_X(10)(a0)
    sret

.balign 4
.global trap_from_guest
.type trap_from_guest, @function
trap_from_guest:
    csrrw a0, sscratch, a0
    sd t0, HEXT_X(5)(a0)
    sd t1, HEXT_X(6)(a0)
    csrr t0, scause
    li t1, TRAP_ECALL_GUEST
    bne t0, t1, 2f

    /* SBI BASE, functions 0 to 6 but probe: a constant. */
    li t1, SBI_EXT_BASE
    bne a7, t1, 1f
    li t1, 3
    beq a6, t1, 2f
    li t1, HEXT_SBI_BASE_NR
    bgeu a6, t1, 2f
    slli t1, a6, 3
    add t1, t1, a0
    ld a1, HEXT_SBI_BASE(t1)
    j answered

1:  /* SBI set_timer, straight into the guest's own comparator. */
    li t1, SBI_EXT_TIME
    bne a7, t1, 2f
    bnez a6, 2f
    ld t1, HEXT_HAS_SSTC(a0)
    beqz t1, 2f
    csrr t1, sscratch
    csrw CSR_VSTIMECMP, t1
    li a1, 0

answered:
    csrr t0, sepc
    addi t0, t0, 4
    csrw sepc, t0
    ld t0, HEXT_X(5)(a0)
    ld t1, HEXT_X(6)(a0)
    csrw sscratch, a0
    li a0, 0
    sret

2:  /* Continue as if called from guest_enter. t0: scause. */
    caller_saved sd
    /*
     * Clear SPV: a preempted kernel trap may return before the guest is entered again, and its sret
     * must not go to VS mode.
     */
    li t1, HSTATUS_SPV
    csrc CSR_HSTATUS, t1
    csrr t1, sscratch
    csrr t2, sepc
    csrr a1, sstatus
    csrr a2, stval
    sd t1, HEXT_X(10)(a0)
    sd t2, HEXT_X(0)(a0)
    sd a1, HEXT_STATUS(a0)
    sd t0, HEXT_CAUSE(a0)
    sd a2, HEXT_VALUE(a0)
    ld t1, HEXT_HOST_STVEC(a0)
    ld sp, HEXT_HOST_SP(a0)
    ld tp, HEXT_HOST_TP(a0)
    csrw stvec, t1
    call guest_exit
    mv t0, a0
    ld a0, 0(sp)
    beqz t0, resume

    callee_saved sd
    host_saved ld
    addi sp, sp, ENTER_FRAME
    mv a0, t0
    ret
.size guest_enter, . - guest_enter
