/*
 * The arch contract, 4: trap frames and kernel-mode traps.
 *
 * Traps from kernel mode arrive at trap_from_kernel (arch/riscv/trap) on the running thread's
 * kernel stack. Before the first store the stack pointer is checked against the thread's stack: if
 * the frame does not fit, the hart moves to its emergency stack and kernel_stack_overflow() is
 * called. Traps from user mode: arch/riscv/user; from a guest: arch/riscv/hext. What they call:
 * <arch/upcalls.h>.
 */
#ifndef ARCH_TRAP_H
#define ARCH_TRAP_H

#include <base/types.h>

/*
 * struct trap_frame: the registers of the interrupted context. Its fields are private to the
 * architecture; generic code uses these inline functions of <arch_impl/trap.h>:
 *
 *   arch_frame_is_kernel(f)          was it in kernel mode?
 *   arch_frame_pc(f)                 where it goes on
 *   arch_frame_sp(f), _set_sp        its stack pointer
 *   arch_frame_set_tls(f, v)         its thread pointer
 *   arch_frame_return_address(f)     the innermost one where a register holds it, otherwise 0
 *
 *   arch_frame_address(f)            the address of a page fault, access fault or misaligned access
 *   arch_frame_is_page_fault(f)      no translation, or none that allows it
 *   arch_frame_is_fetch(f)           a fault of fetching an instruction
 *   arch_frame_is_store(f)           a fault of a store or atomic (what is neither is a load)
 *   arch_frame_is_misaligned(f)      a misaligned access
 *   arch_frame_is_illegal(f)         an instruction that there is not, or not here
 *   arch_frame_is_breakpoint(f)      a breakpoint
 *
 * Of user frames, for system calls:
 *
 *   arch_frame_call(f), _set_call    the number
 *   arch_frame_argument(f, n)        argument n, 0 to 5, as wide as a register
 *   arch_frame_result(f), _set_result
 *   arch_frame_is_call(f)            a call, not settled yet
 *   arch_frame_settle_call(f)        it is never repeated
 *   arch_frame_repeat_call(f)        the program makes the call again, with its first arguments
 *   arch_frame_set_handler(f, pc, sp, ret, a, b, c)
 *                                    a function is called there with three arguments; returns to
 * ret
 */
#include <arch_impl/trap.h>

/* Install trap_from_kernel on this hart. Called by the boot path before kernel_main. */
void arch_trap_init(void);

/* Return a short name of an exception cause, for messages. Never NULL. */
const char *arch_trap_name(uint64_t cause);

/*
 * Look up the pc in the exception table (entries of the uaccess components and of probes). If
 * found, set the frame's pc to the fix-up and return true. For kernel_fault(): after the vspace has
 * tried to fill the page, before panic_trap().
 */
bool arch_fixup(struct trap_frame *frame);

/*
 * True if the pc has a fix-up. A kernel-mode fault at a user address without one is a kernel bug
 * (or a missing SUM) and must not be resolved by the vspace: the access would fault for ever.
 */
bool arch_has_fixup(const struct trap_frame *frame);

#endif
