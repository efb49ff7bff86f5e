/*
 * The end: panic() and assert_failed() of <log/log.h> live here, with the printing of trap frames
 * and backtraces, and the orderly standstill. Symbols come from the table that tools/symtab.py puts
 * into the image.
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

/* An exception of the kernel that nobody could repair. */
NORETURN void panic_trap(const struct trap_frame *frame);

/* For the log, at error level: registers, and the backtrace from a frame or from here. */
void panic_print_frame(const struct trap_frame *frame);
void backtrace_print(void);
void backtrace_print_from(uintptr_t pc, uintptr_t fp, uintptr_t stack_low, uintptr_t stack_high);

/*
 * Sets the stack protector's canary of this thread, and of those it creates, from what randomness
 * the boot has. Inlined into kernel_main,
 * which never returns: a function that is entered with one canary and left with another would die.
 */
static ALWAYS_INLINE void stack_guard_init(const uint8_t *seed, size_t nr_bytes, uint64_t salt)
{
    uint64_t hash = 0xcbf29ce484222325ull ^ salt; /* FNV-1a */

    for (size_t i = 0; i < nr_bytes; i++)
        hash = (hash ^ seed[i]) * 0x100000001b3ull;
    arch_current()->stack_guard = hash & ~0xffull; /* a zero byte stops string functions */
}

/*
 * Stops every hart and leaves the machine on, to be looked at. Any context, no locks;
 * write data back before.
 */
NORETURN void system_halt(void);

/* Installs the IPI_STOP handler; once, after the interrupt dispatch. */
void panic_init(void);

#endif
