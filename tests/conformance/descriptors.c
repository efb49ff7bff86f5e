/* Descriptors of processes and of signals; the limit on the size of files. pidfd_open(2),
 * signalfd(2), setrlimit(2). */
#include "check.h"

#include <poll.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/sendfile.h>
#include <sys/signalfd.h>
#include <sys/uio.h>

#define LIMIT_MS 60000 /* longer than any wait takes that is not lost */

static int pidfd_open_(pid_t pid, unsigned flags)
{
    return (int)syscall(SYS_pidfd_open, pid, flags);
}

static int pidfd_signal(int fd, int signal)
{
    return (int)syscall(SYS_pidfd_send_signal, fd, signal, NULL, 0);
}

static int events(int fd, int timeout)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};

    return poll(&p, 1, timeout) == 1 ? p.revents : 0;
}

#define P_PIDFD_ 3

static void a_process_by_descriptor(void)
{
    pid_t child = fork();

    if (child == 0) {
        pause();
        _exit(1);
    }
    int fd = pidfd_open_(child, 0);
    CHECK(fd >= 0 && (fcntl(fd, F_GETFD) & FD_CLOEXEC));
    int ep = epoll_create1(0);
    CHECK(epoll_ctl(ep, EPOLL_CTL_ADD, fd, &(struct epoll_event){.events = EPOLLIN}) == 0);
    struct epoll_event event;
    CHECK(epoll_wait(ep, &event, 1, 0) == 0);
    CHECK(events(fd, 0) == 0);
    CHECK(pidfd_signal(fd, 0) == 0);
    CHECK(pidfd_signal(fd, SIGTERM) == 0);
    CHECK(epoll_wait(ep, &event, 1, LIMIT_MS) == 1);
    CHECK(events(fd, LIMIT_MS) == POLLIN);
    siginfo_t info = {0};
    CHECK(waitid(P_PIDFD_, (id_t)fd, &info, WEXITED | WNOWAIT) == 0);
    CHECK(info.si_pid == child && info.si_code == CLD_KILLED && info.si_status == SIGTERM);
    CHECK(waitid(P_PIDFD_, (id_t)fd, &info, WEXITED) == 0);
    CHECK_ERRNO(waitid(P_PIDFD_, (id_t)fd, &info, WEXITED), ECHILD);
    CHECK_ERRNO(pidfd_signal(fd, 0), ESRCH);
    char byte;
    CHECK_ERRNO(read(fd, &byte, 1), EINVAL);
}

static void errors_of_pidfd(void)
{
    siginfo_t info;

    CHECK_ERRNO(pidfd_open_(0, 0), EINVAL);
    CHECK_ERRNO(pidfd_open_(-1, 0), EINVAL);
    CHECK_ERRNO(pidfd_open_(getpid(), 1u << 30), EINVAL);
    CHECK_ERRNO(pidfd_open_(32000, 0), ESRCH);
    CHECK_ERRNO(pidfd_signal(0, 0), EBADF);
    CHECK_ERRNO(pidfd_signal(1000, 0), EBADF);
    CHECK_ERRNO(waitid(P_PIDFD_, 0, &info, WEXITED), EBADF);
    int fd = pidfd_open_(getpid(), 0);
    CHECK(fd >= 0);
    CHECK_ERRNO(waitid(P_PIDFD_, (id_t)fd, &info, WEXITED), ECHILD);
    CHECK_ERRNO(pidfd_signal(fd, 65), EINVAL);
}

static void a_descriptor_that_does_not_wait(void)
{
    pid_t child = fork();
    siginfo_t info = {0};

    if (child == 0) {
        pause();
        _exit(1);
    }
    int fd = pidfd_open_(child, O_NONBLOCK);
    CHECK_ERRNO(waitid(P_PIDFD_, (id_t)fd, &info, WEXITED), EAGAIN);
    kill(child, SIGKILL);
    CHECK(events(fd, LIMIT_MS) == POLLIN);
    CHECK(waitid(P_PIDFD_, (id_t)fd, &info, WEXITED) == 0 && info.si_pid == child);
}

