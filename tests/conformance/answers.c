/* Answers and errors of calls that programs probe: poll and select, sync_file_range,
 * clock_nanosleep, execveat of scripts, oom_score_adj, tcflush. */
#include "check.h"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <termios.h>

/* ---- poll and select ---- */

static void select_tells_what_was_asked(void)
{
    struct timeval none = {0}, soon = {.tv_usec = 20000};
    int ends[2];
    fd_set in, ex;

    CHECK(pipe(ends) == 0);
    FD_ZERO(&in);
    FD_SET(ends[0], &in);
    CHECK(select(ends[0] + 1, &in, NULL, NULL, &none) == 0 && !FD_ISSET(ends[0], &in));
    CHECK(write(ends[1], "x", 1) == 1);
    FD_SET(ends[0], &in);
    FD_ZERO(&ex);
    FD_SET(ends[0], &ex);
    FD_SET(ends[1], &ex);
    CHECK(select(ends[1] + 1, &in, &ex, NULL, &none) == 2);
    CHECK(FD_ISSET(ends[0], &in) && !FD_ISSET(ends[0], &ex) && FD_ISSET(ends[1], &ex));
    /* A hang-up is no exceptional condition: nothing comes, and the time is over. */
    close(ends[1]);
    FD_ZERO(&ex);
    FD_SET(ends[0], &ex);
    struct timespec before, after;
    clock_gettime(CLOCK_MONOTONIC, &before);
    CHECK(select(ends[0] + 1, NULL, NULL, &ex, &soon) == 0 && soon.tv_usec == 0);
    clock_gettime(CLOCK_MONOTONIC, &after);
    CHECK((after.tv_sec - before.tv_sec) * 1000000000 + after.tv_nsec - before.tv_nsec >= 20000000);
    close(ends[0]);
    FD_ZERO(&in);
    FD_SET(ends[0], &in);
    CHECK_ERRNO(select(ends[0] + 1, &in, NULL, NULL, &none), EBADF);
}

static void select_wakes_for_one_of_many(void)
{
    struct timeval limit = {.tv_sec = 60};
    int ends[2], idle[2];
    fd_set in;

    CHECK(pipe(ends) == 0 && pipe(idle) == 0);
    FD_ZERO(&in);
    for (int fd = 100; fd < 300; fd++) {
        CHECK(dup2(fd == 277 ? ends[0] : idle[0], fd) == fd);
        FD_SET(fd, &in);
    }
    pid_t pid = fork();
    if (pid == 0) {
        usleep(20000);
        _exit(write(ends[1], "x", 1) != 1);
    }
    CHECK(select(300, &in, NULL, NULL, &limit) == 1 && FD_ISSET(277, &in) && !FD_ISSET(100, &in));
    CHECK(waitpid(pid, NULL, 0) == pid && limit.tv_sec <= 60);
}

static void poll_answers_for_each(void)
{
    int ends[2], path = open("/", O_PATH), root = open("/", O_RDONLY);
    struct pollfd set[6];

    CHECK(pipe(ends) == 0);
    set[0] = (struct pollfd){ends[0], POLLIN, 99};
    set[1] = (struct pollfd){ends[1], POLLOUT, 99};
    set[2] = (struct pollfd){-1, POLLIN, 99};
    set[3] = (struct pollfd){1000, POLLIN, 99};
    set[4] = (struct pollfd){path, POLLIN, 99};
    set[5] = (struct pollfd){root, POLLIN | POLLOUT, 99};
    CHECK(poll(set, 6, 0) == 4);
    CHECK(set[0].revents == 0 && set[1].revents == POLLOUT && set[2].revents == 0);
    CHECK(set[3].revents == POLLNVAL && set[4].revents == POLLNVAL);
    CHECK(set[5].revents == (POLLIN | POLLOUT));
    close(ends[1]);
    CHECK(poll(set, 1, 60000) == 1 && set[0].revents == POLLHUP);
    struct pollfd *constant = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK_ERRNO(poll(constant, 1, 0), EFAULT);
}

/* ---- small ones ---- */

