/* Signals: delivery, masks, frames with float state, restarting, alternate stacks, stopping. */
#include "check.h"

#include <ucontext.h>

static volatile sig_atomic_t nr_seen, last_signal, last_code, last_value;
static volatile pid_t last_pid;

static void count(int signal)
{
    nr_seen++;
    last_signal = signal;
}

static void remember(int signal, siginfo_t *info, void *context)
{
    (void)context;
    nr_seen++;
    last_signal = signal;
    last_code = info->si_code;
    last_pid = info->si_pid;
    last_value = info->si_value.sival_int;
}

static void handle(int signal, void (*fn)(int), int flags)
{
    struct sigaction action = {.sa_handler = fn, .sa_flags = flags};

    CHECK(sigaction(signal, &action, NULL) == 0);
}

static void self_kill(void)
{
    struct sigaction action = {.sa_sigaction = remember, .sa_flags = SA_SIGINFO};

    sigaction(SIGUSR1, &action, NULL);
    CHECK(kill(getpid(), SIGUSR1) == 0);
    CHECK(nr_seen == 1 && last_signal == SIGUSR1 && last_code == SI_USER && last_pid == getpid());
    CHECK(raise(SIGUSR1) == 0 && nr_seen == 2 && last_code == SI_TKILL);
    CHECK(sigqueue(getpid(), SIGUSR1, (union sigval){.sival_int = 99}) == 0);
    CHECK(nr_seen == 3 && last_code == SI_QUEUE && last_value == 99);
}

static void masks(void)
{
    sigset_t set, old, pending;

    handle(SIGUSR1, count, 0);
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    CHECK(sigprocmask(SIG_BLOCK, &set, &old) == 0);
    raise(SIGUSR1);
    raise(SIGUSR1);
    CHECK(nr_seen == 0);
    CHECK(sigpending(&pending) == 0 && sigismember(&pending, SIGUSR1));
    CHECK(sigprocmask(SIG_SETMASK, &old, NULL) == 0);
    CHECK(nr_seen == 1);
    sigfillset(&set);
    CHECK(sigprocmask(SIG_BLOCK, &set, NULL) == 0);
    CHECK(sigprocmask(SIG_BLOCK, NULL, &old) == 0 && !sigismember(&old, SIGKILL) &&
          !sigismember(&old, SIGSTOP));
}

static void realtime_signals_queue(void)
{
    struct sigaction action = {.sa_sigaction = remember, .sa_flags = SA_SIGINFO};
    sigset_t set;

    sigaction(SIGRTMIN, &action, NULL);
    sigemptyset(&set);
    sigaddset(&set, SIGRTMIN);
    sigprocmask(SIG_BLOCK, &set, NULL);
    for (int i = 1; i <= 5; i++)
        CHECK(sigqueue(getpid(), SIGRTMIN, (union sigval){.sival_int = i}) == 0);
    sigprocmask(SIG_UNBLOCK, &set, NULL);
    CHECK(nr_seen == 5 && last_value == 5);
}

static void registers_survive(void)
{
    register double d0 __asm__("fs0") = 1.25, d1 __asm__("fs1") = -7.5;
    volatile double a = 3.0, b = 4.0;

    handle(SIGUSR1, count, 0);
    __asm__ volatile("" : "+f"(d0), "+f"(d1));
    for (int i = 0; i < 100; i++) {
        raise(SIGUSR1);
        a = a * 1.0 + 1.0;
    }
    __asm__ volatile("" : "+f"(d0), "+f"(d1));
    CHECK(d0 == 1.25 && d1 == -7.5 && a == 103.0 && b == 4.0 && nr_seen == 100);
}

static void clobber_floats(int signal)
{
    volatile double x = 1e9;

    for (int i = 0; i < 32; i++)
        x = x / 3.0 + (double)signal;
    __asm__ volatile(
        "fmv.d.x ft0, zero\n fmv.d.x fa0, zero\n fmv.d.x fs0, zero\n fmv.d.x fa5, zero" ::
            : "ft0", "fa0", "fa5");
    nr_seen++;
}

static void floats_are_restored(void)
{
    struct itimerval fast = {{0, 1000}, {0, 1000}}, off = {0};
    double sum = 0;

    handle(SIGALRM, clobber_floats, SA_RESTART);
    setitimer(ITIMER_REAL, &fast, NULL);
    while (nr_seen < 20) {
        double x = 1.0;

        for (int i = 0; i < 1000; i++)
            x = x * 1.0000001 + 0.5;
        if (sum == 0)
            sum = x;
        if (x != sum) {
            CHECK(!"a handler changed the program's floats");
            break;
        }
    }
    setitimer(ITIMER_REAL, &off, NULL);
}

static void skip_instruction(int signal, siginfo_t *info, void *context)
{
    ucontext_t *uc = context;

    (void)signal;
    last_code = info->si_code;
    nr_seen++;
    uc->uc_mcontext.__gregs[REG_PC] += 4;
    uc->uc_mcontext.__gregs[REG_A0] = 1234;
}

