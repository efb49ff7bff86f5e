/*
 * Calls to the firmware: RISC-V Supervisor Binary Interface, version 1.0. Only arch/riscv includes
 * this.
 */
#ifndef SBI_SBI_H
#define SBI_SBI_H

#include <sbi/numbers.h>

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
