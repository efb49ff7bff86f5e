/*
 * The host has one CPU, and the variables themselves are its copy. More are known if a test puts
 * them online; they run nothing, and share the copy.
 */
#include <percpu/percpu.h>

uintptr_t percpu_offsets[NR_CPUS_MAX];
cpumask_t cpus_online = 1;

unsigned cpu_count(void)
{
    return 64 - (unsigned)__builtin_clzll(cpus_online | 1);
}

void cpu_set_online(unsigned cpu, bool online)
{
}

int percpu_init(unsigned nr_cpus, void *(*alloc)(size_t nr_bytes))
{
    return 0;
}
