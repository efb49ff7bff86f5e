/*
 * Data with one copy per CPU.
 *
 *   DEFINE_PER_CPU(struct run_queue, run_queue);
 *   this_cpu(run_queue).nr_running++;       preemption disabled, or pinned
 *   per_cpu(run_queue, cpu)                 any CPU's copy
 *
 * The linker gathers the variables in one section, which is CPU 0's copy; percpu_init() makes a
 * copy for every further CPU. All start as zero bytes: CPU 0's has been in use by then and cannot
 * be copied. A CPU's offset is in the thread that runs on it, so this_cpu() is one load and one
 * add.
 */
#ifndef PERCPU_PERCPU_H
#define PERCPU_PERCPU_H

#include <arch/context.h>
#include <arch/cpu.h>
#include <arch/smp.h> /* NR_CPUS_MAX */
#include <base/types.h>

#define DEFINE_PER_CPU(type, name)  __typeof__(type) name SECTION(".bss.percpu")
#define DECLARE_PER_CPU(type, name) extern __typeof__(type) name

extern uintptr_t percpu_offsets[NR_CPUS_MAX];

#define PERCPU_AT(var, offset) (*(__typeof__(&(var)))((uintptr_t) & (var) + (offset)))

#define this_cpu(var)     PERCPU_AT(var, arch_current()->percpu_offset)
#define per_cpu(var, cpu) PERCPU_AT(var, percpu_offsets[cpu])

/* Return the index of the current CPU; stable only while preemption is disabled. */
static inline unsigned cpu_index(void)
{
    return arch_current()->cpu;
}

/* Return the number of known CPUs (>= 1); running ones are in cpus_online. */
unsigned cpu_count(void);

extern cpumask_t cpus_online; /* [a] */

static inline bool cpu_is_online(unsigned cpu)
{
    return (__atomic_load_n(&cpus_online, __ATOMIC_RELAXED) >> cpu) & 1;
}

void cpu_set_online(unsigned cpu, bool online);

#define for_each_cpu(cpu) for (unsigned cpu = 0; cpu < cpu_count(); cpu++)
#define for_each_online_cpu(cpu)                                                                   \
    for (unsigned cpu = 0; cpu < cpu_count(); cpu++)                                               \
        if (cpu_is_online(cpu))

/*
 * Make the copies for CPUs 1 .. nr_cpus-1 in memory from alloc (page aligned; NULL: none left): the
 * frame allocator itself has per-CPU data and so is above this component. After frame_init():
 * percpu_init(n, frame_alloc_bytes). -ENOMEM: cpu_count() is reduced to what fits.
 */
int percpu_init(unsigned nr_cpus, void *(*alloc)(size_t nr_bytes));

#endif
