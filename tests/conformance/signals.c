/* Signals: handlers, masks, restarts, stacks, what a handler sees and what survives it. */
#include "check.h"
#include <sys/time.h>
#include <time.h>
#include <ucontext.h>

static volatile sig_atomic_t count, order[8], seen;
static volatile siginfo_t info;

static void counter(int signal)
{
    order[count++ & 7] = signal;
}

static void with_info(int signal, siginfo_t *si, void *context)
{
    info = *si;
    seen = signal;
}

static void install(int signal, void (*handler)(int), int flags)
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = flags};

    sigaction(signal, &action, NULL);
    count = 0;
}

static void handler_runs(void)
{
    install(SIGUSR1, counter, 0);
    CHECK(raise(SIGUSR1) == 0 && count == 1);
    CHECK(kill(getpid(), SIGUSR1) == 0 && count == 2);
    install(SIGUSR1, counter, SA_RESETHAND);
    raise(SIGUSR1);
    struct sigaction now;
    CHECK(sigaction(SIGUSR1, NULL, &now) == 0 && now.sa_handler == SIG_DFL);
    CHECK_ERRNO(sigaction(SIGKILL, &now, NULL), EINVAL);
    CHECK_ERRNO(sigaction(SIGSTOP, &now, NULL), EINVAL);
    CHECK_ERRNO(sigaction(65, &now, NULL), EINVAL);
}

static void blocked_signals_wait(void)
{
    sigset_t set, old, pending;

    install(SIGUSR1, counter, 0);
    install(SIGUSR2, counter, 0);
    sigemptyset(&set), sigaddset(&set, SIGUSR1), sigaddset(&set, SIGUSR2);
    CHECK(sigprocmask(SIG_BLOCK, &set, &old) == 0);
    raise(SIGUSR2), raise(SIGUSR1), raise(SIGUSR1);
    CHECK(count == 0 && sigpending(&pending) == 0 && sigismember(&pending, SIGUSR1) == 1);
    CHECK(sigprocmask(SIG_SETMASK, &old, NULL) == 0);
    CHECK(count == 2); /* the second SIGUSR1 was merged */
}

static void real_time_signals_queue(void)
{
    sigset_t set;
    int first = SIGRTMIN + 1;

    install(first, counter, 0);
    sigemptyset(&set), sigaddset(&set, first);
    sigprocmask(SIG_BLOCK, &set, NULL);
    for (int i = 0; i < 5; i++)
        CHECK(sigqueue(getpid(), first, (union sigval){.sival_int = i}) == 0);
    sigprocmask(SIG_UNBLOCK, &set, NULL);
    CHECK(count == 5);
}

static void info_is_true(void)
{
    struct sigaction action = {.sa_sigaction = with_info, .sa_flags = SA_SIGINFO};

    sigaction(SIGUSR1, &action, NULL);
    sigaction(SIGCHLD, &action, NULL);
    CHECK(sigqueue(getpid(), SIGUSR1, (union sigval){.sival_int = 77}) == 0);
    CHECK(info.si_code == SI_QUEUE && info.si_value.sival_int == 77 && info.si_pid == getpid());
    kill(getpid(), SIGUSR1);
    CHECK(info.si_code == SI_USER && info.si_pid == getpid() && info.si_uid == getuid());
    seen = 0;
    pid_t child = fork();
    if (child == 0)
        _exit(6);
    int status;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    CHECK(seen == SIGCHLD && info.si_code == CLD_EXITED && info.si_pid == child &&
          info.si_status == 6);
    signal(SIGCHLD, SIG_DFL);
}