static void context_can_be_changed(void)
{
    struct sigaction action = {.sa_sigaction = skip_instruction, .sa_flags = SA_SIGINFO};
    register long a0 __asm__("a0") = 0;

    sigaction(SIGILL, &action, NULL);
    __asm__ volatile(".4byte 0xffffffff" : "+r"(a0)::"memory");
    CHECK(a0 == 1234 && nr_seen == 1 && last_code == ILL_ILLOPC);
}

static void change_kept_registers(int signal, siginfo_t *info, void *context)
{
    ucontext_t *uc = context;

    (void)signal;
    (void)info;
    for (int i = 18; i < 28; i++) /* s2 .. s11 */
        uc->uc_mcontext.__gregs[i] = 1000 + (unsigned long)i;
    uc->uc_mcontext.__gregs[9] = 1009;
}

/* A function keeps them for its caller; who returns from a handler gets what the frame says. */
static void kept_registers_are_the_frames(void)
{
    struct sigaction action = {.sa_sigaction = change_kept_registers, .sa_flags = SA_SIGINFO};
    unsigned long first, second, last;
    long pid = getpid();

    sigaction(SIGUSR1, &action, NULL);
    __asm__ volatile("mv a0, %3\n li a1, 10\n li a7, 129\n ecall\n"
                     "mv %0, s1\n mv %1, s2\n mv %2, s11"
                     : "=&r"(first), "=&r"(second), "=&r"(last)
                     : "r"(pid)
                     : "a0", "a1", "a7", "s1", "s2", "s3", "s4", "s5", "s6", "s7", "s8", "s9",
                       "s10", "s11", "memory");
    CHECK(first == 1009 && second == 1018 && last == 1027);
}

static void interrupt_by(int flags, int expected)
{
    int fds[2];
    char byte;
    ssize_t n;
    pid_t pid, parent = getpid();

    pipe(fds);
    nr_seen = 0;
    handle(SIGUSR1, count, flags);
    pid = fork();
    if (pid == 0) {
        until_parent_sleeps();
        kill(parent, SIGUSR1);
        until_parent_sleeps(); /* again, or for the end of this process */
        write(fds[1], "x", 1);
        _exit(0);
    }
    errno = 0;
    n = read(fds[0], &byte, 1);
    CHECK(nr_seen == 1);
    CHECK(expected ? n == -1 && errno == expected : n == 1);
    waitpid(pid, NULL, 0);
}

static void interrupted_calls(void)
{
    interrupt_by(0, EINTR);
    interrupt_by(SA_RESTART, 0);
}

static long ns_of(const struct timespec *t)
{
    return t->tv_sec * 1000000000 + t->tv_nsec;
}

static long ns_since(const struct timespec *start)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return ns_of(&now) - ns_of(start);
}

/* However late anybody comes to run: what was slept and what is left make up the whole. */
static void sleeping(void)
{
    struct timespec t = {1000, 0}, brief = {0, 20000000}, rest = {0}, start;
    pid_t pid, parent = getpid();

    handle(SIGUSR1, count, SA_RESTART);
    pid = fork();
    if (pid == 0) {
        until_parent_sleeps();
        usleep(60000);
        kill(parent, SIGUSR1);
        _exit(0);
    }
    clock_gettime(CLOCK_MONOTONIC, &start);
    CHECK_ERRNO(nanosleep(&t, &rest), EINTR);
    CHECK(ns_of(&rest) <= ns_of(&t) - 50000000);
    CHECK(ns_of(&rest) + ns_since(&start) >= ns_of(&t));
    waitpid(pid, NULL, 0);
    clock_gettime(CLOCK_MONOTONIC, &start);
    CHECK(nanosleep(&brief, NULL) == 0);
    CHECK(ns_since(&start) >= ns_of(&brief));
}

static char altstack[16384];
static void *volatile handler_stack;

static void note_stack(int signal)
{
    char here;

    handler_stack = &here;
    count(signal);
}

static void alternate_stack(void)
{
    stack_t ss = {.ss_sp = altstack, .ss_size = sizeof(altstack)}, old;

    CHECK(sigaltstack(&ss, NULL) == 0);
    handle(SIGUSR1, note_stack, SA_ONSTACK);
    raise(SIGUSR1);
    CHECK((char *)handler_stack > altstack && (char *)handler_stack < altstack + sizeof(altstack));
    CHECK(sigaltstack(NULL, &old) == 0 && old.ss_sp == altstack && old.ss_flags == 0);
    ss.ss_size = 10;
    CHECK_ERRNO(sigaltstack(&ss, NULL), ENOMEM);
}

static void on_overflow(int signal)
{
    (void)signal;
    _exit(33);
}

static int overflow(int n)
{
    volatile char frame[4096];

    frame[n % 4096] = 1;
    return overflow(n + 1) + frame[0];
}

static void overflow_child(void)
{
    stack_t ss = {.ss_sp = altstack, .ss_size = sizeof(altstack)};

    sigaltstack(&ss, NULL);
    handle(SIGSEGV, on_overflow, SA_ONSTACK);
    overflow(1);
}

