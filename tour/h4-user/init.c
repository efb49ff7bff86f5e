/*
 * The first and only program of a guest kernel: U mode inside VS mode. It does what programs do,
 * and what they must not: floats in two processes at once, a wild pointer, garbage instructions, a
 * privileged one. The guest kernel deals with all of it; the hypervisor hears of none.
 */
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/reboot.h>
#include <sys/wait.h>
#include <unistd.h>

static double series(int nr_terms, double step)
{
    double sum = 0;

    for (int i = 1; i <= nr_terms; i++) {
        sum += step / i;
        if (i % 1000 == 0)
            sched_yield();
    }
    return sum;
}

/* The signal that ends a child which calls fn, or minus its exit status. */
static int fate(void (*fn)(void))
{
    int status;
    const pid_t pid = fork();

    if (pid == 0) {
        fn();
        _exit(0);
    }
    if (pid < 0 || waitpid(pid, &status, 0) != pid)
        return -1000;
    return WIFSIGNALED(status) ? WTERMSIG(status) : -WEXITSTATUS(status);
}

static void wild_pointer(void)
{
    *(volatile long *)0xffffffff80000000ul = 1;
}

static void garbage(void)
{
    __asm__ volatile(".word 0xffffffff");
}

static void privileged(void)
{
    __asm__ volatile("csrw satp, zero");
}

static void hypervisor_call(void)
{
    __asm__ volatile(".insn r 0x73, 0, 0x31, x0, x0, x0"); /* hfence.gvma */
}

static void floats(void)
{
    _exit(series(20000, 2.0) == 2.0 * series(20000, 1.0) ? 7 : 8);
}

int main(void)
{
    const double before = series(20000, 1.0);
    const int a = fate(floats);
    const double after = series(20000, 1.0);
    const int is_good = a == -7 && before == after && fate(wild_pointer) == SIGSEGV &&
                        fate(garbage) == SIGILL && fate(privileged) == SIGILL &&
                        fate(hypervisor_call) == SIGILL;

    printf("h4: a program in a guest: %s\n",
           is_good ? "floats kept, four bad children ended by their signals" : "wrong");
    fflush(stdout);
    reboot(RB_POWER_OFF);
    return 1;
}
