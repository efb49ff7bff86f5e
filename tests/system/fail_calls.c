/*
 * Makes each of many calls with its first allocation failing, then with the second, and so on until
 * one does not ask for that many. A call that fails says ENOMEM or the like, leaves no descriptor
 * and no name behind, and nothing stays allocated: /proc/allocations counts the same before and
 * after some rounds.
 *
 * usage: fail_calls FOLDER [CASE]    where files are made: a tmpfs, a disk
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "allocations.h"
#include "fail_calls.h"

#define NTH_MAX 400
#define WARM_UP 3
#define ROUNDS  6

static int control;
static char text[24];
/* Shared, so that it is not copied after a fork: that page would be what meets the failure. */
static char *left;

void fail_from_here(const char *nth)
{
    (void)!write(control, nth, strlen(nth));
}

/*
 * Writes `text` to /proc/fail-nth, makes the call, reads what is left to count, and ends the count.
 * All in registers: in between the program touches no memory that would be copied after a fork, so
 * that no page fault is what meets the failure.
 */
static long call_failing(const struct call *call, size_t len, long *read_result)
{
    register long a0 asm("a0") = control;
    register long a1 asm("a1") = (long)text;
    register long a2 asm("a2") = (long)len;
    register long a3 asm("a3") = 0;
    register long a4 asm("a4") = 0;
    register long a5 asm("a5") = 0;
    register long a6 asm("a6");
    register long a7 asm("a7") = SYS_write;
    register long s2 asm("s2") = call->nr;
    register long s3 asm("s3") = call->args[0];
    register long s4 asm("s4") = call->args[1];
    register long s5 asm("s5") = call->args[2];
    register long s6 asm("s6") = call->args[3];
    register long s7 asm("s7") = call->args[4];
    register long s8 asm("s8") = call->args[5];
    register long s9 asm("s9") = call->has_child;
    register long s10 asm("s10") = control;
    register long s11 asm("s11") = (long)left;

    asm volatile(
        "ecall\n"
        "mv a0, s3\n"
        "mv a1, s4\n"
        "mv a2, s5\n"
        "mv a3, s6\n"
        "mv a4, s7\n"
        "mv a5, s8\n"
        "mv a7, s2\n"
        "ecall\n"
        "beqz s9, 1f\n"
        "bnez a0, 1f\n"
        "li a7, %[exit]\n"
        "ecall\n"
        "1: mv s2, a0\n"
        "mv a0, s10\n"
        "mv a1, s11\n"
        "li a2, 8\n"
        "li a3, 0\n"
        "li a7, %[pread]\n"
        "ecall\n"
        "mv a6, a0\n"
        "mv a0, s10\n"
        "mv a1, %[zero]\n"
        "li a2, 1\n"
        "li a7, %[write]\n"
        "ecall\n"
        : "+r"(a0), "+r"(a1), "+r"(a2), "+r"(a3), "+r"(a4), "+r"(a5), "+r"(a7), "+r"(s2), "=&r"(a6)
        : "r"(s3), "r"(s4), "r"(s5), "r"(s6), "r"(s7), "r"(s8), "r"(s9), "r"(s10), "r"(s11),
          [zero] "r"("0"), [exit] "i"(SYS_exit), [pread] "i"(SYS_pread64), [write] "i"(SYS_write)
        : "memory");
    *read_result = a6;
    return s2;
}

/* --- sweeps ----------------------------------------------------------------------------------- */

static int next_descriptor(void)
{
    int fd = dup(0);

    close(fd);
    return fd;
}

static bool is_about_memory(long result)
{
    return result == -ENOMEM || result == -EAGAIN || result == -ENOSPC;
}

