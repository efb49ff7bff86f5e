/* Processes: fork, exec, wait, groups, pipes, what is inherited and what is not. */
#include "check.h"
#include <sys/auxv.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/times.h>
#include <sys/utsname.h>

extern char **environ;

static void exit_status_arrives(void)
{
    int status = IN_CHILD(_exit(42));

    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 42);
    status = IN_CHILD(raise(SIGTERM));
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
    status = IN_CHILD(abort());
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

static void wait_variants(void)
{
    int status;
    siginfo_t info;

    CHECK_ERRNO(waitpid(-1, &status, 0), ECHILD);
    CHECK_ERRNO(waitpid(getpid(), &status, 0), ECHILD);
    int gate[2];
    CHECK(pipe(gate) == 0);
    pid_t child = fork();
    if (child == 0) {
        char c;
        close(gate[1]);
        _exit((int)read(gate[0], &c, 1));
    }
    CHECK(waitpid(child, &status, WNOHANG) == 0);
    close(gate[1]), close(gate[0]);
    CHECK(waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT) == 0 && info.si_pid == child &&
          info.si_code == CLD_EXITED);
    CHECK(waitpid(child, &status, 0) == child && status == 0);
    CHECK_ERRNO(waitpid(child, &status, 0), ECHILD);
}

static void stop_and_continue_are_reported(void)
{
    int status, gate[2];
    char c;
    pid_t child;

    CHECK(pipe(gate) == 0);
    child = fork();
    if (child == 0) {
        close(gate[1]);
        raise(SIGSTOP);
        (void)!read(gate[0], &c, 1); /* not gone before it was seen going on */
        _exit(3);
    }
    close(gate[0]);
    CHECK(waitpid(child, &status, WUNTRACED) == child && WIFSTOPPED(status) &&
          WSTOPSIG(status) == SIGSTOP);
    CHECK(kill(child, SIGCONT) == 0);
    CHECK(waitpid(child, &status, WCONTINUED) == child && WIFCONTINUED(status));
    close(gate[1]);
    CHECK(waitpid(child, &status, 0) == child && WEXITSTATUS(status) == 3);
}

static void orphans_go_to_init(void)
{
    int line[2];
    pid_t parent = 0;

    CHECK(pipe(line) == 0);
    int status = IN_CHILD({
        int gate[2];
        if (pipe(gate))
            _exit(1);
        if (fork() == 0) {
            char c;
            close(gate[1]);
            if (read(gate[0], &c, 1) != 0) /* until the parent is gone */
                _exit(1);
            for (int i = 0; i < 60000 && getppid() != 1; i++)
                usleep(1000);
            parent = getppid();
            if (write(line[1], &parent, sizeof parent) < 0)
                _exit(1);
            _exit(0);
        }
    });
    CHECK(status == 0);
    CHECK(read(line[0], &parent, sizeof parent) == sizeof parent && parent == 1);
    close(line[0]), close(line[1]);
}

static void exec_passes_arguments(void)
{
    int line[2];
    char buffer[256];

    CHECK(pipe(line) == 0);
    int status = IN_CHILD({
        char *args[] = {"sh", "-c", "echo $0 $1 \"$X\" $Y", "zero", "a b", NULL};
        char *env[] = {"X=ex", "Y=", NULL};
        dup2(line[1], 1);
        execve("/bin/sh", args, env);
    });
    CHECK(status == 0);
    ssize_t n = read(line[0], buffer, sizeof buffer);
    CHECK(n == 12 && memcmp(buffer, "zero a b ex\n", 12) == 0);
    close(line[0]), close(line[1]);
}

static void exec_failures_leave_the_program(void)
{
    char *args[] = {"x", NULL};

    CHECK_ERRNO(execve("/no/such", args, environ), ENOENT);
    CHECK_ERRNO(execve("/etc/passwd", args, environ), EACCES);
    CHECK_ERRNO(execve("/etc", args, environ), EACCES);
    CHECK_ERRNO(execve("/etc/passwd/x", args, environ), ENOTDIR);
    int fd = open("/tmp/junk", O_CREAT | O_TRUNC | O_WRONLY, 0755);
    CHECK(write(fd, "\177ELF but not really", 19) == 19);
    close(fd);
    CHECK_ERRNO(execve("/tmp/junk", args, environ), ENOEXEC);
    unlink("/tmp/junk");
    CHECK_ERRNO(execve((char *)1, args, environ), EFAULT);
    CHECK_ERRNO(execve("/bin/sh", (char **)1, environ), EFAULT);
    char *wild[] = {"sh", (char *)8, NULL};
    CHECK_ERRNO(execve("/bin/sh", wild, environ), EFAULT);
    static char big[200000];
    memset(big, 'x', sizeof big - 1);
    char *long_args[] = {"sh", big, NULL};
    CHECK_ERRNO(execve("/bin/sh", long_args, environ), E2BIG);
}

