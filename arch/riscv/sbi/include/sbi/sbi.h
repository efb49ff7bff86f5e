/*
 * Calls to the firmware: RISC-V Supervisor Binary Interface, version 1.0. Only arch/riscv includes
 * this.
 */
#ifndef SBI_SBI_H
#define SBI_SBI_H

/* Extension numbers. */
#define SBI_LEGACY_PUTCHAR  0x01
#define SBI_LEGACY_SHUTDOWN 0x08
#define SBI_BASE            0x10
#define SBI_TIME            0x54494d45
#define SBI_IPI             0x735049
#define SBI_RFENCE          0x52464e43
#define SBI_HSM             0x48534d
#define SBI_SRST            0x53525354
#define SBI_DBCN            0x4442434e

/* Functions of SBI_BASE. */
#define SBI_BASE_MVENDORID 4
#define SBI_BASE_MARCHID   5
#define SBI_BASE_MIMPID    6

#define SBI_SUCCESS           0
#define SBI_ERR_FAILED        (-1)
#define SBI_ERR_NOT_SUPPORTED (-2)
#define SBI_ERR_INVALID_PARAM (-3)
#define SBI_ERR_DENIED        (-4)
#define SBI_ERR_INVALID_ADDR  (-5)
#define SBI_ERR_ALREADY       (-6)

#ifndef __ASSEMBLY__
#include <base/types.h>

struct sbi_result {
    long error;
    long value;
};

static ALWAYS_INLINE struct sbi_result sbi_call(long extension, long function, unsigned long arg0,
                                                unsigned long arg1, unsigned long arg2,
                                                unsigned long arg3, unsigned long arg4)
{
    register unsigned long a0 __asm__("a0") = arg0;
    register unsigned long a1 __asm__("a1") = arg1;
    register unsigned long a2 __asm__("a2") = arg2;
    register unsigned long a3 __asm__("a3") = arg3;
    register unsigned long a4 __asm__("a4") = arg4;
    register long a6 __asm__("a6") = function;
    register long a7 __asm__("a7") = extension;

    __asm__ volatile("ecall"
                     : "+r"(a0), "+r"(a1)
                     : "r"(a2), "r"(a3), "r"(a4), "r"(a6), "r"(a7)
                     : "memory");
    return (struct sbi_result){(long)a0, (long)a1};
}

/* Convert an SBI error to the nearest negative errno; 0 for success. */
int sbi_error(long error) MUST_CHECK;

#endif /* __ASSEMBLY__ */
#endif
