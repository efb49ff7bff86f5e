/*
 * A conformance program: tests are functions, run each in a child of its own, so that one that dies
 * is one failure. Prints "ok NAME" or "FAILED NAME: why" a line, then "NAME.c: N passed, M failed".
 * The same binary runs on Linux, whose behaviour is what is asked for.
 */
#ifndef CONFORMANCE_CHECK_H
#define CONFORMANCE_CHECK_H

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int nr_bad __attribute__((unused));

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            printf("    %s:%d: %s (errno %d)\n", __FILE__, __LINE__, #condition, errno);           \
            nr_bad++;                                                                              \
        }                                                                                          \
    } while (0)
#define CHECK_ERRNO(call, expected)                                                                \
    do {                                                                                           \
        errno = 0;                                                                                 \
        long ret_ = (long)(call);                                                                  \
        if (ret_ != -1 || errno != (expected)) {                                                   \
            printf("    %s:%d: %s = %ld, errno %d instead of %d\n", __FILE__, __LINE__, #call,     \
                   ret_, errno, (expected));                                                       \
            nr_bad++;                                                                              \
        }                                                                                          \
    } while (0)

struct check_test {
    const char *name;
    void (*run)(void);
};
#define TEST(fn)                                                                                   \
    {                                                                                              \
#fn, fn                                                                                    \
    }

static int check_main(const char *file, const struct check_test *tests, int nr)
{
    int nr_passed = 0;

    setvbuf(stdout, NULL, _IOLBF, 0);
    for (int i = 0; i < nr; i++) {
        int status = 0;
        pid_t pid;

        fflush(stdout);
        pid = fork();
        if (pid == 0) {
            alarm(240);
            tests[i].run();
            fflush(stdout);
            _exit(nr_bad ? 1 : 0);
        }
        while (waitpid(pid, &status, 0) == -1 && errno == EINTR)
            ;
        if (status == 0) {
            printf("ok %s\n", tests[i].name);
            nr_passed++;
        } else if (WIFSIGNALED(status)) {
            printf("FAILED %s: killed by signal %d\n", tests[i].name, WTERMSIG(status));
        } else {
            printf("FAILED %s\n", tests[i].name);
        }
    }
    printf("%s: %d passed, %d failed\n", file, nr_passed, nr - nr_passed);
    return nr_passed != nr;
}

/* Runs statements in a child; yields its wait status. */
#define IN_CHILD(...)                                                                              \
    ({                                                                                             \
        int status_ = -1;                                                                          \
        pid_t child_ = fork();                                                                     \
        if (child_ == 0) {                                                                         \
            __VA_ARGS__;                                                                           \
            _exit(0);                                                                              \
        }                                                                                          \
        if (child_ > 0)                                                                            \
            waitpid(child_, &status_, 0);                                                          \
        status_;                                                                                   \
    })

/* Runs fn in a child; returns its wait status. */
static inline int in_child(void (*fn)(void))
{
    int status = 0;
    pid_t pid = fork();

    if (pid == 0) {
        fn();
        _exit(0);
    }
    waitpid(pid, &status, 0);
    return status;
}

/* Whether a thread sleeps in a call, by its stat file in /proc. */
static inline bool is_asleep(const char *stat)
{
    char text[256];
    int fd = open(stat, O_RDONLY);
    ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);

    close(fd);
    text[n > 0 ? n : 0] = '\0';
    char *end = strrchr(text, ')');

    return end != NULL && strncmp(end, ") S ", 4) == 0;
}

/* Until a thread sleeps, and not only for a lock: it has come to the call that it waits in. */
static inline void until_asleep(const char *stat)
{
    for (int nr_looks = 0; nr_looks < 2; usleep(1000))
        nr_looks = is_asleep(stat) ? nr_looks + 1 : 0;
}

static inline void until_parent_sleeps(void)
{
    char name[32];

    snprintf(name, sizeof(name), "/proc/%d/stat", getppid());
    until_asleep(name);
}

#define CONFORMANCE_MAIN(...)                                                                      \
    int main(void)                                                                                 \
    {                                                                                              \
        static const struct check_test tests[] = {__VA_ARGS__};                                    \
        return check_main(__BASE_FILE__, tests, sizeof(tests) / sizeof(tests[0]));                 \
    }

#endif
