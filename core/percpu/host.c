/*
 * The host has one CPU, and the variables themselves are its copy.
 */
#include <percpu/percpu.h>

uintptr_t percpu_offsets[NR_CPUS_MAX];
cpumask_t cpus_online = 1;

unsigned cpu_count(void)
{
    return 1;
}

void cpu_set_online(unsigned cpu, bool online)
{
}

int percpu_init(unsigned nr_cpus, void *(*alloc)(size_t nr_bytes))
{
    return 0;
}
