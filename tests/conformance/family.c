/*
 * Parents, children and groups while they change: what two processes do to a third at once, who
 * hears of an orphan's end, which stopped jobs are hung up, vfork parents that die. One file: a
 * conformance program is one subject.
 */
#include "check.h"

#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <sys/prctl.h>

#define PATIENCE_MS 60000 /* on a slow machine; what happens takes microseconds */

static uint64_t now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* waitpid that gives up: 0. */
static pid_t wait_patiently(pid_t pid, int *status, int options)
{
    uint64_t end = now_ms() + PATIENCE_MS;
    pid_t ret;

    while ((ret = waitpid(pid, status, options | WNOHANG)) == 0 && now_ms() < end)
        usleep(1000);
    return ret;
}

static void *shared_page(void)
{
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (page == MAP_FAILED)
        exit(2);
    return page;
}

static void end(pid_t pid)
{
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

/* --- groups ----------------------------------------------------------------------------------- */

static void setpgid_of_a_child_that_exits(void)
{
    uint64_t end = now_ms() + 4000;

    while (now_ms() < end) {
        pid_t pid = fork();

        if (pid == 0)
            _exit(0);
        for (int i = 0; i < 200 && setpgid(pid, pid) == 0 && setpgid(pid, getpgrp()) == 0; i++)
            ;
        CHECK(waitpid(pid, NULL, 0) == pid);
    }
}

/* A child waits for its group, and the parent gives it another: the call is about the one it
 * had. */
static void wait_while_the_group_changes(void)
{
    int go[2];
    pid_t pid;

    pipe(go);
    pid = fork();
    if (pid == 0) {
        char c;

        close(go[1]);
        while (read(go[0], &c, 0) == 0 && waitpid(0, NULL, WNOHANG) == -1 && errno == ECHILD) {
            struct pollfd p = {.fd = go[0]};

            if (poll(&p, 1, 0) == 1)
                _exit(0);
        }
        _exit(1);
    }
    close(go[0]);
    for (int i = 0; i < 20000; i++)
        if (setpgid(pid, i % 2 ? getpgrp() : pid) != 0)
            break;
    close(go[1]);
    int status = -1;

    CHECK(waitpid(pid, &status, 0) == pid && status == 0);
}

static void leave(int signal)
{
    _exit(signal);
}

/* Forks for as long as it lives; all have the pipe's end. */
static void breed(int has_handler)
{
    setpgid(0, 0);
    if (has_handler)
        signal(SIGTERM, leave);
    for (;;) {
        pid_t pid = fork();

        if (pid == 0)
            for (;;)
                pause();
        if (pid == -1)
            sched_yield();
    }
}

static bool group_dies(int round)
{
    int alive[2];
    pid_t pid;

    pipe(alive);
    pid = fork();
    if (pid == 0) {
        close(alive[0]);
        breed(round % 2);
    }
    setpgid(pid, pid);
    close(alive[1]);
    usleep(2000 + round * 53 % 3000);
    kill(-pid, SIGTERM);

    struct pollfd p = {.fd = alive[0], .events = POLLIN};
    bool all_died = poll(&p, 1, PATIENCE_MS) == 1;

    kill(-pid, SIGKILL);
    waitpid(pid, NULL, 0);
    close(alive[0]);
    return all_died;
}

static void group_signal_reaches_who_is_just_born(void)
{
    for (int round = 0; round < 60 && nr_bad == 0; round++)
        CHECK(group_dies(round));
}

/* --- orphans ---------------------------------------------------------------------------------- */

/* Leaves a zombie to its own parent: it ends as `how` says. */
static pid_t leave_zombie(int how)
{
    pid_t *orphan = shared_page();
    pid_t mid = fork();

    if (mid == 0) {
        siginfo_t info;
        pid_t pid = fork();

        if (pid == 0) {
            if (how < 0)
                raise(-how);
            _exit(how);
        }
        *orphan = pid;
        waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT);
        _exit(0);
    }
    waitpid(mid, NULL, 0);
    return *orphan;
}

