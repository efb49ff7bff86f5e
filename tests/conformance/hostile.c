/*
 * Programs that mean harm: wild pointers to every call, fork bombs, memory hogs. The kernel and the
 * other programs live on.
 */
#include "check.h"

#include <pthread.h>

/* Calls that end or stop the caller, or power the machine off: their pointers are tried
 * elsewhere. */
static int is_final(long n)
{
    return n == SYS_exit || n == SYS_exit_group || n == SYS_rt_sigreturn || n == SYS_reboot ||
           n == SYS_rt_sigsuspend;
}

static void wild_child(void)
{
    static const unsigned long wild[] = {
        0,
        1,
        8,
        0xfff,
        0x1000,
        0x3fffffffffffffff,
        0x4000000000,
        0x3ffffffff8,
        0xffffffffffffffff,
        0xffffffff80000000,
        0xffffffc080200000,
        0x8000000000000000,
        0xdeadbeefdeadbeef,
    };
    unsigned nr = sizeof(wild) / sizeof(wild[0]);

    for (int fd = 0; fd < 3; fd++) /* nothing is to wait for a key */
        close(fd);
    for (long n = 0; n < 470; n++) {
        for (unsigned i = 0; i < nr * 2; i++) {
            unsigned long w = wild[i % nr];

            if (is_final(n) || n == SYS_clone || n == SYS_clone3 || n == SYS_kill ||
                n == SYS_tkill || n == SYS_tgkill || n == SYS_munmap || n == SYS_mprotect ||
                n == SYS_brk || n == SYS_close_range || n == SYS_close || n == SYS_dup3 ||
                n == SYS_setrlimit || n == SYS_prlimit64 || n == SYS_mremap || n == SYS_mmap ||
                n == SYS_madvise || n == SYS_setuid || n == SYS_setsid)
                continue;
            if (n == SYS_nanosleep || n == SYS_clock_nanosleep || n == SYS_ppoll ||
                n == SYS_pselect6 || n == SYS_rt_sigtimedwait || n == SYS_wait4 ||
                n == SYS_waitid || n == SYS_futex)
                w = w ? w : 8; /* with a null pointer these may wait for ever */
            if (i < nr)
                syscall(n, w, w, w, w, w, w);
            else
                syscall(n, 0, w, w, w, w, w);
        }
    }
    _exit(0);
}

static void wild_pointers(void)
{
    int status;
    pid_t pid = fork();

    if (pid == 0) {
        alarm(50);
        wild_child();
    }
    CHECK(waitpid(pid, &status, 0) == pid);
    CHECK(WIFEXITED(status) || WIFSIGNALED(status));
    CHECK_ERRNO(read(open("/dev/zero", O_RDONLY), (void *)8, 10), EFAULT);
    CHECK_ERRNO(read(open("/dev/zero", O_RDONLY), (void *)0xffffffff80200000, 10), EFAULT);
    int fds[2];
    pipe(fds);
    CHECK_ERRNO(write(fds[1], (void *)0xffffffc080200000, 10), EFAULT);
    CHECK_ERRNO(pipe((void *)16), EFAULT);
    CHECK_ERRNO(syscall(SYS_uname, 16), EFAULT);
    CHECK_ERRNO(syscall(SYS_rt_sigaction, SIGUSR1, 16, 0, 8), EFAULT);
    CHECK_ERRNO(syscall(SYS_clock_gettime, 0, 16), EFAULT);
}

static void fork_bomb_child(void)
{
    int nr = 0;

    for (;;) {
        pid_t pid = fork();

        if (pid == 0)
            for (;;)
                pause();
        if (pid < 0)
            break;
        nr++;
    }
    int good = errno == EAGAIN || errno == ENOMEM;
    signal(SIGTERM, SIG_IGN);
    kill(0, SIGTERM);
    kill(0, SIGCONT);
    while (wait(NULL) > 0 || errno == EINTR)
        ;
    _exit(good && nr > 10 ? 0 : 1);
}

static void fork_bomb(void)
{
    int status;
    pid_t pid = fork();

    if (pid == 0) {
        setpgid(0, 0);
        fork_bomb_child();
    }
    CHECK(waitpid(pid, &status, 0) == pid);
    CHECK(status == 0);
    pid = fork();
    if (pid == 0)
        _exit(5);
    CHECK(pid > 0 && waitpid(pid, &status, 0) == pid && WEXITSTATUS(status) == 5);
}

static void hog_child(void)
{
    for (;;) {
        char *p = mmap(NULL, 16 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

        if (p == MAP_FAILED)
            _exit(0);
        for (size_t i = 0; i < 16 << 20; i += 4096)
            p[i] = 1;
    }
}

static void memory_hog(void)
{
    int status = in_child(hog_child);

    CHECK(status == 0 || (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL));
    char *p = malloc(1 << 20);
    CHECK(p);
    memset(p, 1, 1 << 20);
}

static void *idle(void *arg)
{
    (void)arg;
    for (;;)
        pause();
    return NULL;
}

static void thread_bomb_child(void)
{
    pthread_attr_t attr;
    pthread_t t;
    int nr = 0;

    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, 65536);
    while (pthread_create(&t, &attr, idle, NULL) == 0)
        nr++;
    _exit(nr > 10 ? 0 : 1);
}

static void thread_bomb(void)
{
    CHECK(in_child(thread_bomb_child) == 0);
}

static void mapping_bomb_child(void)
{
    /* Alternating rights, so that no two areas can be joined. */
    for (long i = 0; i < 200000; i++) {
        void *p = mmap(NULL, 4096, i % 2 ? PROT_READ : PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

        if (p == MAP_FAILED)
            _exit(errno == ENOMEM ? 0 : 1);
    }
    _exit(0);
}

static void mapping_bomb(void)
{
    int status = in_child(mapping_bomb_child);

    CHECK(status == 0 || WIFSIGNALED(status));
}

CONFORMANCE_MAIN(TEST(wild_pointers), TEST(fork_bomb), TEST(memory_hog), TEST(thread_bomb),
                 TEST(mapping_bomb))
