/*
 * Printing registers and backtraces, with names from the image's symbol table.
 */
#include <arch/context.h>
#include <arch/cpu.h>
#include <arch/memory.h>
#include <arch/trap.h>
#include <log/log.h>
#include <panic/panic.h>
#include <symtab/symtab.h>

#define DEPTH 32

/* tools/symtab.py */
extern const uint8_t symtab_begin[], symtab_end[];

static void print_pc(uintptr_t pc, bool is_return_address)
{
    char name[64];
    /* A return address may be the first of the next function when the call was the last
     * instruction. */
    uint64_t offset = pc - (is_return_address ? 1 : 0) - (uintptr_t)image_start;
    long distance = symtab_lookup(symtab_begin, (size_t)(symtab_end - symtab_begin), offset, name,
                                  sizeof(name));

    if (distance >= 0)
        log_print(LOG_EMERG, "  %p %s+0x%lx", (void *)pc, name,
                  (unsigned long)distance + (is_return_address ? 1 : 0));
    else
        log_print(LOG_EMERG, "  %p", (void *)pc);
}

void backtrace_print_from(uintptr_t pc, uintptr_t fp, uintptr_t stack_low, uintptr_t stack_high)
{
    uintptr_t pcs[DEPTH];
    size_t n = arch_backtrace(fp, stack_low, stack_high, pcs, DEPTH);

    if (pc != 0)
        print_pc(pc, false);
    for (size_t i = 0; i < n; i++)
        print_pc(pcs[i], true);
}

void backtrace_print(void)
{
    const struct arch_thread *t = arch_current();

    backtrace_print_from(0, arch_frame_pointer(), t->stack_base, t->stack_base + t->stack_size);
}

void panic_print_frame(const struct trap_frame *frame)
{
    static const char names[32][4] = {"pc", "ra", "sp",  "gp",  "tp", "t0", "t1", "t2",
                                      "s0", "s1", "a0",  "a1",  "a2", "a3", "a4", "a5",
                                      "a6", "a7", "s2",  "s3",  "s4", "s5", "s6", "s7",
                                      "s8", "s9", "s10", "s11", "t3", "t4", "t5", "t6"};
    const struct arch_thread *t = arch_current();
    uintptr_t low = t->overflow_base != 0 ? t->overflow_base : t->stack_base;
    uintptr_t size = t->overflow_base != 0 ? MAX(t->stack_size, KIB(16)) : t->stack_size;

    for (unsigned i = 0; i < 32; i += 4)
        log_print(LOG_EMERG, "%3s %016lx %3s %016lx %3s %016lx %3s %016lx", names[i], frame->x[i],
                  names[i + 1], frame->x[i + 1], names[i + 2], frame->x[i + 2], names[i + 3],
                  frame->x[i + 3]);
    log_print(LOG_EMERG, "status %lx cause %lx value %lx", frame->status, frame->cause,
              frame->value);
    if (arch_frame_is_kernel(frame))
        backtrace_print_from(frame->pc, frame->s0, low, low + size);
}
