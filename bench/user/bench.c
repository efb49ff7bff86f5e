/*
 * The Linux system interface, measured from the outside: a static program that runs unmodified on
 * Trine's monolithic kernel and on Linux. Under -icount one nanosecond of CLOCK_MONOTONIC is one
 * instruction.
 *
 * Prints "BENCH sys.NAME instructions" per figure, best of three rounds, what one operation costs.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdbool.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ROUNDS 3

static const char *self;
static char page[4096];
static int fd_a = -1, fd_b = -1;

static uint64_t now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* One operation; returns false when the kernel refused it. */
typedef bool (*operation)(void);

static void measure(const char *name, operation op, int count)
{
    uint64_t best = UINT64_MAX;

    for (int round = 0; round < ROUNDS; round++) {
        uint64_t start = now_ns();

        for (int i = 0; i < count; i++) {
            if (!op()) {
                printf("REFUSED sys.%s: %s\n", name, strerror(errno));
                return;
            }
        }
        uint64_t cost = (now_ns() - start) / (uint64_t)count;
        best = cost < best ? cost : best;
    }
    printf("BENCH sys.%s %llu\n", name, (unsigned long long)best);
    fflush(stdout);
}

static bool null_call(void)
{
    return syscall(SYS_getppid) >= 0;
}

static bool read_clock(void)
{
    struct timespec t;

    return clock_gettime(CLOCK_REALTIME, &t) == 0;
}

static bool read_1(void)
{
    return read(fd_a, page, 1) == 1;
}

static bool read_page(void)
{
    return read(fd_a, page, sizeof page) == sizeof page;
}

static bool write_1(void)
{
    return write(fd_a, page, 1) == 1;
}

static bool fstat_fd(void)
{
    struct stat st;

    return fstat(fd_a, &st) == 0;
}

static bool stat_path(void)
{
    struct stat st;

    return stat("/tmp/bench/file", &st) == 0;
}

static bool open_close(void)
{
    int fd = open("/tmp/bench/file", O_RDONLY);

    return fd >= 0 && close(fd) == 0;
}

static bool pread_page(void)
{
    return pread(fd_a, page, sizeof page, 0) == sizeof page;
}

static bool pread_1k(void)
{
    return pread(fd_a, page, 1024, 0) == 1024;
}

static bool pread_1k_misaligned(void)
{
    return pread(fd_a, page + 3, 1024, 0) == 1024;
}

static bool pwrite_page(void)
{
    return pwrite(fd_a, page, sizeof page, 0) == sizeof page;
}

static bool create_unlink(void)
{
    int fd = open("/tmp/bench/new", O_CREAT | O_EXCL | O_WRONLY, 0600);

    return fd >= 0 && close(fd) == 0 && unlink("/tmp/bench/new") == 0;
}

static bool map_unmap(void)
{
    void *p = mmap(NULL, 65536, PROT_READ, MAP_SHARED, fd_a, 0);

    return p != MAP_FAILED && munmap(p, 65536) == 0;
}

static bool touch_pages(void)
{
    size_t size = 2048 * 4096ul;
    volatile char *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (p == MAP_FAILED)
        return false;
    for (size_t at = 0; at < size; at += 4096)
        p[at] = 1;
    return munmap((void *)p, size) == 0;
}

static bool pipe_self(void)
{
    return write(fd_b, page, 1) == 1 && read(fd_a, page, 1) == 1;
}

/* Ping-pong with a child over a pair of descriptors that the child echoes. */
static int to_child, from_child;

static bool ping(void)
{
    return write(to_child, page, 1) == 1 && read(from_child, page, 1) == 1;
}

static void echo_until_eof(int in, int out)
{
    char c;

    while (read(in, &c, 1) == 1 && write(out, &c, 1) == 1)
        ;
    _exit(0);
}

static void measure_ping_pong(void)
{
    int there[2], back[2];

    if (pipe(there) || pipe(back))
        return;
    pid_t child = fork();
    if (child == 0) {
        close(there[1]);
        echo_until_eof(there[0], back[1]);
    }
    to_child = there[1];
    from_child = back[0];
    measure("pipe_ping_pong", ping, 500);
    close(there[1]);
    waitpid(child, NULL, 0);
    close(there[0]), close(back[0]), close(back[1]);

    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair)) {
        printf("REFUSED sys.unix_ping_pong: %s\n", strerror(errno));
        return;
    }
    child = fork();
    if (child == 0) {
        close(pair[0]);
        echo_until_eof(pair[1], pair[1]);
    }
    close(pair[1]);
    to_child = from_child = pair[0];
    measure("unix_ping_pong", ping, 500);
    close(pair[0]);
    waitpid(child, NULL, 0);
}

static bool epoll_ready(void)
{
    struct epoll_event event;

    return epoll_wait(fd_a, &event, 1, 0) == 1;
}

/* 100 descriptors of an empty pipe from this one on, none of which is ready. */
#define NR_WATCHED 100
static int first_watched = -1;