static void ranges_are_synced(void)
{
    int fd = open("/tmp/ranges", O_RDWR | O_CREAT | O_TRUNC, 0600), ends[2];

    CHECK(pipe(ends) == 0 && write(fd, "text", 4) == 4);
    CHECK(sync_file_range(fd, 0, 0, 7) == 0 &&
          sync_file_range(fd, 2, 1, SYNC_FILE_RANGE_WRITE) == 0);
    CHECK(sync_file_range(fd, 1 << 30, 4096, SYNC_FILE_RANGE_WRITE) == 0);
    CHECK_ERRNO(sync_file_range(fd, 0, 1, 8), EINVAL);
    CHECK_ERRNO(sync_file_range(fd, -1, 1, 2), EINVAL);
    CHECK_ERRNO(sync_file_range(fd, 1, INT64_MAX, 2), EINVAL);
    CHECK_ERRNO(sync_file_range(ends[0], 0, 1, 2), ESPIPE);
    CHECK_ERRNO(sync_file_range(open("/", O_PATH), 0, 1, 2), EBADF);
    CHECK_ERRNO(sync_file_range(-1, 0, 1, 2), EBADF);
}

static int sleep_by(clockid_t clock)
{
    struct timespec t = {.tv_nsec = 1};

    return (int)syscall(SYS_clock_nanosleep, clock, 0, &t, NULL);
}

static void clocks_to_sleep_by(void)
{
    CHECK(sleep_by(CLOCK_REALTIME) == 0 && sleep_by(CLOCK_MONOTONIC) == 0);
    CHECK(sleep_by(CLOCK_BOOTTIME) == 0 && sleep_by(CLOCK_TAI) == 0);
    CHECK_ERRNO(sleep_by(CLOCK_THREAD_CPUTIME_ID), EOPNOTSUPP);
    CHECK_ERRNO(sleep_by(CLOCK_MONOTONIC_RAW), EOPNOTSUPP);
    CHECK_ERRNO(sleep_by(CLOCK_REALTIME_COARSE), EOPNOTSUPP);
    CHECK_ERRNO(sleep_by(CLOCK_MONOTONIC_COARSE), EOPNOTSUPP);
    CHECK_ERRNO(sleep_by(77), EINVAL);
}

static int exec_script(int flags)
{
    char *argv[] = {"script", NULL}, *env[] = {NULL};
    int fd = open("/tmp/script", O_RDONLY | flags);

    return IN_CHILD(syscall(SYS_execveat, fd, "", argv, env, AT_EMPTY_PATH); _exit(errno));
}

static void scripts_by_descriptor(void)
{
    int fd = open("/tmp/script", O_RDWR | O_CREAT | O_TRUNC, 0700);

    (void)symlink("/proc/self/fd", "/dev/fd"); /* Linux leaves that to others */
    CHECK(write(fd, "#!/bin/sh\nexit 77\n", 18) == 18 && close(fd) == 0);
    CHECK(WEXITSTATUS(exec_script(0)) == 77);
    CHECK(WEXITSTATUS(exec_script(O_CLOEXEC)) == ENOENT);
}

static int set_oom(const char *text)
{
    int fd = open("/proc/self/oom_score_adj", O_RDWR), saved;
    ssize_t n = write(fd, text, strlen(text));

    saved = errno;
    close(fd);
    errno = saved;
    return n < 0 ? -1 : 0;
}

static int get_oom(void)
{
    char text[16] = "";
    int fd = open("/proc/self/oom_score_adj", O_RDONLY);

    CHECK(read(fd, text, sizeof(text) - 1) > 0);
    close(fd);
    return atoi(text);
}

static void oom_scores(void)
{
    CHECK(get_oom() == 0 && set_oom("-500\n") == 0 && get_oom() == -500);
    CHECK(IN_CHILD(_exit(get_oom() != -500)) == 0);
    CHECK(set_oom("1000") == 0 && set_oom("-1000") == 0 && set_oom("200") == 0);
    CHECK_ERRNO(set_oom("1001"), EINVAL);
    CHECK_ERRNO(set_oom("-1001"), EINVAL);
    CHECK_ERRNO(set_oom("much"), EINVAL);
    CHECK(get_oom() == 200);
}

