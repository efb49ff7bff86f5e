/*
 * One deadline per hart: by stimecmp (Sstc) if the hart has it and the firmware permits it, else by
 * the firmware's TIME extension.
 */
#include <arch/cpu.h>
#include <arch/timer.h>
#include <riscv/csr.h>
#include <sbi/sbi.h>

uint64_t arch_boot_ticks; /* written by start.S */

static bool has_stimecmp; /* [I] after CPU 0's arch_timer_init */
static bool is_probed;

/* Try to write stimecmp, with a fix-up for the trap: menvcfg.STCE may forbid what the tree
 * promises. */
static bool probe_stimecmp(void)
{
    long ok = 0;

    __asm__ volatile("1: csrw " STRINGIFY(CSR_STIMECMP) ", %1\n\t"
                                                        "li %0, 1\n"
                                                        "2:\n\t"
                                                        ".pushsection ex_table, \"a\"\n\t"
                                                        ".balign 4\n\t"
                                                        ".word 1b - ., 2b - .\n\t"
                                                        ".popsection"
                     : "+r"(ok)
                     : "r"(-1l)
                     : "memory");
    return ok != 0;
}

void arch_timer_init(void)
{
    if (!is_probed) {
        has_stimecmp = arch_has(ARCH_FEATURE_SSTC) && probe_stimecmp();
        is_probed = true;
    }
    arch_timer_set(UINT64_MAX);
    if (has_stimecmp)
        csr_set(sie, SIE_STIE);
}

void arch_timer_set(uint64_t ticks)
{
    if (has_stimecmp) {
        csr_write(CSR_STIMECMP, ticks);
    } else if (ticks == UINT64_MAX) {
        csr_clear(sie, SIE_STIE); /* saves a call, some hundred instructions of firmware */
    } else {
        sbi_call(SBI_EXT_TIME, SBI_TIME_SET_TIMER, ticks, 0, 0, 0, 0);
        csr_set(sie, SIE_STIE); /* after the call, which clears a pending interrupt */
    }
}