static void scripts_are_run(void)
{
    int line[2];
    char buffer[64] = "";

    int fd = open("/tmp/script", O_CREAT | O_TRUNC | O_WRONLY, 0755);
    CHECK(write(fd, "#!/bin/sh -e\necho \"$0 $1\"\n", 26) == 26);
    close(fd);
    CHECK(pipe(line) == 0);
    CHECK(IN_CHILD(dup2(line[1], 1); execl("/tmp/script", "ignored", "arg", (char *)NULL);
                   _exit(1)) == 0);
    CHECK(read(line[0], buffer, sizeof buffer) == 16 &&
          memcmp(buffer, "/tmp/script arg\n", 16) == 0);
    close(line[0]), close(line[1]);
    unlink("/tmp/script");
}

static void close_on_exec(void)
{
    int keep = open("/dev/null", O_RDONLY);
    int gone = open("/dev/null", O_RDONLY | O_CLOEXEC);
    char command[100];

    snprintf(command, sizeof command, "test -e /proc/self/fd/%d && ! test -e /proc/self/fd/%d",
             keep, gone);
    CHECK(IN_CHILD(execl("/bin/sh", "sh", "-c", command, (char *)NULL)) == 0);
    close(keep), close(gone);
}

static void auxiliary_vector(void)
{
    CHECK(getauxval(AT_PAGESZ) == 4096 && getauxval(AT_CLKTCK) == 100);
    CHECK(getauxval(AT_RANDOM) && getauxval(AT_PHDR) && getauxval(AT_ENTRY));
    CHECK(getauxval(AT_HWCAP) & (1 << ('d' - 'a')));
    CHECK(getauxval(AT_UID) == getuid() && getauxval(AT_SECURE) == 0);
    CHECK(strstr((char *)getauxval(AT_EXECFN), "process"));
    static const char zeros[16];
    CHECK(memcmp((void *)getauxval(AT_RANDOM), zeros, 16) != 0);
}

static ssize_t read_auxv(uint64_t *words, size_t size)
{
    int fd = open("/proc/self/auxv", O_RDONLY);
    ssize_t n = fd < 0 ? -1 : read(fd, words, size);

    close(fd);
    return n;
}

static void auxiliary_vector_is_kept_by_fork(void)
{
    uint64_t mine[64], childs[64];
    ssize_t nr_bytes = read_auxv(mine, sizeof(mine));

    CHECK(nr_bytes > 0 && nr_bytes % 16 == 0);
    CHECK(IN_CHILD(_exit(read_auxv(childs, sizeof(childs)) != nr_bytes ||
                         memcmp(mine, childs, (size_t)nr_bytes) != 0)) == 0);
}

static void groups_and_sessions(void)
{
    CHECK(IN_CHILD({
              pid_t me = getpid();
              if (setpgid(0, 0) || getpgrp() != me || getpgid(0) != me)
                  _exit(1);
              if (setsid() != -1 || errno != EPERM) /* a group's leader may not */
                  _exit(2);
          }) == 0);
    CHECK(IN_CHILD({
              pid_t me = getpid();
              if (setsid() != me || getsid(0) != me || getpgrp() != me)
                  _exit(1);
              if (open("/dev/tty", O_RDWR) != -1 || errno != ENXIO)
                  _exit(2);
          }) == 0);
    CHECK_ERRNO(setpgid(1, 1), ESRCH);
    CHECK_ERRNO(kill(-99999, SIGTERM), ESRCH);
    CHECK_ERRNO(kill(getpid(), 99), EINVAL);
    CHECK(kill(getpid(), 0) == 0);
}

static void pipe_semantics(void)
{
    int fd[2];
    static char big[70000];

    CHECK(pipe2(fd, O_NONBLOCK) == 0);
    CHECK_ERRNO(read(fd[0], big, 1), EAGAIN);
    CHECK(write(fd[1], big, sizeof big) == 65536);
    CHECK_ERRNO(write(fd[1], big, 1), EAGAIN);
    CHECK(read(fd[0], big, 4096) == 4096);
    CHECK(write(fd[1], big, 4096) == 4096);
    close(fd[0]);
    signal(SIGPIPE, SIG_IGN);
    CHECK_ERRNO(write(fd[1], big, 1), EPIPE);
    close(fd[1]);
    CHECK(pipe(fd) == 0);
    int status = IN_CHILD(signal(SIGPIPE, SIG_DFL); close(fd[0]); write(fd[1], "x", 1));
    CHECK(status == 0); /* the parent still reads */
    CHECK(read(fd[0], big, 10) == 1);
    close(fd[1]);
    CHECK(read(fd[0], big, 10) == 0);
    close(fd[0]);
    CHECK(pipe(fd) == 0);
    close(fd[0]);
    status = IN_CHILD(signal(SIGPIPE, SIG_DFL); write(fd[1], "x", 1));
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGPIPE);
    close(fd[1]);
    signal(SIGPIPE, SIG_DFL);
    CHECK_ERRNO(lseek(pipe(fd) ? -1 : fd[0], 0, SEEK_SET), ESPIPE);
    close(fd[0]), close(fd[1]);
}

