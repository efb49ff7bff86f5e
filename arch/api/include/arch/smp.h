/*
 * The arch contract, 7: other harts. CPU numbers are dense; the table CPU -> hart id is set once at
 * boot from the device tree (arch_smp_add).
 */
#ifndef ARCH_SMP_H
#define ARCH_SMP_H

#include <base/types.h>

#define NR_CPUS_MAX 64

struct arch_thread;

/* Register the hart of the next CPU and return the CPU's number; CPU 0 is the boot hart, registered
 * by the boot path. */
int arch_smp_add(hartid_t hart);
hartid_t arch_cpu_to_hart(unsigned cpu);

/*
 * Start a stopped hart (SBI HSM): it runs entry(cpu) as thread idle, on idle's stack, with idle's
 * percpu_offset and cpu, interrupts masked, in the kernel's address space. Returns when the hart
 * has left the firmware: 0, or a negative errno if the firmware refuses. idle: arch_thread_init()
 * done (its entry is not used), cpu and percpu_offset set.
 */
int arch_smp_start(unsigned cpu, struct arch_thread *idle, void (*entry)(unsigned cpu)) MUST_CHECK;

/* CPU 0, and the CPUs started by arch_smp_start() that have reached C. */
cpumask_t arch_cpus_started(void);

/*
 * Move all CPUs whose harts fit into one SBI hart mask out of *cpus, starting with the lowest: for
 * calls to the firmware. *cpus must not be 0.
 */
struct arch_hart_group {
    uint64_t mask;
    hartid_t base;
};
struct arch_hart_group arch_hart_group(cpumask_t *cpus);

/* Stop this hart for good (panic, power off). */
NORETURN void arch_smp_stop_self(void);

/* Raise TRAP_IRQ_SOFTWARE on the CPUs of mask. core/irq records the reasons. */
void arch_ipi_send(cpumask_t cpus);

/* Clear this hart's pending software interrupt, before the reasons are read. */
static inline void arch_ipi_clear(void);

/* Execute fence.i on the CPUs of mask; done on return. */
void arch_fence_i_remote(cpumask_t cpus);

#include <arch_impl/smp.h>

#endif
