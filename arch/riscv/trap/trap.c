/*
 * Kernel-mode traps in C: installs the entry, names causes, searches the exception table.
 */
#include <arch/trap.h>
#include <arch/upcalls.h>
#include <riscv/csr.h>
#include <trap/trap.h>

void arch_trap_init(void)
{
    csr_write(sie, 0);
    csr_clear(sstatus, SSTATUS_FS | SSTATUS_VS); /* the firmware may have left the units on */
    csr_write(stvec, (uintptr_t)trap_from_kernel);
}

const char *arch_trap_name(uint64_t cause)
{
    static const char *const names[] = {
        [TRAP_FETCH_MISALIGNED] = "instruction address misaligned",
        [TRAP_FETCH_ACCESS] = "instruction access fault",
        [TRAP_ILLEGAL] = "illegal instruction",
        [TRAP_BREAKPOINT] = "breakpoint",
        [TRAP_LOAD_MISALIGNED] = "load address misaligned",
        [TRAP_LOAD_ACCESS] = "load access fault",
        [TRAP_STORE_MISALIGNED] = "store address misaligned",
        [TRAP_STORE_ACCESS] = "store access fault",
        [TRAP_ECALL_USER] = "call from user mode",
        [TRAP_FETCH_PAGE] = "instruction page fault",
        [TRAP_LOAD_PAGE] = "load page fault",
        [TRAP_STORE_PAGE] = "store page fault",
        [TRAP_GUEST_FETCH_PAGE] = "instruction guest-page fault",
        [TRAP_GUEST_LOAD_PAGE] = "load guest-page fault",
        [TRAP_GUEST_VIRTUAL_INSTR] = "virtual instruction",
        [TRAP_GUEST_STORE_PAGE] = "store guest-page fault",
    };

    if (cause & TRAP_INTERRUPT)
        return "interrupt";
    if (cause < ARRAY_SIZE(names) && names[cause])
        return names[cause];
    return "unknown exception";
}

/* Distances from each member to the code it names, so that the table needs no relocation. */
struct ex_entry {
    int32_t from;
    int32_t to;
};

/* kernel.ld; a few dozen entries, searched only after a failed kernel access. */
extern const struct ex_entry __kernel_ex_table[], __kernel_ex_table_end[];

static const struct ex_entry *ex_find(uintptr_t pc)
{
    for (const struct ex_entry *e = __kernel_ex_table; e < __kernel_ex_table_end; e++)
        if ((uintptr_t)&e->from + (intptr_t)e->from == pc)
            return e;
    return NULL;
}

bool arch_has_fixup(const struct trap_frame *frame)
{
    return ex_find(frame->pc);
}

bool arch_fixup(struct trap_frame *frame)
{
    const struct ex_entry *e = ex_find(frame->pc);

    if (e)
        frame->pc = (uintptr_t)&e->to + (intptr_t)e->to;
    return e;
}