static bool select_idle(void)
{
    struct timeval no_time = {0};
    fd_set set;

    FD_ZERO(&set);
    for (int i = 0; i < NR_WATCHED; i++)
        FD_SET(first_watched + i, &set);
    return select(first_watched + NR_WATCHED, &set, NULL, NULL, &no_time) == 0;
}

static bool poll_idle(void)
{
    static struct pollfd set[NR_WATCHED];

    for (int i = 0; i < NR_WATCHED; i++)
        set[i] = (struct pollfd){.fd = first_watched + i, .events = POLLIN};
    return poll(set, NR_WATCHED, 0) == 0;
}

static void measure_watching(void)
{
    int ends[2];

    if (pipe(ends) != 0)
        return;
    first_watched = ends[1] + 1;
    for (int i = 0; i < NR_WATCHED; i++)
        if (dup2(ends[0], first_watched + i) < 0)
            return;
    measure("select_100_idle", select_idle, 200);
    measure("poll_100_idle", poll_idle, 200);
    for (int i = 0; i < NR_WATCHED; i++)
        close(first_watched + i);
    close(ends[0]);
    close(ends[1]);
}

static void on_signal(int signal)
{
}

static bool set_action(void)
{
    struct sigaction action = {.sa_handler = on_signal};

    return sigaction(SIGUSR1, &action, NULL) == 0;
}

static bool kill_self(void)
{
    return kill(getpid(), SIGUSR1) == 0;
}

static bool fork_wait(void)
{
    int status;
    pid_t child = fork();

    if (child == 0)
        _exit(0);
    return child > 0 && waitpid(child, &status, 0) == child;
}

static bool exec_wait(void)
{
    int status;
    pid_t child = vfork();

    if (child == 0) {
        execl(self, self, "exit", (char *)NULL);
        _exit(1);
    }
    return child > 0 && waitpid(child, &status, 0) == child && status == 0;
}

static void *thread_body(void *unused)
{
    return NULL;
}

static bool thread_join(void)
{
    pthread_t t;

    return pthread_create(&t, NULL, thread_body, NULL) == 0 && pthread_join(t, NULL) == 0;
}

static bool yield_pair(void)
{
    return sched_yield() == 0;
}

static void measure_yield(void)
{
    pid_t child = fork();

    if (child == 0)
        for (;;)
            sched_yield();
    measure("yield_two_processes", yield_pair, 500);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
}

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

static bool mutex_pair(void)
{
    return pthread_mutex_lock(&mutex) == 0 && pthread_mutex_unlock(&mutex) == 0;
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "exit") == 0)
        _exit(0);
    self = argv[0];
    struct timespec settle = {.tv_sec = argc > 1 ? atoi(argv[1]) : 0};
    nanosleep(&settle, NULL);
    measure("getppid", null_call, 2000);
    measure("clock_gettime", read_clock, 2000);
    fd_a = open("/dev/zero", O_RDONLY);
    measure("read_1_zero", read_1, 1000);
    measure("read_4k_zero", read_page, 1000);
    close(fd_a);
    fd_a = open("/dev/null", O_WRONLY);
    measure("write_1_null", write_1, 1000);
    close(fd_a);

    mkdir("/tmp/bench", 0700);
    fd_a = open("/tmp/bench/file", O_CREAT | O_RDWR | O_TRUNC, 0600);
    for (int i = 0; i < 16; i++)
        if (write(fd_a, page, sizeof page) != sizeof page)
            return 1;
    measure("fstat", fstat_fd, 1000);
    measure("stat_tmpfs", stat_path, 1000);
    measure("open_close_tmpfs", open_close, 1000);
    measure("pread_4k_tmpfs", pread_page, 1000);
    measure("pread_1k_tmpfs", pread_1k, 1000);
    measure("pread_1k_misaligned", pread_1k_misaligned, 1000);
    measure("pwrite_4k_tmpfs", pwrite_page, 1000);
    measure("create_unlink_tmpfs", create_unlink, 500);
    measure("mmap_munmap_64k_file", map_unmap, 500);
    close(fd_a);
    measure("touch_2048_pages", touch_pages, 4);

    int ends[2];
    if (pipe(ends) == 0) {
        fd_a = ends[0];
        fd_b = ends[1];
        measure("pipe_self", pipe_self, 1000);
    }
    measure_ping_pong();
    int ep = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLOUT};
    if (ep >= 0 && epoll_ctl(ep, EPOLL_CTL_ADD, ends[1], &event) == 0) {
        fd_a = ep;
        measure("epoll_wait_ready", epoll_ready, 1000);
    } else {
        printf("REFUSED sys.epoll_wait_ready: %s\n", strerror(errno));
    }
    measure_watching();
    measure("sigaction", set_action, 1000);
    measure("kill_self_handler", kill_self, 500);
    measure("fork_exit_wait", fork_wait, 50);
    measure("vfork_exec_wait", exec_wait, 30);
    measure("thread_create_join", thread_join, 100);
    measure_yield();
    measure("mutex_pair", mutex_pair, 2000);
    printf("BENCH done 1\n");
    return 0;
}
