/*
 * Loads through the guest's translation, and CSRs that may not exist. A fault of the one instruction
 * comes back as its cause: stvec points behind it for that moment. Interrupts masked, and nothing
 * else may fault in between. The trap changes sepc, sstatus.SPP, hstatus.SPV and the fault CSRs; none
 * of them is live here.
 */

/* hlvx.hu rd, (rs1), hlv.d rd, (rs1): privileged specification, section 8.2.4. */
.macro hlvx_hu rd, rs1
    .insn r 0x73, 4, 0x32, \rd, \rs1, x3
.endm
.macro hlv_d rd, rs1
    .insn r 0x73, 4, 0x36, \rd, \rs1, x0
.endm

.section .text.hext_access, "ax"

/* Sets stvec to the label 9 that follows, old value in t0; and back. */
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
csr_writer hext_write_hstateen0, 0x60c
csr_writer hext_write_hstateen1, 0x60d
csr_writer hext_write_hstateen2, 0x60e
csr_writer hext_write_hstateen3, 0x60f
csr_writer hext_write_hvien, 0x608
csr_writer hext_write_hvictl, 0x609

/* uint64_t NAME(void): as above, and nothing is changed */
.macro csr_probe name, number
.global \name
.type \name, @function
\name:
    guard_begin
    csrr a0, \number
    guard_end
.endm
csr_probe hext_probe_vsiselect, 0x250
csr_probe hext_probe_jvt, 0x017

/*
 * void hext_float_save(struct hext_float *fp), hext_fcsr_save(struct hext_float *fp),
 * hext_float_restore(const struct hext_float *fp)
 */
.option push
.option arch, +f, +d
.macro float_all op
    \op f0, 0(a0)
    \op f1, 8(a0)
    \op f2, 16(a0)
    \op f3, 24(a0)
    \op f4, 32(a0)
    \op f5, 40(a0)
    \op f6, 48(a0)
    \op f7, 56(a0)
    \op f8, 64(a0)
    \op f9, 72(a0)
    \op f10, 80(a0)
    \op f11, 88(a0)
    \op f12, 96(a0)
    \op f13, 104(a0)
    \op f14, 112(a0)
    \op f15, 120(a0)
    \op f16, 128(a0)
    \op f17, 136(a0)
    \op f18, 144(a0)
    \op f19, 152(a0)
    \op f20, 160(a0)
    \op f21, 168(a0)
    \op f22, 176(a0)
    \op f23, 184(a0)
    \op f24, 192(a0)
    \op f25, 200(a0)
    \op f26, 208(a0)
    \op f27, 216(a0)
    \op f28, 224(a0)
    \op f29, 232(a0)
    \op f30, 240(a0)
    \op f31, 248(a0)
.endm

.global hext_float_save
.type hext_float_save, @function
hext_float_save:
    float_all fsd
.global hext_fcsr_save
.type hext_fcsr_save, @function
hext_fcsr_save:
    frcsr t0
    sd t0, 256(a0)
    ret

.global hext_float_restore
.type hext_float_restore, @function
hext_float_restore:
    float_all fld
    ld t0, 256(a0)
    fscsr t0
    ret
.option pop
