/*
 * Control and status registers: access macros, numbers, and bits of the supervisor CSRs. RISC-V
 * privileged specification, version 20211203. Only arch/riscv includes this.
 */
#ifndef RISCV_CSR_H
#define RISCV_CSR_H

#define SSTATUS_SIE        (1ul << 1)
#define SSTATUS_SPIE       (1ul << 5)
#define SSTATUS_SPP        (1ul << 8)
#define SSTATUS_VS         (3ul << 9)
#define SSTATUS_FS         (3ul << 13)
#define SSTATUS_FS_INITIAL (1ul << 13)
#define SSTATUS_FS_CLEAN   (2ul << 13)
#define SSTATUS_FS_DIRTY   (3ul << 13)
#define SSTATUS_FS_SHIFT   13
#define SSTATUS_SUM        (1ul << 18)
#define SSTATUS_MXR        (1ul << 19)
#define SSTATUS_SD         (1ul << 63)

#define SIE_SSIE (1ul << 1)
#define SIE_STIE (1ul << 5)
#define SIE_SEIE (1ul << 9)

#define SATP_MODE_SV39  (8ul << 60)
#define SATP_ASID_SHIFT 44
#define SATP_ASID_MASK  0xfffful

#define SCOUNTEREN_TM (1ul << 1)

#define SENVCFG_CBZE (1ul << 7)

#define CSR_SENVCFG  0x10a /* by number: older assemblers know no name */
#define CSR_STIMECMP 0x14d

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
#define csr_read_clear(csr, bits)                                                                  \
    ({                                                                                             \
        unsigned long csr_value_;                                                                  \
        __asm__ volatile("csrrc %0, " STRINGIFY(csr) ", %1"                                        \
                         : "=r"(csr_value_)                                                        \
                         : "rK"((unsigned long)(bits))                                             \
                         : "memory");                                                              \
        csr_value_;                                                                                \
    })
#endif

#endif
