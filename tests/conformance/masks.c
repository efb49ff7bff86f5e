/* The signal mask of a call (ppoll, pselect, epoll_pwait, sigsuspend), and who takes what one
 * thread blocks. */
#include "check.h"

#include <poll.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/select.h>

static sigset_t nothing, usr1;
static volatile sig_atomic_t nr_seen, was_blocked;

static bool is_blocked(void)
{
    sigset_t now;

    sigprocmask(SIG_SETMASK, NULL, &now);
    return sigismember(&now, SIGUSR1);
}

static void count(int signal)
{
    (void)signal;
    nr_seen++;
    was_blocked = is_blocked();
}

/* Outside the calls SIGUSR1 is blocked, inside it is not. */
static void prepare(void)
{
    struct sigaction action = {.sa_handler = count, .sa_flags = SA_RESTART};

    sigemptyset(&nothing);
    sigemptyset(&usr1);
    sigaddset(&usr1, SIGUSR1);
    sigaction(SIGUSR1, &action, NULL);
    sigprocmask(SIG_SETMASK, &usr1, NULL);
}

static int readable, ep;

static int call_ppoll(const struct timespec *timeout)
{
    struct pollfd p = {.fd = readable, .events = POLLIN};

    return ppoll(&p, 1, timeout, &nothing);
}

static int call_pselect(const struct timespec *timeout)
{
    fd_set set;

    FD_ZERO(&set);
    FD_SET(readable, &set);
    return pselect(readable + 1, &set, NULL, NULL, timeout, &nothing);
}

static int call_epoll_pwait(const struct timespec *timeout)
{
    struct epoll_event event;

    return epoll_pwait(ep, &event, 1, (int)(timeout->tv_sec * 1000 + timeout->tv_nsec / 1000000),
                       &nothing);
}

static int call_epoll_pwait2(const struct timespec *timeout)
{
    struct epoll_event event;

    return (int)syscall(441, ep, &event, 1, timeout, &nothing, 8);
}

typedef int (*call)(const struct timespec *timeout);
static const call calls[] = {call_ppoll, call_pselect, call_epoll_pwait, call_epoll_pwait2};
#define EACH_CALL(c) for (const call *c = calls; c < calls + sizeof(calls) / sizeof(calls[0]); c++)

static int open_watched(void)
{
    int ends[2];

    CHECK(pipe(ends) == 0);
    readable = ends[0];
    ep = epoll_create1(0);
    CHECK(epoll_ctl(ep, EPOLL_CTL_ADD, readable, &(struct epoll_event){.events = EPOLLIN}) == 0);
    return ends[1];
}

static const struct timespec at_once, soon = {.tv_nsec = 2000000}, late = {.tv_sec = 60};

static void the_mask_goes_with_the_call(void)
{
    int writable;

    prepare();
    writable = open_watched();
    EACH_CALL(c)
    {
        CHECK((*c)(&at_once) == 0 && is_blocked());
        CHECK((*c)(&soon) == 0 && is_blocked());
    }
    CHECK(write(writable, "x", 1) == 1);
    EACH_CALL(c) CHECK((*c)(&late) == 1 && is_blocked());
    CHECK(nr_seen == 0);
}

static void the_mask_goes_with_a_refusal(void)
{
    struct timespec bad = {.tv_nsec = -1};
    struct epoll_event event;
    fd_set set;

    prepare();
    open_watched();
    CHECK_ERRNO(call_ppoll(&bad), EINVAL);
    CHECK(is_blocked());
    CHECK_ERRNO(epoll_pwait(ep, &event, 0, 10, &nothing), EINVAL);
    CHECK(is_blocked());
    CHECK_ERRNO(epoll_pwait(readable, &event, 1, 10, &nothing), EINVAL);
    CHECK(is_blocked());
    CHECK_ERRNO(epoll_pwait(-1, &event, 1, 10, &nothing), EBADF);
    CHECK(is_blocked());
    FD_ZERO(&set);
    FD_SET(1000, &set);
    (void)pselect(1001, &set, NULL, NULL, &at_once, &nothing);
    CHECK(is_blocked());
    CHECK_ERRNO(ppoll((void *)8, 1, &at_once, &nothing), EFAULT);
    CHECK(is_blocked() && nr_seen == 0);
}