/* Allocations that one call asks for; -1: something else happened. */
static int sweep(const struct test *test)
{
    for (int nth = 1; nth <= NTH_MAX; nth++) {
        int fd = next_descriptor();
        struct call call;
        long result, nr_read;
        bool has_met;

        test->prepare(&call);
        result = call_failing(&call, (size_t)snprintf(text, sizeof(text), "%d", nth), &nr_read);
        has_met = nr_read > 0 && left[0] == '0';
        if (test->may_be_refused && result == -EPERM) {
            ;
        } else if (test->undo == NULL ? result == -EACCES : (result >= 0 || result == -ETIMEDOUT)) {
            if (test->undo != NULL && !test->undo(result)) {
                printf("FAILED: %s: allocation %d: wrong result %ld (errno %d)\n", test->name, nth,
                       result, errno);
                return -1;
            }
        } else if (!has_met || !is_about_memory(result)) {
            printf("FAILED: %s: allocation %d: %ld\n", test->name, nth, result);
            return -1;
        } else if (test->is_intact != NULL && !test->is_intact()) {
            printf("FAILED: %s: allocation %d: it left something behind\n", test->name, nth);
            return -1;
        }
        if (next_descriptor() != fd) {
            printf("FAILED: %s: allocation %d: a descriptor is left\n", test->name, nth);
            return -1;
        }
        if (!has_met)
            return nth - 1;
    }
    printf("FAILED: %s: more than %d allocations\n", test->name, NTH_MAX);
    return -1;
}

static int child_sweep(const struct child_test *test)
{
    for (int nth = 1; nth <= NTH_MAX; nth++) {
        pid_t child;
        int status;

        if (!child_cases_begin())
            return -1;
        snprintf(text, sizeof(text), "%d", nth);
        child = fork();
        if (child == 0)
            _exit(test->run(text));
        if (waitpid(child, &status, 0) != child ||
            (status != 0 && !(test->is_exec && (WIFSIGNALED(status) || status == 127 << 8)))) {
            printf("FAILED: %s: allocation %d: status %#x\n", test->name, nth, status);
            return -1;
        }
        if (pread(control, left, 8, 0) > 0 && left[0] != '0') {
            fail_from_here("0");
            return nth - 1;
        }
    }
    printf("FAILED: %s: more than %d allocations\n", test->name, NTH_MAX);
    return -1;
}

/* --- all of them ------------------------------------------------------------------------------ */

static bool report(const char *name, int nr_allocations)
{
    long by;
    const char *leak;

    if (nr_allocations < 0)
        return false;
    leak = allocations_leaked(&by);
    if (leak == NULL) {
        printf("ok %s: %d allocations\n", name, nr_allocations);
        return true;
    }
    printf("FAILED: %s: %ld more %s afterwards\n", name, by, leak);
    return false;
}

static bool run_child_test(const struct child_test *test)
{
    int nr;

    nr = child_sweep(test);
    child_cases_end();
    allocations_mark();
    nr = nr < 0 ? nr : child_sweep(test);
    child_cases_end();
    return report(test->name, nr);
}

static bool run(const struct test *test)
{
    int nr = 0;

    for (int round = -WARM_UP; round < ROUNDS && nr >= 0; round++) {
        if (round == 0)
            allocations_mark();
        nr = sweep(test);
    }
    return report(test->name, nr);
}

/* A disk is mounted where there is a second one. */
static bool is_wanted(const char *name, const char *only)
{
    if (only != NULL)
        return strcmp(only, name) == 0;
    return strcmp(name, "mount of a disk") != 0 || access("/dev/vdb", F_OK) == 0;
}

int main(int argc, char **argv)
{
    const char *only = argc > 2 ? argv[2] : NULL;
    int nr_passed = 0, nr_failed = 0;

    if (argc > 1 && strcmp(argv[1], "--succeed") == 0)
        return 0;
    setvbuf(stdout, NULL, _IOLBF, 0);
    left =
        mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    if (left == MAP_FAILED) {
        perror("mmap");
        return 1;
    }
    left[0] = 0;
    control = open("/proc/fail-nth", O_RDWR);
    if (control < 0 || !allocations_open() || !cases_begin(argc > 1 ? argv[1] : "/tmp")) {
        printf("FAILED: preparation: errno %d\n", errno);
        return 1;
    }
    for (const struct test *test = tests; test->name != NULL; test++)
        if (is_wanted(test->name, only))
            run(test) ? nr_passed++ : nr_failed++;
    for (const struct child_test *test = child_tests; test->name != NULL; test++)
        if (is_wanted(test->name, only))
            run_child_test(test) ? nr_passed++ : nr_failed++;
    printf("done: %d passed, %d failed\n", nr_passed, nr_failed);
    return nr_failed != 0;
}