static void slow_calls_are_interrupted(void)
{
    int fd[2];
    char c;
    /* Over and over: the first one may come before the call. */
    struct itimerval timer = {{0, 20000}, {0, 20000}}, off = {0};

    CHECK(pipe(fd) == 0);
    install(SIGALRM, counter, 0);
    setitimer(ITIMER_REAL, &timer, NULL);
    CHECK_ERRNO(read(fd[0], &c, 1), EINTR);
    setitimer(ITIMER_REAL, &off, NULL);
    CHECK(count >= 1);
    /* With SA_RESTART the call goes on, and what a child writes later arrives. */
    install(SIGALRM, counter, SA_RESTART);
    pid_t child = fork();
    if (child == 0) {
        until_parent_sleeps();
        kill(getppid(), SIGALRM);
        until_parent_sleeps();
        _exit(write(fd[1], "z", 1) != 1);
    }
    CHECK(read(fd[0], &c, 1) == 1 && c == 'z' && count == 1);
    waitpid(child, NULL, 0);
    struct timespec t = {.tv_sec = 1000}, rest = {0};
    install(SIGALRM, counter, SA_RESTART);
    setitimer(ITIMER_REAL, &timer, NULL);
    CHECK_ERRNO(nanosleep(&t, &rest), EINTR);
    setitimer(ITIMER_REAL, &off, NULL);
    CHECK(rest.tv_sec > 0 && rest.tv_sec < 1000);
    close(fd[0]), close(fd[1]);
}

static void suspend_waits(void)
{
    sigset_t block, none;

    install(SIGALRM, counter, 0);
    sigemptyset(&none);
    sigemptyset(&block), sigaddset(&block, SIGALRM);
    sigprocmask(SIG_BLOCK, &block, NULL);
    struct itimerval timer = {.it_value.tv_usec = 10000};
    setitimer(ITIMER_REAL, &timer, NULL);
    CHECK_ERRNO(sigsuspend(&none), EINTR);
    CHECK(count == 1);
    setitimer(ITIMER_REAL, &timer, NULL);
    siginfo_t si;
    CHECK(sigwaitinfo(&block, &si) == SIGALRM && count == 1);
    struct timespec soon = {.tv_nsec = 1000000};
    CHECK_ERRNO(sigtimedwait(&block, &si, &soon), EAGAIN);
    sigprocmask(SIG_UNBLOCK, &block, NULL);
}

static char alternate[65536];
static volatile bool on_alternate;

static void where(int signal)
{
    char here;

    on_alternate = &here >= alternate && &here < alternate + sizeof alternate;
}

static void alternate_stack(void)
{
    stack_t stack = {.ss_sp = alternate, .ss_size = sizeof alternate};
    stack_t now;

    CHECK(sigaltstack(&stack, NULL) == 0);
    install(SIGUSR1, where, SA_ONSTACK);
    raise(SIGUSR1);
    CHECK(on_alternate);
    install(SIGUSR1, where, 0);
    raise(SIGUSR1);
    CHECK(!on_alternate);
    CHECK(sigaltstack(NULL, &now) == 0 && now.ss_sp == alternate);
    /* A stack overflow can be handled on it. */
    int status = IN_CHILD({
        install(SIGSEGV, (void (*)(int))_exit, SA_ONSTACK);
        volatile char *p = (volatile char *)__builtin_frame_address(0);
        for (;; p -= 4096)
            *p = 1;
    });
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == SIGSEGV);
    stack.ss_size = 100;
    CHECK_ERRNO(sigaltstack(&stack, NULL), ENOMEM);
    stack.ss_flags = SS_DISABLE;
    CHECK(sigaltstack(&stack, NULL) == 0);
}

static void spoil_floats(int signal)
{
    __asm__ volatile(
        "fmv.d.x fs0, zero\n fmv.d.x ft0, zero\n fmv.d.x fa0, zero\n fmv.d.x ft11, zero" ::
            : "fs0", "ft0", "fa0", "ft11");
    count++;
}

static void floats_survive_handlers(void)
{
    uint64_t out[4];

    install(SIGUSR1, spoil_floats, 0);
    for (uint64_t i = 1; i < 50; i++) {
        long pid = getpid(), a7 = SYS_kill, a0 = pid, a1 = SIGUSR1;
        register long ra0 __asm__("a0") = a0;
        register long ra1 __asm__("a1") = a1;
        register long ra7 __asm__("a7") = a7;
        __asm__ volatile(
            "fmv.d.x fs0, %[v]\n fmv.d.x ft0, %[v]\n fmv.d.x fa0, %[v]\n fmv.d.x ft11, %[v]\n ecall\n"
            "fmv.x.d %[o0], fs0\n fmv.x.d %[o1], ft0\n fmv.x.d %[o2], fa0\n fmv.x.d %[o3], ft11"
            : [o0] "=&r"(out[0]), [o1] "=&r"(out[1]), [o2] "=&r"(out[2]), [o3] "=&r"(out[3]),
              "+r"(ra0)
            : [v] "r"(i * 0x123456789abull), "r"(ra1), "r"(ra7)
            : "memory", "fs0", "ft0", "fa0", "ft11");
        for (int k = 0; k < 4; k++)
            CHECK(out[k] == i * 0x123456789abull);
    }
    CHECK(count == 49);
}

