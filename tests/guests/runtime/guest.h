/*
 * What a small guest has: SBI calls, CSRs, a console, its trap handler.
 */
#ifndef GUEST_H
#define GUEST_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sbi_result {
    long error;
    long value;
};

#define SBI_BASE   0x10
#define SBI_TIME   0x54494d45
#define SBI_IPI    0x735049
#define SBI_RFENCE 0x52464e43
#define SBI_HSM    0x48534d
#define SBI_SRST   0x53525354
#define SBI_DBCN   0x4442434e

static inline struct sbi_result sbi(unsigned long ext, unsigned long fid, unsigned long arg0,
                                    unsigned long arg1, unsigned long arg2, unsigned long arg3,
                                    unsigned long arg4)
{
    register unsigned long a0 __asm__("a0") = arg0;
    register unsigned long a1 __asm__("a1") = arg1;
    register unsigned long a2 __asm__("a2") = arg2;
    register unsigned long a3 __asm__("a3") = arg3;
    register unsigned long a4 __asm__("a4") = arg4;
    register unsigned long a6 __asm__("a6") = fid;
    register unsigned long a7 __asm__("a7") = ext;

    __asm__ volatile("ecall"
                     : "+r"(a0), "+r"(a1)
                     : "r"(a2), "r"(a3), "r"(a4), "r"(a6), "r"(a7)
                     : "memory");
    return (struct sbi_result){(long)a0, (long)a1};
}

#define csr_read(csr)                                                                              \
    ({                                                                                             \
        unsigned long value_;                                                                      \
        __asm__ volatile("csrr %0, " #csr : "=r"(value_)::"memory");                               \
        value_;                                                                                    \
    })
#define csr_write(csr, value)                                                                      \
    __asm__ volatile("csrw " #csr ", %0" ::"rK"((unsigned long)(value)) : "memory")
#define csr_set(csr, bits)                                                                         \
    __asm__ volatile("csrs " #csr ", %0" ::"rK"((unsigned long)(bits)) : "memory")
#define csr_clear(csr, bits)                                                                       \
    __asm__ volatile("csrc " #csr ", %0" ::"rK"((unsigned long)(bits)) : "memory")

/* Registers at a trap; x[0] is the pc. */
struct guest_frame {
    unsigned long x[32];
    unsigned long sstatus;
};

/* Defined by the guest. */
void guest_main(unsigned long hart, void *fdt);
void guest_hart(unsigned long hart);
void guest_trap(struct guest_frame *frame, unsigned long cause, unsigned long value);

/* Where traps went when the boot hart came in. */
extern unsigned long guest_initial_stvec;

/* Entry for harts started by HSM; opaque is the top of their stack. */
void guest_hart_entry(void);

/* %s %c %d %u %x %lx %lu %ld, no widths. One console write a call, if it is shorter than 200
 * bytes. */
void guest_printf(const char *format, ...) __attribute__((format(printf, 1, 2)));
_Noreturn void guest_off(void);
_Noreturn void guest_fail(void); /* shuts down, saying so */

#endif