static void overflow_is_caught(void)
{
    int status = in_child(overflow_child);

    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 33);
}

static void stop_and_continue(void)
{
    int status;
    pid_t pid = fork();

    if (pid == 0)
        for (;;)
            pause();
    CHECK(kill(pid, SIGSTOP) == 0);
    CHECK(waitpid(pid, &status, WUNTRACED) == pid);
    CHECK(WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP);
    CHECK(kill(pid, SIGTERM) == 0);
    CHECK(waitpid(pid, &status, WNOHANG) == 0);
    CHECK(kill(pid, SIGCONT) == 0);
    CHECK(waitpid(pid, &status, WCONTINUED) == pid);
    if (WIFCONTINUED(status))
        CHECK(waitpid(pid, &status, 0) == pid);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
}

static void waiting_for_signals(void)
{
    sigset_t set;
    siginfo_t info;
    struct timespec zero = {0, 0}, some = {0, 20000000};

    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    sigprocmask(SIG_BLOCK, &set, NULL);
    CHECK_ERRNO(sigtimedwait(&set, &info, &zero), EAGAIN);
    CHECK_ERRNO(sigtimedwait(&set, &info, &some), EAGAIN);
    raise(SIGUSR2);
    CHECK(sigtimedwait(&set, &info, &zero) == SIGUSR2 && info.si_signo == SIGUSR2);
    if (fork() == 0) {
        usleep(20000);
        kill(getppid(), SIGUSR2);
        _exit(0);
    }
    CHECK(sigwaitinfo(&set, &info) == SIGUSR2);
    wait(NULL);
}

static void suspending(void)
{
    sigset_t block, empty;
    pid_t pid;

    handle(SIGUSR1, count, 0);
    sigemptyset(&empty);
    sigemptyset(&block);
    sigaddset(&block, SIGUSR1);
    sigprocmask(SIG_BLOCK, &block, NULL);
    pid = fork();
    if (pid == 0) {
        kill(getppid(), SIGUSR1);
        _exit(0);
    }
    CHECK_ERRNO(sigsuspend(&empty), EINTR);
    CHECK(nr_seen == 1);
    sigprocmask(SIG_BLOCK, NULL, &empty);
    CHECK(sigismember(&empty, SIGUSR1));
    waitpid(pid, NULL, 0);
}

static void flags_of_actions(void)
{
    struct sigaction old;

    handle(SIGUSR1, count, SA_RESETHAND);
    raise(SIGUSR1);
    CHECK(nr_seen == 1);
    CHECK(sigaction(SIGUSR1, NULL, &old) == 0 && old.sa_handler == SIG_DFL);
    CHECK_ERRNO(sigaction(SIGKILL, &(struct sigaction){.sa_handler = count}, NULL), EINVAL);
    CHECK_ERRNO(kill(getpid(), 65), EINVAL);
    CHECK_ERRNO(kill(99999, 0), ESRCH);
}

static void timers(void)
{
    struct itimerval t = {{0, 0}, {1000, 0}}, left;
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR2};
    struct itimerspec spec = {{0, 5000000}, {0, 5000000}};
    timer_t id;

    handle(SIGALRM, count, 0);
    CHECK(setitimer(ITIMER_REAL, &t, NULL) == 0);
    CHECK(getitimer(ITIMER_REAL, &left) == 0 && left.it_value.tv_sec > 0);
    CHECK(left.it_value.tv_sec < 1000 || left.it_value.tv_usec == 0);
    t.it_value = (struct timeval){0, 20000};
    CHECK(setitimer(ITIMER_REAL, &t, NULL) == 0);
    while (nr_seen == 0)
        usleep(1000);
    CHECK(last_signal == SIGALRM);
    nr_seen = 0;
    handle(SIGUSR2, count, 0);
    CHECK(timer_create(CLOCK_MONOTONIC, &event, &id) == 0);
    CHECK(timer_settime(id, 0, &spec, NULL) == 0);
    while (nr_seen < 3)
        usleep(1000);
    CHECK(timer_delete(id) == 0);
    CHECK(timer_delete(id) == -1 && errno == EINVAL);
}

static void bad_return(void)
{
    /* A frame that is no frame: rt_sigreturn with a wild stack pointer. */
    __asm__ volatile("li sp, 64\n li a7, 139\n ecall");
}

static void hostile_sigreturn(void)
{
    int status = in_child(bad_return);

    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
}

CONFORMANCE_MAIN(TEST(self_kill), TEST(masks), TEST(realtime_signals_queue),
                 TEST(registers_survive), TEST(floats_are_restored), TEST(context_can_be_changed),
                 TEST(kept_registers_are_the_frames), TEST(interrupted_calls), TEST(sleeping),
                 TEST(alternate_stack), TEST(overflow_is_caught), TEST(stop_and_continue),
                 TEST(waiting_for_signals), TEST(suspending), TEST(flags_of_actions), TEST(timers),
                 TEST(hostile_sigreturn))
