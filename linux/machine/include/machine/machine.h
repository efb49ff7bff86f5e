/*
 * The machine-dependent part of the Linux interface: a contract with one provider per architecture
 * (linux/riscv). Besides the functions declared here, a provider defines the system calls that only
 * its machine has (sys_riscv_*).
 *
 * <machine_impl/machine.h> has
 *
 *   MACHINE_NAME          uname(2)'s machine and AT_PLATFORM
 *   MACHINE_CONTEXT_AT    where struct ucontext has its uc_mcontext
 *   struct machine_context   the registers as a signal's handler sees them: uc_mcontext
 */
#ifndef MACHINE_MACHINE_H
#define MACHINE_MACHINE_H

#include <base/types.h>
#include <machine_impl/machine.h>

struct arch_fpu_state;
struct seq;
struct trap_frame;

/* Fill *context, which is zeroed, from the registers; fpu is up to date. */
void machine_context_save(struct machine_context *context, const struct trap_frame *frame,
                          const struct arch_fpu_state *fpu);

/*
 * Load the registers from *context. A program can only change its own registers by it: the kernel's
 * fields of the frame are kept, and a bad address faults in the program.
 */
void machine_context_load(const struct machine_context *context, struct trap_frame *frame,
                          struct arch_fpu_state *fpu);

/* Return AT_HWCAP. */
uint64_t machine_hwcap(void);

/* Print /proc/cpuinfo. */
void machine_show_cpuinfo(struct seq *seq);

#endif