static void a_long_pipeline(void)
{
    enum { BYTES = 1000000 };
    int fd[2];

    CHECK(pipe(fd) == 0);
    pid_t child = fork();
    if (child == 0) {
        static char chunk[3001];
        close(fd[0]);
        for (int sent = 0; sent < BYTES;) {
            for (size_t i = 0; i < sizeof chunk; i++)
                chunk[i] = (char)((sent + (int)i) * 7);
            int n = BYTES - sent < (int)sizeof chunk ? BYTES - sent : (int)sizeof chunk;
            if (write(fd[1], chunk, (size_t)n) != n)
                _exit(1);
            sent += n;
        }
        _exit(0);
    }
    close(fd[1]);
    static char in[5000];
    int got = 0;
    ssize_t n;
    while ((n = read(fd[0], in, sizeof in)) > 0) {
        for (ssize_t i = 0; i < n; i++)
            CHECK(in[i] == (char)((got + (int)i) * 7));
        got += (int)n;
    }
    int status;
    CHECK(got == BYTES && waitpid(child, &status, 0) == child && status == 0);
    close(fd[0]);
}

static void limits_hold(void)
{
    CHECK(IN_CHILD({
              struct rlimit limit = {20, 20};
              if (setrlimit(RLIMIT_NOFILE, &limit))
                  _exit(1);
              int fd = 0, last = 0;
              while ((fd = open("/dev/null", O_RDONLY)) >= 0)
                  last = fd;
              if (errno != EMFILE || last != 19)
                  _exit(2);
          }) == 0);
    CHECK(IN_CHILD({
              struct rlimit limit = {64 << 20, 64 << 20};
              if (setrlimit(RLIMIT_AS, &limit))
                  _exit(1);
              if (mmap(NULL, 100 << 20, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) !=
                      MAP_FAILED ||
                  errno != ENOMEM)
                  _exit(2);
          }) == 0);
}

static void times_and_names(void)
{
    struct utsname name;
    struct rusage usage;
    struct tms t;
    struct timeval tv;

    CHECK(uname(&name) == 0 && strcmp(name.sysname, "Linux") == 0 &&
          strcmp(name.machine, "riscv64") == 0);
    CHECK(getrusage(RUSAGE_SELF, &usage) == 0 && times(&t) != -1 && gettimeofday(&tv, NULL) == 0);
    volatile uint64_t x = 0;
    for (int i = 0; i < 20000000; i++)
        x += (uint64_t)i;
    struct rusage after;
    CHECK(getrusage(RUSAGE_SELF, &after) == 0);
    CHECK(after.ru_utime.tv_sec * 1000000 + after.ru_utime.tv_usec >
          usage.ru_utime.tv_sec * 1000000 + usage.ru_utime.tv_usec);
    CHECK(getpid() == syscall(SYS_gettid));
}

static void working_directory(void)
{
    char buffer[100];

    CHECK(mkdir("/tmp/wd", 0755) == 0 && chdir("/tmp/wd") == 0);
    CHECK(IN_CHILD(if (!getcwd(buffer, sizeof buffer) || strcmp(buffer, "/tmp/wd")) _exit(1);
                   if (chdir("/")) _exit(2)) == 0);
    CHECK(getcwd(buffer, sizeof buffer) && strcmp(buffer, "/tmp/wd") == 0);
    CHECK_ERRNO(syscall(SYS_getcwd, buffer, 3), ERANGE);
    CHECK(chdir("..") == 0 && getcwd(buffer, sizeof buffer) && strcmp(buffer, "/tmp") == 0);
    CHECK(rmdir("/tmp/wd") == 0);
}

static void unknown_calls_are_refused(void)
{
    CHECK_ERRNO(syscall(1000), ENOSYS);
    CHECK_ERRNO(syscall(-1L), ENOSYS);
    CHECK_ERRNO(syscall(0x7fffffffffffffff), ENOSYS);
}

static void vfork_shares_until_exec(void)
{
    volatile int x = 1;
    int status;
    pid_t child = vfork();

    if (child == 0) {
        x = 2;
        execl("/bin/sh", "sh", "-c", "exit 9", (char *)NULL);
        _exit(1);
    }
    CHECK(x == 2 && waitpid(child, &status, 0) == child && WEXITSTATUS(status) == 9);
}

CONFORMANCE_MAIN(TEST(exit_status_arrives), TEST(wait_variants),
                 TEST(stop_and_continue_are_reported), TEST(orphans_go_to_init),
                 TEST(exec_passes_arguments), TEST(exec_failures_leave_the_program),
                 TEST(scripts_are_run), TEST(close_on_exec), TEST(auxiliary_vector),
                 TEST(auxiliary_vector_is_kept_by_fork), TEST(groups_and_sessions),
                 TEST(pipe_semantics), TEST(a_long_pipeline), TEST(limits_hold),
                 TEST(times_and_names), TEST(working_directory), TEST(unknown_calls_are_refused),
                 TEST(vfork_shares_until_exec))
