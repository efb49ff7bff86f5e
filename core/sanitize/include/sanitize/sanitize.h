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

/* The caller's stack: from the function that `pc` lies in upwards. */
void sanitize_stack_take(struct sanitize_stack *stack, uintptr_t pc);

/*
 * This CPU's run time does nothing until sanitize_resume: while it makes a report, and in code that
 * breaks the rules on purpose. Nests. Interrupts stay masked in between.
 */
unsigned long sanitize_pause(void);
void sanitize_resume(unsigned long irq);
bool sanitize_is_paused(void);

/*
 * One report: false if this place (and other) has been told before, then nothing may be printed;
 * true: sanitize_report_end must follow. Only one CPU reports at a time.
 */
MUST_CHECK bool sanitize_report_begin(uintptr_t place, uintptr_t other, unsigned long *irq);
void sanitize_print(const char *format, ...) PRINTF_LIKE(1, 2);
void sanitize_print_stack(const char *title, const struct sanitize_stack *stack);
void sanitize_report_end(unsigned long irq);

#endif
