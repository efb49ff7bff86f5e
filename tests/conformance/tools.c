/*
 * What tools ask of a kernel beside their work: names of open pipes, programs in use, policies,
 * attributes, sockets.
 */
#include "check.h"

#include <poll.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/xattr.h>

#define FOLDER     "/tmp/tools-test"
#define NO_FAMILY  46 /* a number that no address family has */
#define NO_SUCH_FD 999

static int open_fd_by_name(int fd, int flags)
{
    char name[64];

    snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    return open(name, flags);
}

/* cat <(command) of bash, and what programs do that are given /dev/stdin. */
static void pipes_are_opened_by_name(void)
{
    struct pollfd pfd = {.events = POLLIN};
    struct stat one, other;
    char buffer[16];
    int ends[2];

    CHECK(pipe(ends) == 0 && write(ends[1], "in the pipe", 11) == 11);
    int again = open_fd_by_name(ends[0], O_RDONLY);
    CHECK(again >= 0 && fstat(again, &one) == 0 && fstat(ends[0], &other) == 0);
    CHECK(one.st_ino == other.st_ino && S_ISFIFO(one.st_mode) && one.st_uid == getuid());
    CHECK(read(again, buffer, sizeof buffer) == 11 && memcmp(buffer, "in the pipe", 11) == 0);
    /* Either end gives the other, too, and counts as one. */
    int writer = open_fd_by_name(ends[0], O_WRONLY);
    CHECK(writer >= 0 && close(ends[1]) == 0);
    pfd.fd = again;
    CHECK(poll(&pfd, 1, 0) == 0);
    CHECK(write(writer, "x", 1) == 1 && read(ends[0], buffer, 1) == 1);
    close(writer);
    CHECK(poll(&pfd, 1, 0) == 1 && (pfd.revents & POLLHUP) != 0);
    CHECK(read(ends[0], buffer, 1) == 0);
    /* With nobody at the other side it does not wait for one. */
    int last = open_fd_by_name(ends[0], O_RDONLY);
    CHECK(last >= 0 && read(last, buffer, 1) == 0);
    char text[64] = "", same[64] = "", name[64];
    snprintf(name, sizeof name, "/proc/self/fd/%d", last);
    CHECK(readlink(name, text, sizeof text - 1) > 6 && strncmp(text, "pipe:[", 6) == 0);
    snprintf(name, sizeof name, "/proc/self/fd/%d", ends[0]);
    CHECK(readlink(name, same, sizeof same - 1) > 6 && strcmp(text, same) == 0);
    close(last);
    close(again);
    close(ends[0]);
}

static void memory_files_are_opened_by_name(void)
{
    char buffer[8] = "";
    int fd = memfd_create("memory", 0);

    CHECK(fd >= 0 && write(fd, "text", 4) == 4);
    int again = open_fd_by_name(fd, O_RDONLY);
    CHECK(again >= 0 && read(again, buffer, sizeof buffer) == 4 && strcmp(buffer, "text") == 0);
    close(again);
    close(fd);
}

static void copy_program(const char *to)
{
    char buffer[65536];
    int in = open("/proc/self/exe", O_RDONLY), out = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0755);
    ssize_t n;

    while ((n = read(in, buffer, sizeof buffer)) > 0)
        CHECK(write(out, buffer, (size_t)n) == n);
    close(in);
    CHECK(close(out) == 0);
}

static void programs_in_use_are_not_written(void)
{
    char *argv[] = {FOLDER "/program", "wait", NULL};
    char byte;
    int ends[2], status;

    mkdir(FOLDER, 0755);
    copy_program(argv[0]);
    int writer = open(argv[0], O_WRONLY);
    CHECK_ERRNO(execv(argv[0], argv), ETXTBSY);
    close(writer);
    CHECK(pipe(ends) == 0);
    pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], 1);
        execv(argv[0], argv);
        _exit(1);
    }
    close(ends[1]);
    CHECK(read(ends[0], &byte, 1) == 1); /* it runs */
    CHECK_ERRNO(open(argv[0], O_WRONLY), ETXTBSY);
    CHECK_ERRNO(open(argv[0], O_RDWR | O_TRUNC), ETXTBSY);
    CHECK_ERRNO(truncate(argv[0], 0), ETXTBSY);
    int reader = open(argv[0], O_RDONLY);
    CHECK(reader >= 0);
    close(reader);
    kill(child, SIGKILL);
    CHECK(waitpid(child, &status, 0) == child && WIFSIGNALED(status));
    writer = open(argv[0], O_WRONLY);
    CHECK(writer >= 0);
    close(writer);
    close(ends[0]);
    CHECK(unlink(argv[0]) == 0 && rmdir(FOLDER) == 0);
}

struct attr { /* sched_setattr(2), version 0 */
    uint32_t size, policy;
    uint64_t flags;
    int32_t nice;
    uint32_t priority;
    uint64_t runtime, deadline, period;
};