static void clone_gives_one(void)
{
    struct {
        uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls;
    } args = {.flags = 0x1000 /* CLONE_PIDFD */, .exit_signal = SIGCHLD};
    int fd = -1;

    args.pidfd = (uintptr_t)&fd;
    pid_t child = (pid_t)syscall(SYS_clone3, &args, sizeof(args));
    if (child == 0)
        _exit(fcntl(3, F_GETFD) == -1 ? 5 : 6); /* it is not the child's */
    CHECK(child > 0 && fd == 3);
    siginfo_t info = {0};
    CHECK(waitid(P_PIDFD_, (id_t)fd, &info, WEXITED) == 0);
    CHECK(info.si_pid == child && info.si_status == 5);
    args.pidfd = 8; /* nowhere */
    CHECK_ERRNO(syscall(SYS_clone3, &args, sizeof(args)), EFAULT);
    CHECK(fcntl(4, F_GETFD) == -1);
}

static void descriptors_are_fetched(void)
{
    int ends[2], go[2];

    CHECK(pipe(ends) == 0 && pipe(go) == 0);
    pid_t child = fork();
    if (child == 0) {
        char byte;

        dup2(ends[1], 50);
        write(go[1], "g", 1);
        read(ends[0], &byte, 1);
        pause();
        _exit(1);
    }
    char byte;
    CHECK(read(go[0], &byte, 1) == 1);
    int fd = pidfd_open_(child, 0);
    int end = (int)syscall(SYS_pidfd_getfd, fd, 50, 0);
    CHECK(end >= 0 && (fcntl(end, F_GETFD) & FD_CLOEXEC));
    CHECK(write(end, "x", 1) == 1);
    CHECK_ERRNO(syscall(SYS_pidfd_getfd, fd, 51, 0), EBADF);
    CHECK_ERRNO(syscall(SYS_pidfd_getfd, fd, 50, 1), EINVAL);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
}

static void signals_are_read(void)
{
    struct signalfd_siginfo info[3];
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGRTMIN);
    sigprocmask(SIG_BLOCK, &set, NULL);
    int fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    CHECK(fd >= 0);
    CHECK_ERRNO(read(fd, info, sizeof(info)), EAGAIN);
    CHECK(events(fd, 0) == 0);
    int ep = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN};
    CHECK(epoll_ctl(ep, EPOLL_CTL_ADD, fd, &event) == 0);
    CHECK(epoll_wait(ep, &event, 1, 0) == 0);
    kill(getpid(), SIGUSR1);
    CHECK(epoll_wait(ep, &event, 1, LIMIT_MS) == 1);
    sigqueue(getpid(), SIGRTMIN, (union sigval){.sival_int = 77});
    sigqueue(getpid(), SIGRTMIN, (union sigval){.sival_int = 78});
    CHECK(events(fd, 0) == POLLIN);
    CHECK(read(fd, info, sizeof(info)) == sizeof(info));
    CHECK(info[0].ssi_signo == SIGUSR1 && info[0].ssi_pid == (uint32_t)getpid());
    CHECK(info[0].ssi_code == SI_USER);
    CHECK(info[1].ssi_signo == (uint32_t)SIGRTMIN && info[1].ssi_int == 77);
    CHECK(info[2].ssi_int == 78 && info[2].ssi_code == SI_QUEUE);
    CHECK(events(fd, 0) == 0);
    CHECK_ERRNO(read(fd, info, 100), EINVAL);
    sigaddset(&set, SIGUSR2);
    sigprocmask(SIG_BLOCK, &set, NULL);
    raise(SIGUSR2);
    CHECK(events(fd, 0) == 0);
    CHECK(signalfd(fd, &set, 0) == fd);
    CHECK(read(fd, info, sizeof(info)) == sizeof(info[0]) && info[0].ssi_signo == SIGUSR2);
    CHECK_ERRNO(signalfd(0, &set, 0), EINVAL);
    CHECK_ERRNO(signalfd(-1, &set, 1 << 20), EINVAL);
}

static void a_reader_waits_for_a_signal(void)
{
    struct signalfd_siginfo info;
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigprocmask(SIG_BLOCK, &set, NULL);
    int fd = signalfd(-1, &set, 0);
    pid_t child = fork();
    if (child == 0)
        _exit(9);
    CHECK(read(fd, &info, sizeof(info)) == sizeof(info));
    CHECK(info.ssi_signo == SIGCHLD && info.ssi_pid == (uint32_t)child);
    CHECK(info.ssi_code == CLD_EXITED && info.ssi_status == 9);
    waitpid(child, NULL, 0);
}

