/*
 * Numbers of the RISC-V Supervisor Binary Interface, version 2.0: extensions, functions, errors and
 * states, for the kernel as caller (arch/riscv/sbi) and for the interface that guests see
 * (virt/vsbi). Macros only, also for assembly.
 */
#ifndef SBI_NUMBERS_H
#define SBI_NUMBERS_H

/* Extensions. */
#define SBI_EXT_LEGACY_SET_TIMER   0x00
#define SBI_EXT_LEGACY_PUTCHAR     0x01
#define SBI_EXT_LEGACY_GETCHAR     0x02
#define SBI_EXT_LEGACY_CLEAR_IPI   0x03
#define SBI_EXT_LEGACY_SEND_IPI    0x04
#define SBI_EXT_LEGACY_FENCE_I     0x05
#define SBI_EXT_LEGACY_SFENCE      0x06
#define SBI_EXT_LEGACY_SFENCE_ASID 0x07
#define SBI_EXT_LEGACY_SHUTDOWN    0x08
#define SBI_EXT_BASE               0x10
#define SBI_EXT_TIME               0x54494d45
#define SBI_EXT_IPI                0x735049
#define SBI_EXT_RFENCE             0x52464e43
#define SBI_EXT_HSM                0x48534d
#define SBI_EXT_SRST               0x53525354
#define SBI_EXT_DBCN               0x4442434e

/* Functions, by extension. */
#define SBI_BASE_SPEC_VERSION 0
#define SBI_BASE_IMPL_ID      1
#define SBI_BASE_IMPL_VERSION 2
#define SBI_BASE_PROBE        3
#define SBI_BASE_MVENDORID    4
#define SBI_BASE_MARCHID      5
#define SBI_BASE_MIMPID       6

#define SBI_TIME_SET_TIMER 0

#define SBI_IPI_SEND 0

#define SBI_RFENCE_FENCE_I          0
#define SBI_RFENCE_SFENCE_VMA       1
#define SBI_RFENCE_SFENCE_VMA_ASID  2
#define SBI_RFENCE_HFENCE_GVMA_VMID 3 /* 3 to 6: for hypervisors */

#define SBI_HSM_START   0
#define SBI_HSM_STOP    1
#define SBI_HSM_STATUS  2
#define SBI_HSM_SUSPEND 3

#define SBI_SRST_RESET 0

#define SBI_DBCN_WRITE      0
#define SBI_DBCN_READ       1
#define SBI_DBCN_WRITE_BYTE 2

#define SBI_SUCCESS               0
#define SBI_ERR_FAILED            (-1)
#define SBI_ERR_NOT_SUPPORTED     (-2)
#define SBI_ERR_INVALID_PARAM     (-3)
#define SBI_ERR_DENIED            (-4)
#define SBI_ERR_INVALID_ADDRESS   (-5)
#define SBI_ERR_ALREADY_AVAILABLE (-6)

/* Hart states of HSM. */
#define SBI_HART_STARTED       0
#define SBI_HART_STOPPED       1
#define SBI_HART_START_PENDING 2
#define SBI_HART_SUSPENDED     4

/* Types of HSM's hart_suspend: the defaults. All others are reserved or platform-specific. */
#define SBI_SUSPEND_RETENTIVE     0u
#define SBI_SUSPEND_NON_RETENTIVE 0x80000000u

/* Types and reasons of SRST's reset. */
#define SBI_RESET_SHUTDOWN 0
#define SBI_RESET_COLD     1
#define SBI_RESET_WARM     2
#define SBI_REASON_NONE    0
#define SBI_REASON_FAILURE 1

#endif