static void policies_are_kept(void)
{
    struct sched_param none = {0}, one = {.sched_priority = 1};
    struct attr attr = {.size = sizeof attr, .policy = SCHED_BATCH, .nice = 3};
    int status;

    CHECK(sched_getscheduler(0) == SCHED_OTHER);
    CHECK(sched_setscheduler(0, SCHED_BATCH, &none) == 0 && sched_getscheduler(0) == SCHED_BATCH);
    CHECK_ERRNO(sched_setscheduler(0, SCHED_BATCH, &one), EINVAL);
    CHECK_ERRNO(sched_setscheduler(0, 77, &none), EINVAL);
    CHECK_ERRNO(sched_setscheduler(999999, SCHED_BATCH, &none), ESRCH);
    pid_t child = fork();
    if (child == 0)
        _exit(sched_getscheduler(0));
    CHECK(waitpid(child, &status, 0) == child && WEXITSTATUS(status) == SCHED_BATCH);
    CHECK(sched_setscheduler(0, SCHED_IDLE | SCHED_RESET_ON_FORK, &none) == 0);
    CHECK(sched_getscheduler(0) == (SCHED_IDLE | SCHED_RESET_ON_FORK));
    child = fork();
    if (child == 0)
        _exit(sched_getscheduler(0));
    CHECK(waitpid(child, &status, 0) == child && WEXITSTATUS(status) == SCHED_IDLE);

    CHECK(syscall(SYS_sched_setattr, 0, &attr, 0) == 0);
    memset(&attr, 0xff, sizeof attr);
    CHECK(syscall(SYS_sched_getattr, 0, &attr, sizeof attr, 0) == 0);
    CHECK(attr.policy == SCHED_BATCH && attr.nice == 3 && attr.flags == 0 && attr.priority == 0);
    CHECK(getpriority(PRIO_PROCESS, 0) == 3);
    CHECK_ERRNO(syscall(SYS_sched_getattr, 0, &attr, 8, 0), EINVAL);
    attr.size = 12;
    CHECK_ERRNO(syscall(SYS_sched_setattr, 0, &attr, 0), E2BIG);
    CHECK_ERRNO(syscall(SYS_sched_setattr, 0, 8, 0), EFAULT);
}

static void files_have_no_such_attributes(void)
{
    char buffer[64], long_name[300];
    int fd = open("/tmp", O_RDONLY);

    memset(long_name, 'x', sizeof long_name);
    long_name[sizeof long_name - 1] = '\0';
    CHECK(listxattr("/tmp", buffer, sizeof buffer) == 0 && flistxattr(fd, NULL, 0) == 0);
    CHECK_ERRNO(getxattr("/tmp", "nosuch.name", buffer, sizeof buffer), EOPNOTSUPP);
    CHECK_ERRNO(fsetxattr(fd, "nosuch.name", "x", 1, 0), EOPNOTSUPP);
    CHECK_ERRNO(lremovexattr("/tmp", "nosuch.name"), EOPNOTSUPP);
    CHECK_ERRNO(listxattr("/tmp/nothing", buffer, sizeof buffer), ENOENT);
    CHECK_ERRNO(getxattr("/tmp/nothing", "user.x", buffer, sizeof buffer), ENOENT);
    CHECK_ERRNO(fgetxattr(NO_SUCH_FD, "user.x", buffer, sizeof buffer), EBADF);
    CHECK_ERRNO(getxattr("/tmp", "", buffer, sizeof buffer), ERANGE);
    CHECK_ERRNO(getxattr("/tmp", long_name, buffer, sizeof buffer), ERANGE);
    CHECK_ERRNO(getxattr("/tmp", (char *)8, buffer, sizeof buffer), EFAULT);
    CHECK_ERRNO(setxattr("/tmp", "nosuch.name", "x", 1, 99), EINVAL);
    close(fd);
}

static void absent_sockets_say_so(void)
{
    struct sockaddr address = {0};
    int pair[2];

    CHECK_ERRNO(socket(NO_FAMILY, SOCK_STREAM, 0), EAFNOSUPPORT);
    CHECK_ERRNO(socketpair(NO_FAMILY, SOCK_STREAM, 0, pair), EAFNOSUPPORT);
    CHECK_ERRNO(socket(AF_INET, 15, 0), EINVAL);
    CHECK_ERRNO(connect(NO_SUCH_FD, &address, sizeof address), EBADF);
    CHECK_ERRNO(connect(0, &address, sizeof address), ENOTSOCK);
    CHECK_ERRNO(shutdown(0, SHUT_RD), ENOTSOCK);
    CHECK_ERRNO(recv(0, pair, sizeof pair, 0), ENOTSOCK);
}

int main(int argc, char **argv)
{
    if (argc > 1) { /* the program in use */
        CHECK(write(1, "x", 1) == 1);
        pause();
        return 0;
    }
    const struct check_test tests[] = {
        TEST(pipes_are_opened_by_name),        TEST(memory_files_are_opened_by_name),
        TEST(programs_in_use_are_not_written), TEST(policies_are_kept),
        TEST(files_have_no_such_attributes),   TEST(absent_sockets_say_so),
    };

    return check_main(__BASE_FILE__, tests, sizeof tests / sizeof tests[0]);
}
