/*
 * Kernel panics: panic() and assert_failed() of <log/log.h>, printing of trap frames and
 * backtraces, and halting. Symbols come from the table that tools/symtab.py puts into the image.
 *
 * panic=poweroff (the default) | reboot | halt on the command line says what follows the report.
 */
#ifndef PANIC_PANIC_H
#define PANIC_PANIC_H

#include <arch/context.h>
#include <arch/cpu.h>
#include <base/types.h>

struct trap_frame;
struct arch_thread;

/* Panic for an unhandled exception in the kernel. */
NORETURN void panic_trap(const struct trap_frame *frame);

/* Log registers, and the backtrace from a frame or from here, at error level. */
void panic_print_frame(const struct trap_frame *frame);
void backtrace_print(void);
void backtrace_print_from(uintptr_t pc, uintptr_t fp, uintptr_t stack_low, uintptr_t stack_high);

/*
 * Set the stack protector's canary of this thread, and of those it creates, from the randomness
 * available at boot. Inlined into kernel_main, which never returns: returning from a function
 * entered with another canary would panic.
 */
static ALWAYS_INLINE void stack_guard_init(const uint8_t *seed, size_t nr_bytes, uint64_t salt)
{
    uint64_t hash = 0xcbf29ce484222325ull ^ salt; /* FNV-1a */

    for (size_t i = 0; i < nr_bytes; i++)
        hash = (hash ^ seed[i]) * 0x100000001b3ull;
    arch_current()->stack_guard = hash & ~0xffull; /* a zero byte stops string functions */
}

/*
 * Stop every hart and leave the machine on for inspection. Any context, no locks; write data back
 * before.
 */
NORETURN void system_halt(void);

/* Install the IPI_STOP handler; once, after the interrupt dispatch. */
void panic_init(void);

#endif
