/*
 * A conformance program checks what Linux promises, from user space, and is first run on Linux itself.
 *
 * Each TEST prints "ok NAME" or "FAILED NAME: what, where"; the program ends with "done: N ok, N failed".
 */
#ifndef CHECK_H
#define CHECK_H

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

struct test {
    const char *name;
    void (*run)(void);
};

static const char *check_failure;

#define CHECK_STR_(x) #x
#define CHECK_STR(x)  CHECK_STR_(x)

/* Ends the test at the first thing that is not so. */
#define CHECK(cond)                                                                                \
    do {                                                                                           \
        if (!(cond)) {                                                                             \
            check_failure = #cond " (line " CHECK_STR(__LINE__) ")";                               \
            return;                                                                                \
        }                                                                                          \
    } while (0)

#define CHECK_ERRNO(call, number)                                                                  \
    do {                                                                                           \
        errno = 0;                                                                                 \
        long result_ = (long)(call);                                                               \
        if (result_ != -1 || errno != (number)) {                                                  \
            static char text_[160];                                                                \
            snprintf(text_, sizeof text_, "%s: result %ld, errno %d, not " #number " (line %d)",   \
                     #call, result_, errno, __LINE__);                                             \
            check_failure = text_;                                                                 \
            return;                                                                                \
        }                                                                                          \
    } while (0)

/* Runs body in a child; yields its wait status. */
#define IN_CHILD(...)                                                                              \
    ({                                                                                             \
        int status_ = -1;                                                                          \
        pid_t child_ = fork();                                                                     \
        if (child_ == 0) {                                                                         \
            __VA_ARGS__;                                                                               \
            _exit(0);                                                                              \
        }                                                                                          \
        if (child_ > 0)                                                                            \
            waitpid(child_, &status_, 0);                                                          \
        status_;                                                                                   \
    })

static int check_main(const struct test *tests, size_t count, int argc, char **argv)
{
    int ok = 0, failed = 0;

    for (size_t i = 0; i < count; i++) {
        if (argc > 1 && strcmp(argv[1], tests[i].name) != 0)
            continue;
        fflush(stdout);
        check_failure = NULL;
        tests[i].run();
        if (check_failure) {
            printf("FAILED %s: %s\n", tests[i].name, check_failure);
            failed++;
        } else {
            printf("ok %s\n", tests[i].name);
            ok++;
        }
    }
    printf("done: %d ok, %d failed\n", ok, failed);
    return failed != 0;
}

#define CHECK_MAIN(...)                                                                            \
    int main(int argc, char **argv)                                                                \
    {                                                                                              \
        static const struct test tests[] = {__VA_ARGS__};                                          \
        return check_main(tests, sizeof tests / sizeof *tests, argc, argv);                        \
    }
#define T(name)                                                                                    \
    {                                                                                              \
        #name, name                                                                                \
    }

#endif
