/*
 * Forks with the first allocation failing, then with the second, and so on until a fork gets by
 * with fewer allocations than that; many times over, while the free memory must stay what it was.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ROUNDS      40
#define WARM_UP     4
#define NTH_MAX     2000
#define LOOKS       500
#define LOST_MAX_KB 64 /* as alloc_failure_test.py */

static int control;
static char text[24];

/*
 * Writes `text` to /proc/fail-nth, forks, writes "0" there. All in registers: between the writes
 * the program touches no memory, so that no page fault (copy on write) is what meets the failure.
 */
static long fork_failing(size_t len)
{
    register long a0 asm("a0") = control;
    register long a1 asm("a1") = (long)text;
    register long a2 asm("a2") = (long)len;
    register long a3 asm("a3") = 0;
    register long a4 asm("a4") = 0;
    register long a7 asm("a7") = SYS_write;
    register long fd asm("s2") = control;
    register long zero asm("s3") = (long)"0";
    register long result asm("s4");

    asm volatile("ecall\n"
                 "li a0, %[sigchld]\n"
                 "li a1, 0\n"
                 "li a2, 0\n"
                 "li a7, %[clone]\n"
                 "ecall\n"
                 "mv %[result], a0\n"
                 "bnez a0, 1f\n"
                 "li a7, %[exit]\n" /* the child: exit status 0 */
                 "ecall\n"
                 "1: mv a0, %[fd]\n"
                 "mv a1, %[zero]\n"
                 "li a2, 1\n"
                 "li a7, %[write]\n"
                 "ecall\n"
                 : [result] "=&r"(result), "+r"(a0), "+r"(a1), "+r"(a2), "+r"(a3), "+r"(a4),
                   "+r"(a7)
                 : [fd] "r"(fd), [zero] "r"(zero), [sigchld] "i"(SIGCHLD), [clone] "i"(SYS_clone),
                   [exit] "i"(SYS_exit_group), [write] "i"(SYS_write)
                 : "memory");
    return result;
}

static long free_kb(void)
{
    static char page[4096];
    int fd = open("/proc/meminfo", O_RDONLY);
    ssize_t n = read(fd, page, sizeof(page) - 1);
    char *at;

    close(fd);
    page[n > 0 ? n : 0] = '\0';
    at = strstr(page, "MemFree:");
    return at ? atol(at + 8) : -1;
}

/* Forks that failed until one did not; -1: something else happened. */
static int one_round(void)
{
    for (int nth = 1; nth <= NTH_MAX; nth++) {
        int len = snprintf(text, sizeof(text), "%d", nth);
        long pid = fork_failing((size_t)len);
        int status;

        if (pid < 0) {
            if (pid != -ENOMEM && pid != -EAGAIN) {
                printf("FAILED: allocation %d: errno %ld\n", nth, -pid);
                return -1;
            }
            if (waitpid(-1, &status, WNOHANG) != -1 || errno != ECHILD) {
                printf("FAILED: allocation %d: a fork that failed left a child\n", nth);
                return -1;
            }
            continue;
        }
        if (waitpid((pid_t)pid, &status, 0) != pid || status != 0) {
            printf("FAILED: allocation %d: the child ended with status %#x\n", nth, status);
            return -1;
        }
        return nth - 1;
    }
    printf("FAILED: no fork of %d succeeded\n", NTH_MAX);
    return -1;
}

int main(void)
{
    char *area = mmap(NULL, 64 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    int failed = 0;
    long before = 0;

    control = open("/proc/fail-nth", O_WRONLY);
    if (control < 0 || area == MAP_FAILED) {
        printf("FAILED: no /proc/fail-nth\n");
        return 1;
    }
    memset(area, 1, 64 * 4096);
    for (int round = -WARM_UP; round < ROUNDS; round++) {
        int n;

        if (round == 0)
            before = free_kb();
        n = one_round();
        if (n < 0)
            return 1;
        failed += round < 0 ? 0 : n;
    }
    /* What ended goes back in its own time. */
    for (int i = 0; i < LOOKS && before - free_kb() >= LOST_MAX_KB; i++)
        nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
    printf("done: %d forks failed, %d rounds, %ld kB lost\n", failed, ROUNDS, before - free_kb());
    return 0;
}
