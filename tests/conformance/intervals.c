/*
 * Interval timers whose interval is shorter than an interrupt takes: they tell how many intervals
 * went by, and leave time for everything else.
 */
#include "check.h"

#include <poll.h>
#include <sys/timerfd.h>

#define NR_TIMERS 20

static const struct itimerspec shortest = {{0, 1}, {0, 1}};
static volatile sig_atomic_t nr_calls;

static uint64_t now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void count(int signal)
{
    (void)signal;
    nr_calls++;
}

/* Something else: processes come and go. */
static void others_run(void)
{
    int status;

    for (int i = 0; i < 20; i++) {
        pid_t child = fork();

        if (child == 0)
            _exit(i);
        CHECK(waitpid(child, &status, 0) == child && WEXITSTATUS(status) == i);
    }
}

static void make_timers(timer_t *timers, int nr, int signal)
{
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = signal};

    for (int i = 0; i < nr; i++) {
        CHECK(timer_create(CLOCK_MONOTONIC, &event, &timers[i]) == 0);
        CHECK(timer_settime(timers[i], 0, &shortest, NULL) == 0);
    }
}

static void timers_whose_signal_is_blocked(void)
{
    timer_t timers[NR_TIMERS];
    struct timespec pause = {0, 20000000}, none = {0, 0};
    struct itimerspec left;
    siginfo_t info;
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGRTMIN);
    CHECK(sigprocmask(SIG_BLOCK, &set, NULL) == 0);
    make_timers(timers, NR_TIMERS, SIGRTMIN);
    others_run();
    nanosleep(&pause, NULL);
    CHECK(sigtimedwait(&set, &info, &none) == SIGRTMIN);
    /* 20 ms hold 20 million intervals. */
    CHECK(info.si_code == SI_TIMER && info.si_overrun >= 1000000);
    CHECK(timer_gettime(timers[0], &left) == 0 && left.it_interval.tv_nsec == 1);
    CHECK(left.it_value.tv_sec == 0 && left.it_value.tv_nsec == 1);
    for (int i = 0; i < NR_TIMERS; i++)
        CHECK(timer_delete(timers[i]) == 0);
}

static void timers_whose_signal_is_ignored(void)
{
    timer_t timers[NR_TIMERS];

    signal(SIGUSR1, SIG_IGN);
    make_timers(timers, NR_TIMERS, SIGUSR1);
    others_run();
    signal(SIGUSR1, count); /* they are alive */
    while (nr_calls == 0)
        pause();
    for (int i = 0; i < NR_TIMERS; i++)
        CHECK(timer_delete(timers[i]) == 0);
}

static volatile sig_atomic_t overruns;

static void note_overrun(int signal, siginfo_t *info, void *context)
{
    (void)signal, (void)context;
    overruns = info->si_overrun;
    nr_calls++;
}

/* The handler is told how many intervals went by while the signal was blocked. */
static void a_handler_is_told_of_overruns(void)
{
    struct sigaction action = {.sa_sigaction = note_overrun, .sa_flags = SA_SIGINFO};
    struct timespec pause = {0, 20000000};
    timer_t timer;
    sigset_t set;

    CHECK(sigaction(SIGRTMIN, &action, NULL) == 0);
    sigemptyset(&set);
    sigaddset(&set, SIGRTMIN);
    CHECK(sigprocmask(SIG_BLOCK, &set, NULL) == 0);
    make_timers(&timer, 1, SIGRTMIN);
    nanosleep(&pause, NULL);
    nr_calls = 0;
    struct itimerspec off = {{0, 0}, {0, 0}};
    sigset_t all;
    sigfillset(&all); /* the first call alone */
    action.sa_mask = all;
    CHECK(sigaction(SIGRTMIN, &action, NULL) == 0);
    while (nr_calls == 0)
        sigsuspend(&(sigset_t){0});
    CHECK(overruns >= 1000000 && timer_getoverrun(timer) >= 0);
    CHECK(timer_settime(timer, 0, &off, NULL) == 0 && timer_delete(timer) == 0);
}

/* Each timer tells its own end, though the signals of all have one number and wait. */
static void timers_of_one_signal(void)
{
    struct itimerspec soon = {{0, 0}, {0, 1000000}};
    struct timespec limit = {60, 0};
    unsigned seen = 0;
    siginfo_t info;
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGRTMIN);
    sigaddset(&set, SIGUSR1);
    CHECK(sigprocmask(SIG_BLOCK, &set, NULL) == 0);
    for (int i = 0; i < 8; i++) {
        struct sigevent event = {.sigev_signo = i % 2 ? SIGRTMIN : SIGUSR1,
                                 .sigev_value.sival_int = i};
        timer_t timer;

        CHECK(timer_create(CLOCK_MONOTONIC, &event, &timer) == 0);
        CHECK(timer_settime(timer, 0, &soon, NULL) == 0);
    }
    for (int i = 0; i < 8; i++) {
        CHECK(sigtimedwait(&set, &info, &limit) > 0 && info.si_code == SI_TIMER);
        seen |= 1u << info.si_value.sival_int;
    }
    CHECK(seen == 0xff);
}

static void an_interval_continues_after_its_handler(void)
{
    struct itimerval value = {{0, 1000}, {0, 1000}};

    signal(SIGALRM, count);
    CHECK(setitimer(ITIMER_REAL, &value, NULL) == 0);
    uint64_t start = now_ms();
    while (nr_calls < 50)
        pause();
    CHECK(now_ms() - start < 2500); /* a tenth of a second each, were it not armed again */
    value.it_interval.tv_usec = value.it_value.tv_usec = 1;
    CHECK(setitimer(ITIMER_REAL, &value, NULL) == 0);
    CHECK(getitimer(ITIMER_REAL, &value) == 0 && value.it_interval.tv_usec == 1);
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGALRM);
    CHECK(sigprocmask(SIG_BLOCK, &set, NULL) == 0);
    others_run();
    memset(&value, 0, sizeof value);
    CHECK(setitimer(ITIMER_REAL, &value, NULL) == 0);
}

static void timers_that_are_read(void)
{
    struct timespec pause = {0, 20000000};
    int fds[NR_TIMERS];
    uint64_t nr;

    for (int i = 0; i < NR_TIMERS; i++) {
        fds[i] = timerfd_create(CLOCK_MONOTONIC, 0);
        CHECK(fds[i] >= 0 && timerfd_settime(fds[i], 0, &shortest, NULL) == 0);
    }
    others_run();
    nanosleep(&pause, NULL);
    for (int i = 0; i < NR_TIMERS; i++) {
        CHECK(read(fds[i], &nr, sizeof nr) == sizeof nr && nr >= 1000000);
        CHECK(read(fds[i], &nr, sizeof nr) == sizeof nr && nr >= 1);
        close(fds[i]);
    }
}

CONFORMANCE_MAIN(TEST(timers_of_one_signal), TEST(timers_whose_signal_is_blocked),
                 TEST(timers_whose_signal_is_ignored),
                 TEST(an_interval_continues_after_its_handler), TEST(timers_that_are_read),
                 TEST(a_handler_is_told_of_overruns))