static void heir_hears_how_an_orphan_ended(void)
{
    struct timespec limit = {.tv_sec = PATIENCE_MS / 1000};
    siginfo_t info = {0};
    sigset_t set;
    pid_t orphan;
    int status;

    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigprocmask(SIG_BLOCK, &set, NULL);
    CHECK(prctl(PR_SET_CHILD_SUBREAPER, 1) == 0);
    /* The orphan's signal comes before that of its parent's end, which finds it pending. */
    orphan = leave_zombie(3);
    CHECK(sigtimedwait(&set, &info, &limit) == SIGCHLD);
    CHECK(info.si_pid == orphan && info.si_code == CLD_EXITED && info.si_status == 3);
    CHECK(waitpid(orphan, &status, 0) == orphan && WEXITSTATUS(status) == 3);
    orphan = leave_zombie(-SIGKILL);
    CHECK(sigtimedwait(&set, &info, &limit) == SIGCHLD);
    CHECK(info.si_pid == orphan && info.si_code == CLD_KILLED && info.si_status == SIGKILL);
    CHECK(waitpid(orphan, &status, 0) == orphan && WTERMSIG(status) == SIGKILL);
}

static void heir_that_does_not_care(void)
{
    signal(SIGCHLD, SIG_IGN);
    CHECK(prctl(PR_SET_CHILD_SUBREAPER, 1) == 0);
    for (int i = 0; i < 50 && nr_bad == 0; i++)
        CHECK(kill(leave_zombie(3), 0) == -1 && errno == ESRCH);
    CHECK_ERRNO(waitpid(-1, NULL, 0), ECHILD);
}

static int tell; /* a pipe, to which signals are written */

static void tell_signal(int signal)
{
    char c = (char)signal;

    write(tell, &c, 1);
}

/* In a session of its own; the test's verdict is its exit status. */
static void in_session(void (*run)(void))
{
    pid_t pid = fork();
    int status = -1;

    if (pid == 0) {
        setsid();
        run();
        fflush(stdout);
        _exit(nr_bad ? 1 : 0);
    }
    CHECK(waitpid(pid, &status, 0) == pid && status == 0);
}

/* A child that stops, and tells of SIGHUP and SIGCONT. group 0: its own; -1: the caller's. */
static pid_t stopped_child(pid_t group)
{
    pid_t pid = fork();

    if (pid == 0) {
        signal(SIGHUP, tell_signal);
        signal(SIGCONT, tell_signal);
        if (group >= 0)
            setpgid(0, group);
        raise(SIGSTOP);
        for (;;)
            pause();
    }
    waitpid(pid, NULL, WUNTRACED);
    return pid;
}

/* What comes through the pipe is signal. */
static bool is_told(int fd, int signal)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    char c = 0;

    return poll(&p, 1, PATIENCE_MS) == 1 && read(fd, &c, 1) == 1 && c == signal;
}

/* This session leader's group is orphaned from the start: a member's end orphans nothing. */
static void orphaned_before(void)
{
    pid_t stopped, other;
    int told[2], status;

    pipe(told);
    tell = told[1];
    signal(SIGHUP, tell_signal);
    stopped = stopped_child(-1);
    other = fork();
    if (other == 0)
        _exit(0);
    CHECK(waitpid(other, NULL, 0) == other);
    CHECK(waitpid(stopped, &status, WNOHANG | WCONTINUED) == 0);
    struct pollfd p = {.fd = told[0], .events = POLLIN};

    CHECK(poll(&p, 1, 100) == 0);
    end(stopped);
}

static void orphaned_group_is_left_alone(void)
{
    in_session(orphaned_before);
}

/* The parent of a stopped job ends. */
static void parent_ends(void)
{
    pid_t *job = shared_page();
    int told[2];
    pid_t parent;

    pipe(told);
    tell = told[1];
    parent = fork();
    if (parent == 0) {
        *job = stopped_child(0);
        _exit(0);
    }
    CHECK(waitpid(parent, NULL, 0) == parent);
    CHECK(is_told(told[0], SIGCONT) || is_told(told[0], SIGCONT)); /* and SIGHUP, in any order */
    kill(*job, SIGKILL);
}

/* The member whose parent was the group's tie ends: the other one is stopped. */
static void member_ends(void)
{
    pid_t *job = shared_page();
    int told[2];
    pid_t member;

    pipe(told);
    tell = told[1];
    member = fork();
    if (member == 0) {
        setpgid(0, 0);
        *job = stopped_child(-1);
        _exit(0);
    }
    CHECK(waitpid(member, NULL, 0) == member);
    CHECK(is_told(told[0], SIGCONT) || is_told(told[0], SIGCONT));
    kill(*job, SIGKILL);
}

