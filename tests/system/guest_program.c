/*
 * What a program in a Linux guest must find as on the bare machine, on each processor: the clock by
 * the vDSO and by rdtime itself, and a signal for an instruction that is the hypervisor's business,
 * also where it cannot be read.
 */
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static unsigned long ticks(void)
{
    unsigned long n;

    __asm__ volatile("rdtime %0" : "=r"(n));
    return n;
}

static long monotonic(void)
{
    struct timespec t;

    if (clock_gettime(CLOCK_MONOTONIC, &t) != 0)
        return -1;
    return t.tv_sec * 1000000000 + t.tv_nsec;
}

/* Times that a clock did not go on, of 3000. */
static unsigned read_clocks(void)
{
    unsigned nr_wrong = 0;

    for (int i = 0; i < 1000; i++) {
        const unsigned long before = ticks();
        const long start = monotonic();
        struct timeval a, b;

        nr_wrong +=
            gettimeofday(&a, NULL) != 0 || gettimeofday(&b, NULL) != 0 || timercmp(&b, &a, <);
        nr_wrong += start <= 0 || monotonic() < start;
        nr_wrong += ticks() < before;
    }
    return nr_wrong;
}

/* The signal that a child dies of when it executes wfi in a page with these rights. */
static int signal_of_wfi(int rights)
{
    static const unsigned wfi = 0x10500073;
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    int status = 0;

    if (page == MAP_FAILED)
        return -1;
    memcpy(page, &wfi, sizeof(wfi));
    if (mprotect(page, 4096, rights) != 0)
        return -1;
    __builtin___clear_cache(page, (char *)page + sizeof(wfi));
    const pid_t child = fork();
    if (child == 0) {
        ((void (*)(void))page)();
        _exit(0);
    }
    waitpid(child, &status, 0);
    munmap(page, 4096);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

int main(void)
{
    const long nr_cpus = sysconf(_SC_NPROCESSORS_ONLN);

    for (long cpu = 0; cpu < nr_cpus; cpu++) {
        cpu_set_t set;

        CPU_ZERO(&set);
        CPU_SET(cpu, &set);
        if (sched_setaffinity(0, sizeof(set), &set) != 0)
            return 1;
        printf("%ld: %u wrong, wfi %d %d\n", cpu, read_clocks(),
               signal_of_wfi(PROT_READ | PROT_EXEC), signal_of_wfi(PROT_EXEC));
    }
    return 0;
}
