/*
 * The arch contract, 7: other harts. CPU numbers are dense; the table CPU -> hart id is set once at
 * boot from the device tree (arch_smp_add).
 */
#ifndef ARCH_SMP_H
#define ARCH_SMP_H

#include <base/types.h>

#define NR_CPUS_MAX 64

struct arch_thread;

/* Names the hart of the next CPU; CPU 0 is the boot hart, added by the boot path. Returns the
 * number. */
int arch_smp_add(hartid_t hart);
hartid_t arch_cpu_to_hart(unsigned cpu);

/*
 * Starts a stopped hart (SBI HSM): it runs entry(cpu) as thread idle, on idle's stack, with idle's
 * percpu_offset and cpu, interrupts masked, the kernel's address space. Returns when the hart has
 * left the firmware: 0, or a negative errno if the firmware refuses. idle: arch_thread_init() done
 * (its entry is not used), cpu and percpu_offset set.
 */
int arch_smp_start(unsigned cpu, struct arch_thread *idle, void (*entry)(unsigned cpu)) MUST_CHECK;

/* CPUs that were started by arch_smp_start() and have reached C, and CPU 0. */
cpumask_t arch_cpus_started(void);

/*
 * Takes from *cpus all CPUs whose harts fit into one SBI hart mask, starting with the lowest: for
 * calls to the firmware. *cpus must not be 0.
 */
struct arch_hart_group {
    uint64_t mask;
    hartid_t base;
};
struct arch_hart_group arch_hart_group(cpumask_t *cpus);

/* Stops this hart for good (panic, power off). */
NORETURN void arch_smp_stop_self(void);

/* Raises TRAP_IRQ_SOFTWARE on the CPUs of mask. Reasons are kept by core/irq. */
void arch_ipi_send(cpumask_t cpus);

/* Clears this hart's pending software interrupt; before the reasons are read. */
static inline void arch_ipi_clear(void);

/* fence.i on the CPUs of mask, finished on return. */
void arch_fence_i_remote(cpumask_t cpus);

#include <arch_impl/smp.h>

#endif
