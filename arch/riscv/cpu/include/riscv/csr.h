/*
 * Control and status registers: access macros, numbers, and bits of the supervisor CSRs. RISC-V
 * privileged specification, version 20211203. Only arch/riscv includes this.
 */
#ifndef RISCV_CSR_H
#define RISCV_CSR_H

#include <arch_impl/status.h>

#define SATP_MODE_SV39  (8ul << 60)
#define SATP_ASID_SHIFT 44
#define SATP_ASID_MASK  0xfffful

/* By number, since older assemblers do not know all names: privileged specification, table 2.3;
 * stateen: Smstateen; siselect, sireg, stopei: Advanced Interrupt Architecture. */
#define CSR_JVT        0x017
#define CSR_SCOUNTEREN 0x106
#define CSR_SENVCFG    0x10a
#define CSR_STIMECMP   0x14d
#define CSR_SISELECT   0x150
#define CSR_SIREG      0x151
#define CSR_STOPEI     0x15c
#define CSR_VSSTATUS   0x200
#define CSR_VSIE       0x204
#define CSR_VSTVEC     0x205
#define CSR_VSSCRATCH  0x240
#define CSR_VSEPC      0x241
#define CSR_VSCAUSE    0x242
#define CSR_VSTVAL     0x243
#define CSR_VSIP       0x244
#define CSR_VSTIMECMP  0x24d
#define CSR_VSISELECT  0x250
#define CSR_VSATP      0x280
#define CSR_HSTATUS    0x600
#define CSR_HEDELEG    0x602
#define CSR_HIDELEG    0x603
#define CSR_HTIMEDELTA 0x605
#define CSR_HCOUNTEREN 0x606
#define CSR_HVIEN      0x608
#define CSR_HVICTL     0x609
#define CSR_HENVCFG    0x60a
#define CSR_HSTATEEN0  0x60c
#define CSR_HSTATEEN1  0x60d
#define CSR_HSTATEEN2  0x60e
#define CSR_HSTATEEN3  0x60f
#define CSR_HTVAL      0x643
#define CSR_HVIP       0x645
#define CSR_HTINST     0x64a
#define CSR_HGATP      0x680

#define SCOUNTEREN_TM (1ul << 1)

#define SENVCFG_CBZE (1ul << 7)

#define HSTATUS_SPV    (1ul << 7)
#define HSTATUS_SPVP   (1ul << 8)
#define HSTATUS_VTW    (1ul << 21)
#define HSTATUS_VSXL64 (2ul << 32)

#define HENVCFG_STCE (1ul << 63)
#define HENVCFG_ADUE (1ul << 61) /* the hart sets A and D bits in the guest's tables */

#define HSTATEEN0_SENVCFG (1ul << 62)

#ifndef __ASSEMBLY__
#include <base/compiler.h>

#define csr_read(csr)                                                                              \
    ({                                                                                             \
        unsigned long csr_value_;                                                                  \
        __asm__ volatile("csrr %0, " STRINGIFY(csr) : "=r"(csr_value_) : : "memory");              \
        csr_value_;                                                                                \
    })
#define csr_write(csr, value)                                                                      \
    __asm__ volatile("csrw " STRINGIFY(csr) ", %0" : : "rK"((unsigned long)(value)) : "memory")
#define csr_set(csr, bits)                                                                         \
    __asm__ volatile("csrs " STRINGIFY(csr) ", %0" : : "rK"((unsigned long)(bits)) : "memory")
#define csr_clear(csr, bits)                                                                       \
    __asm__ volatile("csrc " STRINGIFY(csr) ", %0" : : "rK"((unsigned long)(bits)) : "memory")
#endif

#endif
