/*
 * Shared by the sanitizers' run times: when they keep quiet, how a report reaches the console.
 *
 * A report is a block of lines that starts with "sanitizer: " and ends with "sanitizer: end". It
 * goes out through the firmware, a character at a time and without a lock of the kernel's, since it
 * may have to be made anywhere: with the console's lock held, in an interrupt, in the scheduler.
 * The same place is reported once. Reports do not stop the kernel, unless told so by
 * sanitize_is_fatal.
 *
 * Context: any. None of this is instrumented.
 */
#ifndef SANITIZE_SANITIZE_H
#define SANITIZE_SANITIZE_H

#include <base/types.h>

#define SANITIZE_DEPTH 12 /* return addresses that are kept of a stack */

struct sanitize_stack {
    uint32_t nr;
    uint32_t cpu;
    uintptr_t pc[SANITIZE_DEPTH]; /* innermost first */
};

/* Get the caller's stack, from the function that contains `pc` upwards. */
void sanitize_stack_take(struct sanitize_stack *stack, uintptr_t pc);

/*
 * Disable this CPU's checks until sanitize_resume(): during a report, and in code that breaks the
 * rules on purpose. Nests. Interrupts stay masked in between.
 */
unsigned long sanitize_pause(void);
void sanitize_resume(unsigned long irq);
bool sanitize_is_paused(void);

/*
 * Begin a report. False: this place (and other) was reported before, print nothing; true:
 * sanitize_report_end() must follow. Only one CPU reports at a time.
 */
MUST_CHECK bool sanitize_report_begin(uintptr_t place, uintptr_t other, unsigned long *irq);
void sanitize_print(const char *format, ...) PRINTF_LIKE(1, 2);
void sanitize_print_stack(const char *title, const struct sanitize_stack *stack);
void sanitize_report_end(unsigned long irq);

#endif