static void floats_survive_other_processes(void)
{
    pid_t child = fork();

    if (child == 0) {
        volatile double x = 1.5;
        for (;;)
            x = x * 1.0000001;
    }
    double sum = 0;
    for (int i = 0; i < 3000000; i++)
        sum += 0.5;
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    CHECK(sum == 1500000.0);
}

static void change_pc(int signal, siginfo_t *si, void *context)
{
    ucontext_t *uc = context;

    uc->uc_mcontext.__gregs[REG_PC] += 4; /* over the faulting lw */
    uc->uc_mcontext.__gregs[REG_A0] = 99;
}

static void context_can_be_changed(void)
{
    struct sigaction action = {.sa_sigaction = change_pc, .sa_flags = SA_SIGINFO};
    register long a0 __asm__("a0") = 0;

    sigaction(SIGSEGV, &action, NULL);
    __asm__ volatile(".option push\n.option norvc\nlw a0, 0(zero)\n.option pop"
                     : "+r"(a0)::"memory");
    CHECK(a0 == 99);
    signal(SIGSEGV, SIG_DFL);
}

static void garbage_instruction(void)
{
    int status = IN_CHILD(__asm__ volatile(".word 0"));

    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGILL);
    status = IN_CHILD(__asm__ volatile("csrr t0, satp" ::: "t0"));
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGILL);
    status = IN_CHILD(__asm__ volatile("ebreak"));
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGTRAP);
}

static void broken_frame_kills_only_the_program(void)
{
    int status = IN_CHILD(syscall(SYS_rt_sigreturn));

    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
    status = IN_CHILD({ __asm__ volatile("li sp, 8\n li a7, 139\n ecall" ::: "memory", "a7"); });
    CHECK(WIFSIGNALED(status));
}

static void masks_during_handlers(void)
{
    struct sigaction action = {.sa_handler = counter};

    sigfillset(&action.sa_mask);
    sigaction(SIGUSR1, &action, NULL);
    count = 0;
    for (int i = 0; i < 100; i++)
        raise(SIGUSR1);
    CHECK(count == 100);
    sigset_t now;
    CHECK(sigprocmask(SIG_BLOCK, NULL, &now) == 0 && !sigismember(&now, SIGUSR2));
}

static void ignored_children_are_reaped(void)
{
    signal(SIGCHLD, SIG_IGN);
    pid_t child = fork();
    if (child == 0)
        _exit(0);
    int status;
    CHECK(waitpid(child, &status, 0) == -1 && errno == ECHILD);
    signal(SIGCHLD, SIG_DFL);
}

static void timers_repeat(void)
{
    struct itimerval timer = {.it_value.tv_usec = 5000, .it_interval.tv_usec = 5000};
    struct itimerval off = {0};

    install(SIGALRM, counter, 0);
    setitimer(ITIMER_REAL, &timer, NULL);
    while (count < 5)
        pause();
    CHECK(setitimer(ITIMER_REAL, &off, NULL) == 0);
}

CONFORMANCE_MAIN(TEST(handler_runs), TEST(blocked_signals_wait), TEST(real_time_signals_queue),
                 TEST(info_is_true), TEST(slow_calls_are_interrupted), TEST(suspend_waits),
                 TEST(alternate_stack), TEST(floats_survive_handlers),
                 TEST(floats_survive_other_processes), TEST(context_can_be_changed),
                 TEST(garbage_instruction), TEST(broken_frame_kills_only_the_program),
                 TEST(masks_during_handlers), TEST(ignored_children_are_reaped),
                 TEST(timers_repeat))