/* As before, but another member's parent is one still: nothing happens. */
static void tie_remains(void)
{
    int told[2], status;
    pid_t leader, stopped;

    pipe(told);
    tell = told[1];
    leader = fork();
    if (leader == 0) {
        setpgid(0, 0);
        for (;;)
            pause();
    }
    setpgid(leader, leader);
    stopped = stopped_child(leader);
    end(leader);
    CHECK(waitpid(stopped, &status, WNOHANG | WCONTINUED) == 0);
    struct pollfd p = {.fd = told[0], .events = POLLIN};

    CHECK(poll(&p, 1, 100) == 0);
    end(stopped);
}

static void stopped_job_that_becomes_orphaned_is_hung_up(void)
{
    in_session(parent_ends);
    in_session(member_ends);
    in_session(tie_remains);
}

/* --- vfork ------------------------------------------------------------------------------------ */

static void vfork_for_the_parent(void)
{
    pid_t *child = shared_page();
    int status = -1;
    pid_t mid = fork();

    if (mid == 0) {
        *child = (pid_t)syscall(SYS_clone, CLONE_VFORK | CLONE_PARENT | SIGCHLD, 0, 0, 0, 0);
        if (*child == 0)
            _exit(5);
        _exit(7);
    }
    CHECK(wait_patiently(mid, &status, 0) == mid && WEXITSTATUS(status) == 7);
    CHECK(wait_patiently(*child, &status, 0) == *child && WEXITSTATUS(status) == 5);
    kill(mid, SIGKILL);
}

/* A process whose child by vfork does not come to an end; *child is set when it waits. */
static pid_t waiting_in_vfork(volatile pid_t *child)
{
    pid_t pid = fork();

    if (pid == 0) {
        if (syscall(SYS_clone, CLONE_VFORK | CLONE_VM | SIGCHLD, 0, 0, 0, 0) == 0) {
            *child = (pid_t)syscall(SYS_getpid);
            for (;;)
                pause();
        }
        _exit(0);
    }
    while (*child == 0)
        sched_yield();
    return pid;
}

static void vfork_parent_can_be_killed(void)
{
    static const int signals[] = {SIGKILL, SIGTERM};

    for (int i = 0; i < 2; i++) {
        volatile pid_t *child = shared_page();
        pid_t parent = waiting_in_vfork(child);
        int status = -1;

        kill(parent, signals[i]);
        CHECK(wait_patiently(parent, &status, 0) == parent && WTERMSIG(status) == signals[i]);
        CHECK(kill(*child, SIGKILL) == 0);
        if (nr_bad)
            waitpid(parent, NULL, 0);
    }
}

static void *vfork_thread(void *arg)
{
    volatile pid_t *child = arg;

    if (syscall(SYS_clone, CLONE_VFORK | SIGCHLD, 0, 0, 0, 0) == 0) {
        *child = (pid_t)syscall(SYS_getpid);
        for (;;)
            pause();
    }
    return NULL;
}

static void exec_beside_a_vfork(void)
{
    volatile pid_t *child = shared_page();
    int status = -1;
    pid_t pid = fork();

    if (pid == 0) {
        pthread_t thread;

        pthread_create(&thread, NULL, vfork_thread, (void *)child);
        while (*child == 0)
            sched_yield();
        execl("/bin/sh", "sh", "-c", "exit 9", NULL);
        _exit(1);
    }
    CHECK(wait_patiently(pid, &status, 0) == pid && WEXITSTATUS(status) == 9);
    CHECK(kill(*child, SIGKILL) == 0);
    if (nr_bad)
        end(pid);
}

/* --- clone and stop --------------------------------------------------------------------------- */

static void *nothing(void *arg)
{
    return arg;
}

static void *make_threads(void *arg)
{
    for (;;) {
        pthread_t thread;

        if (pthread_create(&thread, NULL, nothing, NULL) == 0)
            pthread_join(thread, NULL);
    }
    return arg;
}