/* What came before the call ends it; the handler has the call's mask and its own signal. */
static void a_signal_comes_in(void)
{
    prepare();
    open_watched();
    EACH_CALL(c)
    {
        nr_seen = was_blocked = 0;
        raise(SIGUSR1);
        CHECK(nr_seen == 0);
        CHECK_ERRNO((*c)(&late), EINTR);
        CHECK(nr_seen == 1 && was_blocked && is_blocked());
    }
    nr_seen = 0;
    raise(SIGUSR1);
    CHECK_ERRNO(sigsuspend(&nothing), EINTR);
    CHECK(nr_seen == 1 && is_blocked());
}

/* A look without waiting takes it as well: programs take signals that way between their work.
 * epoll_pwait does not. */
static void a_signal_ends_a_look(void)
{
    prepare();
    open_watched();
    raise(SIGUSR1);
    CHECK_ERRNO(call_ppoll(&at_once), EINTR);
    CHECK(nr_seen == 1 && was_blocked && is_blocked());
    raise(SIGUSR1);
    CHECK_ERRNO(call_pselect(&at_once), EINTR);
    CHECK(nr_seen == 2 && is_blocked());
    raise(SIGUSR1);
    CHECK(call_epoll_pwait(&at_once) == 0 && call_epoll_pwait2(&at_once) == 0 && nr_seen == 2);
    CHECK(ppoll(NULL, 0, &at_once, &usr1) == 0 && nr_seen == 2 && is_blocked());
    CHECK_ERRNO(ppoll(NULL, 0, &at_once, &nothing), EINTR);
    CHECK(nr_seen == 3);
}

/* Of an event and a signal the event wins, and the signal goes on waiting. */
static void an_event_wins(void)
{
    prepare();
    CHECK(write(open_watched(), "x", 1) == 1);
    raise(SIGUSR1);
    EACH_CALL(c)
    {
        CHECK((*c)(&late) == 1 && nr_seen == 0 && is_blocked());
    }
    sigprocmask(SIG_UNBLOCK, &usr1, NULL);
    CHECK(nr_seen == 1);
}

/* Stopped and continued without a handler: ppoll goes on with its mask, and gives it back. */
static void a_stop_in_the_call(void)
{
    int status, writable;
    pid_t pid;

    prepare();
    writable = open_watched();
    pid = fork();
    if (pid == 0)
        _exit(!(call_ppoll(&late) == 1 && is_blocked() && nr_seen == 0));
    kill(pid, SIGSTOP);
    CHECK(waitpid(pid, &status, WUNTRACED) == pid && WIFSTOPPED(status));
    kill(pid, SIGCONT);
    CHECK(write(writable, "x", 1) == 1);
    CHECK(waitpid(pid, &status, 0) == pid && status == 0);
}

/* ---- two threads ---- */

static volatile bool is_over;

static void *take_signals(void *arg)
{
    sigprocmask(SIG_UNBLOCK, &usr1, NULL);
    while (!is_over)
        usleep(1000);
    return arg;
}

/* A signal that one thread was woken for, and then blocks, is taken by the other. */
static void a_blocked_signal_finds_another_thread(void)
{
    pthread_t taker;
    pid_t sender;
    int rounds = 500, ends[2];
    char byte;

    prepare();
    CHECK(pipe(ends) == 0);
    sender = fork();
    if (sender == 0) {
        close(ends[1]);
        while (read(ends[0], &byte, 1) == 1)
            kill(getppid(), SIGUSR1);
        _exit(0);
    }
    close(ends[0]);
    pthread_create(&taker, NULL, take_signals, NULL);
    for (int i = 0; i < rounds; i++) {
        int before = nr_seen;
        time_t limit = time(NULL) + 30;

        CHECK(write(ends[1], "x", 1) == 1);
        for (int k = 0; k < 20; k++) {
            sigprocmask(SIG_UNBLOCK, &usr1, NULL);
            sigprocmask(SIG_BLOCK, &usr1, NULL);
        }
        while (nr_seen == before && time(NULL) < limit)
            usleep(100);
        CHECK(nr_seen == before + 1);
        if (nr_seen == before)
            break;
    }
    is_over = true;
    pthread_join(taker, NULL);
    close(ends[1]);
    waitpid(sender, NULL, 0);
}

CONFORMANCE_MAIN(TEST(the_mask_goes_with_the_call), TEST(the_mask_goes_with_a_refusal),
                 TEST(a_signal_comes_in), TEST(a_signal_ends_a_look), TEST(an_event_wins),
                 TEST(a_stop_in_the_call), TEST(a_blocked_signal_finds_another_thread))
