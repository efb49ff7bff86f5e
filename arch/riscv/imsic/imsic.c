/*
 * Accesses the interrupt file by the indirect CSRs; see imsic.h.
 */
#include <imsic/imsic.h>
#include <riscv/csr.h>

/* Registers behind siselect; with 64 bits the odd numbers of the arrays do not exist. */
#define EIDELIVERY  0x70
#define EITHRESHOLD 0x72
#define EIE0        0xc0

static void write_register(unsigned reg, uint64_t value)
{
    csr_write(CSR_SISELECT, reg);
    csr_write(CSR_SIREG, value);
}

void imsic_cpu_init(unsigned nr_ids)
{
    for (unsigned word = 0; word * 64 <= nr_ids; word++)
        write_register(EIE0 + 2 * word, UINT64_MAX);
    write_register(EITHRESHOLD, 0); /* none */
    write_register(EIDELIVERY, 1);
}

unsigned imsic_claim(void)
{
    uint64_t top;

    __asm__ volatile("csrrw %0, " STRINGIFY(CSR_STOPEI) ", zero" : "=r"(top)::"memory");
    return (unsigned)(top >> 16 & 0x7ff);
}
