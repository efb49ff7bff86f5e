/*
 * From app_main to main, and from exit to the machine's end.
 */
#include <app/app.h>
#include <base/errno.h>
#include <bootargs/bootargs.h>
#include <heap/heap.h>
#include <log/log.h>
#include <power/power.h>
#include <random/random.h>
#include <thread/thread.h>
#include <threadlocal/threadlocal.h> /* errno */

#include "libc.h"

#define STACK_SIZE KIB(256)
#define ARGS_MAX   64

int main(int argc, char **argv);
NORETURN void exit(int status);
NORETURN void _exit(int status);
int getpid(void);
int kill(int pid, int signal);
int getentropy(void *buf, size_t n);
char *_user_strerror(int err, int internal, int *result);

extern _Thread_local int errno; /* picolibc's */

/* Where the C library's numbers are not Linux's. */
static const struct {
    uint8_t linux_number, number;
} renumbered[] = {
    {ENAMETOOLONG, 91}, {ENOSYS, 88},     {ENOTEMPTY, 90},  {ELOOP, 92},
    {EOPNOTSUPP, 95},   {EOVERFLOW, 139}, {ETIMEDOUT, 116},
};

int libc_fail(int err)
{
    errno = -err;
    for (unsigned i = 0; i < ARRAY_SIZE(renumbered); i++)
        if (renumbered[i].linux_number == -err)
            errno = renumbered[i].number;
    return -1;
}

void _exit(int status)
{
    libc_console_flush();
    if (status == 0)
        power_off();
    log_err("the application failed: %d", status);
    power_off_failure();
}

int getpid(void)
{
    return 1;
}

int kill(int pid, int signal)
{
    if (pid != 1)
        return libc_fail(-ESRCH);
    _exit(128 + signal);
}

int getentropy(void *buf, size_t n)
{
    random_bytes(buf, n);
    return 0;
}

/* strerror's text for a number that is none of the C library's. */
char *_user_strerror(int err, int internal, int *result)
{
    (void)err;
    (void)internal;
    (void)result;
    return NULL;
}

static void run_main(void *arg)
{
    static char *argv[ARGS_MAX + 2] = {"app"};
    const struct bootarg_word *word;
    int argc = 1;

    (void)arg;
    for (unsigned i = 0; (word = bootargs_word(i)) != NULL; i++)
        if (word->kind == BOOTARG_AFTER_DASHES && argc <= ARGS_MAX)
            argv[argc++] = (char *)word->name;
    exit(main(argc, argv));
}

int app_main(void)
{
    struct thread_attr attr = {.stack_size = STACK_SIZE};
    struct thread *thread = thread_create(run_main, NULL, "main", &attr);

    if (!thread)
        return -ENOMEM;
    thread_join(thread);
    return 0;
}