/* Up is free to the owner, and back down to what the privileged gave; not further. */
static void oom_scores_of_users(void)
{
    int fd;

    CHECK(set_oom("100") == 0);
    fd = open("/proc/self/oom_score_adj", O_RDWR); /* the owner of /proc/self changes below */
    CHECK(setresuid(1000, 1000, 1000) == 0);
    CHECK(write(fd, "300", 3) == 3);
    CHECK(pwrite(fd, "100", 3, 0) == 3);
    CHECK_ERRNO(pwrite(fd, "99", 2, 0), EACCES);
}

/* ---- terminals ---- */

static int open_pty(int *slave)
{
    int master = open("/dev/ptmx", O_RDWR | O_NOCTTY), number, unlocked = 0;
    struct termios t;
    char name[32];

    CHECK(master >= 0 && ioctl(master, TIOCSPTLCK, &unlocked) == 0);
    CHECK(ioctl(master, TIOCGPTN, &number) == 0);
    snprintf(name, sizeof(name), "/dev/pts/%d", number);
    *slave = open(name, O_RDWR | O_NOCTTY);
    CHECK(*slave >= 0 && tcgetattr(*slave, &t) == 0);
    cfmakeraw(&t);
    CHECK(tcsetattr(*slave, TCSANOW, &t) == 0);
    return master;
}

static bool has_input(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};

    return poll(&p, 1, 0) == 1;
}

static void what_is_flushed_is_gone(void)
{
    int slave, master = open_pty(&slave);
    char byte;

    CHECK(write(slave, "out", 3) == 3 && has_input(master));
    CHECK(tcflush(slave, TCIFLUSH) == 0 && has_input(master));
    CHECK(tcflush(master, TCIFLUSH) == 0 && !has_input(master));
    CHECK(write(master, "in", 2) == 2 && has_input(slave));
    CHECK(tcflush(master, TCIFLUSH) == 0 && has_input(slave));
    CHECK(tcflush(slave, TCIFLUSH) == 0 && !has_input(slave));
    CHECK(write(slave, "out", 3) == 3 && has_input(master));
    CHECK(tcflush(master, TCIOFLUSH) == 0 && !has_input(master));
    CHECK(tcflush(slave, TCOFLUSH) == 0 && tcflush(slave, TCIOFLUSH) == 0);
    CHECK_ERRNO(tcflush(slave, 3), EINVAL);
    CHECK_ERRNO(tcflush(master, 3), EINVAL);
    CHECK(write(slave, "x", 1) == 1 && read(master, &byte, 1) == 1 && byte == 'x');
    CHECK(write(master, "y", 1) == 1 && read(slave, &byte, 1) == 1 && byte == 'y');
}

/* A writer that waits for room goes on. */
static void a_flush_makes_room(void)
{
    int slave, status, master = open_pty(&slave);
    static char block[65536];

    pid_t pid = fork();
    if (pid == 0)
        _exit(write(slave, block, sizeof(block)) != sizeof(block));
    while (waitpid(pid, &status, WNOHANG) == 0) {
        CHECK(tcflush(master, TCIFLUSH) == 0);
        usleep(100);
    }
    CHECK(status == 0 && master >= 0);
}

/* ---- arguments ---- */

/* What is an int to a call is 32 bits of its register, whatever the others hold. */
static void arguments_have_their_width(void)
{
    unsigned long high = 1ul << 32;
    int fd = (int)syscall(SYS_epoll_create1, high | O_CLOEXEC);
    struct itimerval value;

    CHECK(fd >= 0);
    CHECK(syscall(SYS_dup3, high | (unsigned long)fd, high | 100, high) == 100);
    CHECK(syscall(SYS_close, high | 100) == 0 && close(fd) == 0);
    CHECK(syscall(SYS_getitimer, high, &value) == 0);
    CHECK(syscall(SYS_getpgid, high) == getpgid(0));
    CHECK(syscall(SYS_umask, high | 022) >= 0);
}

CONFORMANCE_MAIN(TEST(select_tells_what_was_asked), TEST(select_wakes_for_one_of_many),
                 TEST(poll_answers_for_each), TEST(ranges_are_synced), TEST(clocks_to_sleep_by),
                 TEST(scripts_by_descriptor), TEST(oom_scores), TEST(oom_scores_of_users),
                 TEST(what_is_flushed_is_gone), TEST(a_flush_makes_room),
                 TEST(arguments_have_their_width))