static void stop_reaches_threads_that_are_just_made(void)
{
    int status = 0;
    pid_t pid = fork();

    if (pid == 0) {
        pthread_t thread;

        pthread_create(&thread, NULL, make_threads, NULL);
        make_threads(NULL);
    }
    for (int i = 0; i < 300 && nr_bad == 0; i++) {
        kill(pid, SIGSTOP);
        CHECK(wait_patiently(pid, &status, WUNTRACED) == pid && WIFSTOPPED(status));
        kill(pid, SIGCONT);
        CHECK(wait_patiently(pid, &status, WCONTINUED) == pid && WIFCONTINUED(status));
    }
    end(pid);
}

/* --- times ------------------------------------------------------------------------------------ */

static uint64_t cpu_ms(const struct rusage *u)
{
    return (uint64_t)(u->ru_utime.tv_sec + u->ru_stime.tv_sec) * 1000 +
           (uint64_t)(u->ru_utime.tv_usec + u->ru_stime.tv_usec) / 1000;
}

/* Works until it has used so much processor time. */
static void burn(uint64_t ms)
{
    struct rusage u;

    do
        getrusage(RUSAGE_SELF, &u);
    while (cpu_ms(&u) < ms);
}

/* utime + stime of /proc/PID/stat in ms; 0: gone. */
static uint64_t stat_ms(pid_t pid)
{
    char path[64], text[512];
    unsigned long utime, stime;
    ssize_t n;
    int fd;

    snprintf(path, sizeof(path), "/proc/%d/stat", pid);
    fd = open(path, O_RDONLY);
    n = read(fd, text, sizeof(text) - 1);
    close(fd);
    if (n <= 0)
        return 0;
    text[n] = '\0';
    if (sscanf(strrchr(text, ')') + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu",
               &utime, &stime) != 2)
        return 0;
    return (utime + stime) * 1000 / (uint64_t)sysconf(_SC_CLK_TCK);
}

/* Also while a process gives up its memory. */
static void times_are_counted_once(void)
{
    for (int i = 0; i < 5; i++) {
        uint64_t most = 0;
        struct rusage u;
        siginfo_t info;
        pid_t pid = fork();

        if (pid == 0) {
            char *memory = malloc(32 << 20);

            memset(memory, 1, 32 << 20);
            burn(300);
            _exit(memory[5] - 1);
        }
        do {
            uint64_t ms = stat_ms(pid);

            most = ms > most ? ms : most;
            info.si_pid = 0;
        } while (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT | WNOHANG) == 0 &&
                 info.si_pid == 0);
        CHECK(wait4(pid, NULL, 0, &u) == pid);
        if (most > cpu_ms(&u) + 50)
            printf("    %lu ms seen, %lu in the end\n", (unsigned long)most,
                   (unsigned long)cpu_ms(&u));
        CHECK(most >= 100 && most <= cpu_ms(&u) + 50);
    }
}

static void unawaited_children_are_not_counted(void)
{
    struct rusage u;
    pid_t pid;

    signal(SIGCHLD, SIG_IGN);
    pid = fork();
    if (pid == 0) {
        burn(200);
        _exit(0);
    }
    CHECK_ERRNO(waitpid(pid, NULL, 0), ECHILD);
    getrusage(RUSAGE_CHILDREN, &u);
    CHECK(cpu_ms(&u) < 100);
    signal(SIGCHLD, SIG_DFL);
    pid = fork();
    if (pid == 0) {
        burn(200);
        _exit(0);
    }
    CHECK(waitpid(pid, NULL, 0) == pid);
    getrusage(RUSAGE_CHILDREN, &u);
    CHECK(cpu_ms(&u) >= 190);
}

CONFORMANCE_MAIN(TEST(setpgid_of_a_child_that_exits), TEST(wait_while_the_group_changes),
                 TEST(group_signal_reaches_who_is_just_born), TEST(heir_hears_how_an_orphan_ended),
                 TEST(heir_that_does_not_care), TEST(orphaned_group_is_left_alone),
                 TEST(stopped_job_that_becomes_orphaned_is_hung_up), TEST(vfork_for_the_parent),
                 TEST(vfork_parent_can_be_killed), TEST(exec_beside_a_vfork),
                 TEST(stop_reaches_threads_that_are_just_made), TEST(times_are_counted_once),
                 TEST(unawaited_children_are_not_counted))