static volatile int nr_xfsz;

static void on_xfsz(int signal)
{
    nr_xfsz += signal == SIGXFSZ;
}

static void files_have_a_largest_size(void)
{
    struct rlimit limit = {1000, RLIM_INFINITY};
    static char bytes[4000];
    int fd = open("/tmp/limited", O_RDWR | O_CREAT | O_TRUNC, 0600);

    signal(SIGXFSZ, on_xfsz);
    CHECK(setrlimit(RLIMIT_FSIZE, &limit) == 0);
    CHECK(write(fd, bytes, 600) == 600);
    CHECK(write(fd, bytes, 600) == 400 && nr_xfsz == 0);
    CHECK_ERRNO(write(fd, bytes, 1), EFBIG);
    CHECK(nr_xfsz == 1);
    CHECK_ERRNO(pwrite(fd, bytes, 1, 1000), EFBIG);
    CHECK(pwrite(fd, bytes, 100, 950) == 50);
    struct iovec parts[2] = {{bytes, 30}, {bytes, 3000}};
    CHECK(lseek(fd, 900, SEEK_SET) == 900 && writev(fd, parts, 2) == 100);
    CHECK_ERRNO(ftruncate(fd, 1001), EFBIG);
    CHECK_ERRNO(truncate("/tmp/limited", 1001), EFBIG);
    CHECK_ERRNO(fallocate(fd, 0, 0, 1001), EFBIG);
    CHECK(ftruncate(fd, 1000) == 0 && nr_xfsz == 5);
    int add = open("/tmp/limited", O_WRONLY | O_APPEND);
    CHECK_ERRNO(write(add, bytes, 1), EFBIG);
    int ends[2];
    CHECK(pipe(ends) == 0 && write(ends[1], bytes, 4000) == 4000); /* no file: no limit */
    CHECK(write(fd, bytes, 0) == 0);
    signal(SIGXFSZ, SIG_DFL);
    CHECK(WTERMSIG(IN_CHILD(pwrite(fd, bytes, 1, 5000))) == SIGXFSZ);
    unlink("/tmp/limited");
}

/* Whether somebody else has the file's record lock. */
static bool is_locked(const char *path)
{
    struct flock lock = {.l_type = F_WRLCK};
    int fd = open(path, O_RDWR);
    bool is = fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;

    close(fd);
    return is;
}

/* While others look at the descriptors of a process that execs, its locks and its table stay. */
static void looked_at_during_exec(void)
{
    int fd = open("/tmp/held", O_RDWR | O_CREAT, 0600), ready[2];
    int script = open("/tmp/again", O_WRONLY | O_CREAT | O_TRUNC, 0600);
    pid_t pid;
    char path[64], c;

    write(script, "exec sh /tmp/again\n", 19);
    close(script);
    pipe(ready);
    pid = fork();
    if (pid == 0) {
        struct flock lock = {.l_type = F_WRLCK};

        fcntl(fd, F_SETLK, &lock);
        write(ready[1], "", 1);
        execl("/bin/sh", "sh", "/tmp/again", NULL);
        _exit(1);
    }
    close(ready[1]);
    read(ready[0], &c, 1);
    snprintf(path, sizeof(path), "/proc/%d/fd/%d", pid, fd);
    for (int i = 0; i < 3000 && nr_bad == 0; i++) {
        char text[64];

        CHECK(readlink(path, text, sizeof(text)) > 0);
        if (i % 50 == 0)
            CHECK(is_locked("/tmp/held"));
    }
    CHECK(is_locked("/tmp/held"));
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    close(ready[0]);
    close(fd);
}

CONFORMANCE_MAIN(TEST(a_process_by_descriptor), TEST(errors_of_pidfd),
                 TEST(a_descriptor_that_does_not_wait), TEST(clone_gives_one),
                 TEST(descriptors_are_fetched), TEST(signals_are_read),
                 TEST(a_reader_waits_for_a_signal), TEST(files_have_a_largest_size),
                 TEST(looked_at_during_exec))
