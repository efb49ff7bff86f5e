/* Wild pointers to every call: the call fails, the program and the system go on. Then programs
 * without measure. */
#include "check.h"
#include <sys/resource.h>

static const unsigned long wild[] = {0x1,
                                     0xfff,
                                     0x4000000000,
                                     0x7fffffffff8,
                                     0xffffffc080200000,
                                     0xffffffff80000000,
                                     0x8000000000000000,
                                     0xfffffffffffffff8,
                                     0xffffffffffffffff};

/* Calls that would end or stop the caller, or the machine, with any arguments. */
static bool is_fatal(long n)
{
    return n == SYS_exit || n == SYS_exit_group || n == SYS_reboot || n == SYS_rt_sigreturn ||
           n == SYS_vhangup || n == SYS_clone || n == 435 /* clone3 */ || n == SYS_rt_sigsuspend ||
           n == SYS_ppoll || n == SYS_pselect6 || n == SYS_setns || n == SYS_kill ||
           n == SYS_tkill || n == SYS_tgkill || n == SYS_unshare || n == SYS_sethostname ||
           n == SYS_close_range;
}

static void every_call_with_wild_pointers(void)
{
    for (long n = 0; n < 470; n++) {
        if (is_fatal(n))
            continue;
        int status = IN_CHILD({
            struct itimerval soon = {.it_value.tv_usec =
                                         200000}; /* calls that wait with any arguments */
            setitimer(ITIMER_REAL, &soon, NULL);
            setsid();                           /* no terminal to be stopped by, no group to hurt */
            if (setgid(65534) || setuid(65534)) /* so that kill() finds nobody else */
                _exit(1);
            for (size_t i = 0; i < sizeof wild / sizeof *wild; i++) {
                unsigned long w = wild[i];
                syscall(n, w, w, w, w, w, w);
                syscall(n, 0l, w, w, w, w, w);
                syscall(n, 0l, w, 1l, w, 0l, 0l);
                syscall(n, -100l, w, w, w, w, w);
                syscall(n, 1l, 1l, w, w, w, w);
                syscall(n, w, 16l, 1l, 0l, 0l, 0l);
            }
        });
        /* A signal that it sent itself, or one that a fault brought, is fair; a stop would have
         * hung us. */
        if (!WIFEXITED(status) && !WIFSIGNALED(status)) {
            printf("    call %ld: status %#x\n", n, status);
            nr_bad++;
        }
    }
}

static void pointers_are_faults(void)
{
    char *bad = (char *)0xffffffc080200000;
    char *none = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    char *edge = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    int zero = open("/dev/zero", O_RDONLY),
        fd = open("/tmp/wild", O_CREAT | O_RDWR | O_TRUNC, 0600), ends[2];

    munmap(edge + 4096, 4096);
    CHECK(pipe(ends) == 0);
    char *const places[] = {bad, none, NULL, (char *)-1l};
    for (size_t i = 0; i < 4; i++) {
        char *p = places[i];
        CHECK_ERRNO(read(zero, p, 10), EFAULT);
        CHECK_ERRNO(write(fd, p, 10), EFAULT);
        CHECK_ERRNO(write(ends[1], p, 10), EFAULT);
        CHECK_ERRNO(open(p, O_RDONLY), EFAULT);
        CHECK_ERRNO(syscall(SYS_newfstatat, AT_FDCWD, p, edge, 0), EFAULT);
        CHECK_ERRNO(syscall(SYS_fstat, fd, p), EFAULT);
        CHECK_ERRNO(syscall(SYS_pipe2, p, 0), EFAULT);
        CHECK_ERRNO(syscall(SYS_uname, p), EFAULT);
        CHECK_ERRNO(syscall(SYS_clock_gettime, 1, p), EFAULT);
        CHECK_ERRNO(syscall(SYS_getdents64, open("/", O_RDONLY), p, 1000), EFAULT);
        CHECK_ERRNO(syscall(SYS_getcwd, p, 100), EFAULT);
    }
    CHECK_ERRNO(syscall(SYS_rt_sigaction, SIGUSR1, bad, NULL, 8), EFAULT);
    CHECK_ERRNO(syscall(SYS_wait4, -1, bad, 0, NULL), IN_CHILD(_exit(0)) == 0 ? ECHILD : EFAULT);
    /* Up to the edge of what is mapped; a string without an end. */
    memset(edge, 'a', 4096);
    CHECK_ERRNO(open(edge + 3900, O_RDONLY), EFAULT);
    CHECK(read(zero, edge + 4000, 96) == 96);
    ssize_t n = read(zero, edge + 4000, 200);
    CHECK(n == -1 || n == 96);
    close(zero), close(fd), close(ends[0]), close(ends[1]);
    munmap(edge, 4096), munmap(none, 4096);
    unlink("/tmp/wild");
}

static void fork_without_end(void)
{
    int status = IN_CHILD({
        struct rlimit limit = {60, 60};
        setpgid(0, 0);
        if (setrlimit(RLIMIT_NPROC, &limit) || setgid(1001) || setuid(1001))
            _exit(1);
        int made = 0;
        for (;;) {
            pid_t child = fork();
            if (child == 0)
                for (;;)
                    pause();
            if (child < 0)
                break;
            if (++made > 1000)
                _exit(2);
        }
        int number = errno;
        signal(SIGTERM, SIG_IGN);
        kill(0, SIGTERM);
        signal(SIGTERM, SIG_DFL);
        kill(-1, SIGKILL);
        _exit(number == EAGAIN ? 0 : 3);
    });
    CHECK(status == 0 || (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL));
    CHECK(IN_CHILD(_exit(0)) == 0);
}

CONFORMANCE_MAIN(TEST(pointers_are_faults), TEST(every_call_with_wild_pointers),
                 TEST(fork_without_end))
