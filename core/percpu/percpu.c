/*
 * Per-CPU copies: made once at boot, never freed.
 */
#include <base/errno.h>
#include <percpu/percpu.h>
#include <string/string.h>

/* kernel.ld: the section that is CPU 0's copy. */
extern char __kernel_percpu_start[], __kernel_percpu_end[];

uintptr_t percpu_offsets[NR_CPUS_MAX];
cpumask_t cpus_online = 1;

static unsigned nr_cpus_known = 1;

unsigned cpu_count(void)
{
    return nr_cpus_known;
}

void cpu_set_online(unsigned cpu, bool online)
{
    if (online)
        __atomic_fetch_or(&cpus_online, 1ull << cpu, __ATOMIC_SEQ_CST);
    else
        __atomic_fetch_and(&cpus_online, ~(1ull << cpu), __ATOMIC_SEQ_CST);
}

int percpu_init(unsigned nr_cpus, void *(*alloc)(size_t nr_bytes))
{
    size_t size = (size_t)(__kernel_percpu_end - __kernel_percpu_start);

    for (unsigned cpu = 1; cpu < nr_cpus && cpu < NR_CPUS_MAX; cpu++) {
        char *copy = alloc(size);

        if (!copy)
            return -ENOMEM;
        memset(copy, 0, size);
        percpu_offsets[cpu] = (uintptr_t)copy - (uintptr_t)__kernel_percpu_start;
        nr_cpus_known = cpu + 1;
    }
    return 0;
}
