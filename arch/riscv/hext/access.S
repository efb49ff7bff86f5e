/*
 * Loads through the guest's translation, and CSRs that may not exist. A fault of the one instruction
 * comes back as its cause: stvec points behind it for that moment. Interrupts masked, and nothing
 * else may fault in between. The trap changes sepc, sstatus.SPP, hstatus.SPV and the fault CSRs; none
 * of them is live here.
 */
#include <riscv/csr.h>

/* hlvx.hu rd, (rs1), hlv.d rd, (rs1): privileged specification, section 8.2.4. */
.macro hlvx_hu rd, rs1
    .insn r 0x73, 4, 0x32, \rd, \rs1, x3
.endm
.macro hlv_d rd, rs1
    .insn r 0x73, 4, 0x36, \rd, \rs1, x0
.endm

.section .text.hext_access, "ax"

/* Set stvec to the label 9 that follows, saving the old value in t0; and restore it. */
.macro guard_begin
    la t0, 9f
    csrrw t0, stvec, t0
.endm
.macro guard_end
    csrw stvec, t0
    li a0, 0
    ret
    .balign 4
9:  csrw stvec, t0
    csrr a0, scause
    ret
.endm

/* uint64_t hext_load_u16_exec(uint64_t addr, uint16_t *out): 0 or scause */
.global hext_load_u16_exec
.type hext_load_u16_exec, @function
hext_load_u16_exec:
    guard_begin
    hlvx_hu a2, a0
    sh a2, 0(a1)
    guard_end

/* uint64_t hext_load_u64(uint64_t addr, uint64_t *out): 0 or scause */
.global hext_load_u64
.type hext_load_u64, @function
hext_load_u64:
    guard_begin
    hlv_d a2, a0
    sd a2, 0(a1)
    guard_end

/* uint64_t NAME(uint64_t value): 0, or the cause of the trap if the CSR does not exist */
.macro csr_writer name, number
.global \name
.type \name, @function
\name:
    guard_begin
    csrw \number, a0
    guard_end
.endm
csr_writer hext_write_hstateen0, CSR_HSTATEEN0
csr_writer hext_write_hstateen1, CSR_HSTATEEN1
csr_writer hext_write_hstateen2, CSR_HSTATEEN2
csr_writer hext_write_hstateen3, CSR_HSTATEEN3
csr_writer hext_write_hvien, CSR_HVIEN
csr_writer hext_write_hvictl, CSR_HVICTL

/* uint64_t NAME(void): as above, and nothing is changed */
.macro csr_probe name, number
.global \name
.type \name, @function
\name:
    guard_begin
    csrr a0, \number
    guard_end
.endm
csr_probe hext_probe_vsiselect, CSR_VSISELECT
csr_probe hext_probe_jvt, CSR_JVT
