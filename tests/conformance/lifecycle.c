/* exec with arguments and environment, auxv, groups and sessions, limits, identities, pipes. */
#include "check.h"

#include <elf.h>
#include <sys/auxv.h>
#include <sys/utsname.h>

extern char **environ;

static void auxiliary_vector(void)
{
    const unsigned char *random = (void *)getauxval(AT_RANDOM);

    CHECK(getauxval(AT_PAGESZ) == 4096);
    CHECK(getauxval(AT_PHDR) && getauxval(AT_PHNUM) > 2 && getauxval(AT_ENTRY));
    CHECK(getauxval(AT_UID) == getuid() && getauxval(AT_SECURE) == 0);
    CHECK(getauxval(AT_CLKTCK) == 100);
    CHECK(random && (random[0] | random[5] | random[10] | random[15]));
    CHECK(getauxval(AT_EXECFN) && strstr((char *)getauxval(AT_EXECFN), "lifecycle"));
    CHECK(((uintptr_t)__builtin_frame_address(0) & 15) == 0);
}

static int run(char *const argv[], char *const envp[], char *out, size_t size)
{
    int fds[2], status;
    ssize_t n, done = 0;
    pid_t pid;

    pipe(fds);
    pid = fork();
    if (pid == 0) {
        dup2(fds[1], 1);
        close(fds[0]);
        close(fds[1]);
        execve(argv[0], argv, envp);
        _exit(127);
    }
    close(fds[1]);
    while ((n = read(fds[0], out + done, size - 1 - (size_t)done)) > 0)
        done += n;
    out[done] = 0;
    close(fds[0]);
    waitpid(pid, &status, 0);
    return status;
}

static void arguments_and_environment(void)
{
    char out[256];

    CHECK(run((char *[]){"/bin/busybox", "echo", "a b", "", "c", NULL}, (char *[]){NULL}, out,
              sizeof(out)) == 0);
    CHECK(strcmp(out, "a b  c\n") == 0);
    CHECK(run((char *[]){"/bin/busybox", "env", NULL}, (char *[]){"X=1", "Y=two", NULL}, out,
              sizeof(out)) == 0);
    CHECK(strcmp(out, "X=1\nY=two\n") == 0);
}

static void make_file(const char *path, const char *text, mode_t mode)
{
    int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY, mode);

    CHECK(fd >= 0);
    CHECK(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    close(fd);
    chmod(path, mode);
}

static void scripts(void)
{
    char out[256];

    make_file("/tmp/script", "#! /bin/busybox  echo \nignored\n", 0755);
    CHECK(run((char *[]){"/tmp/script", "x", "y", NULL}, environ, out, sizeof(out)) == 0);
    CHECK(strcmp(out, "/tmp/script x y\n") == 0);
    make_file("/tmp/loop", "#!/tmp/loop\n", 0755);
    CHECK_ERRNO(execl("/tmp/loop", "loop", NULL), ELOOP);
}

static void exec_errors(void)
{
    size_t size = 4 << 20;
    char *big = malloc(size);

    CHECK_ERRNO(execl("/nonexistent", "x", NULL), ENOENT);
    CHECK_ERRNO(execl("/tmp", "x", NULL), EACCES);
    make_file("/tmp/plain", "no program", 0644);
    CHECK_ERRNO(execl("/tmp/plain", "x", NULL), EACCES);
    make_file("/tmp/plain", "no program", 0755);
    CHECK_ERRNO(execl("/tmp/plain", "x", NULL), ENOEXEC);
    make_file("/tmp/plain", "#!\n", 0755);
    CHECK_ERRNO(execl("/tmp/plain", "x", NULL), ENOEXEC);
    memset(big, 'a', size - 1);
    big[size - 1] = 0;
    CHECK_ERRNO(execl("/bin/busybox", "true", big, NULL), E2BIG);
    CHECK_ERRNO(execve("/bin/busybox", (char **)8, environ), EFAULT);
    CHECK_ERRNO(execve((char *)8, NULL, NULL), EFAULT);
}

/* ELF headers with one thing wrong each: ENOEXEC or EINVAL or death, never a success or a hang. */
static void hostile_elf(void)
{
    static char image[8192];
    int fd = open("/bin/busybox", O_RDONLY);
    uint32_t seed = 12345;

    CHECK(fd >= 0 && read(fd, image, sizeof(image)) == (ssize_t)sizeof(image));
    close(fd);
    for (int i = 0; i < 200; i++) {
        static char bad[8192];
        int status;
        pid_t pid;

        memcpy(bad, image, sizeof(bad));
        for (int j = 0; j < 3; j++) {
            seed = seed * 1664525 + 1013904223;
            bad[(seed >> 8) % 512] ^= (char)(1 << (seed >> 28) % 8);
        }
        fd = open("/tmp/bad", O_CREAT | O_TRUNC | O_WRONLY, 0755);
        write(fd, bad, sizeof(bad));
        close(fd);
        pid = fork();
        if (pid == 0) {
            close(1);
            close(2);
            execl("/tmp/bad", "bad", "true", NULL);
            _exit(errno == ENOEXEC || errno == EINVAL || errno == ENOMEM || errno == ENOENT ||
                          errno == EACCES
                      ? 0
                      : 1);
        }
        waitpid(pid, &status, 0);
        if (!WIFSIGNALED(status) && status != 0) {
            printf("    try %d: status %x\n", i, status);
            nr_bad++;
        }
    }
}

/* A program that runs cannot be written, and one that is being written cannot be run. */
static void busy_text(void)
{
    static char text[4 << 20];
    int in = open("/bin/busybox", O_RDONLY), status;
    ssize_t size = read(in, text, sizeof(text));
    int fd = open("/tmp/sleeper", O_CREAT | O_TRUNC | O_WRONLY, 0755), ready[2];
    char byte;
    pid_t pid;

    close(in);
    CHECK(size > 0 && write(fd, text, size) == size);
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    CHECK_ERRNO(execl("/tmp/sleeper", "sleep", "0", NULL), ETXTBSY);
    close(fd);
    pipe(ready);
    pid = fork();
    if (pid == 0) {
        dup2(ready[1], 1);
        execl("/tmp/sleeper", "sh", "-c", "echo; kill -STOP $$", NULL);
        _exit(1);
    }
    CHECK(read(ready[0], &byte, 1) == 1);
    CHECK_ERRNO(open("/tmp/sleeper", O_WRONLY), ETXTBSY);
    CHECK_ERRNO(truncate("/tmp/sleeper", 0), ETXTBSY);
    kill(pid, SIGKILL);
    waitpid(pid, &status, 0);
    fd = open("/tmp/sleeper", O_WRONLY | O_TRUNC);
    CHECK(fd >= 0);
    close(fd);
    unlink("/tmp/sleeper");
}

static void close_on_exec(void)
{
    char text[16], out[64];
    int kept = open("/dev/null", O_RDONLY), closed = open("/dev/null", O_RDONLY | O_CLOEXEC);

    snprintf(text, sizeof(text), "echo >&%d", closed);
    CHECK(run((char *[]){"/bin/busybox", "sh", "-c", text, NULL}, environ, out, sizeof(out)) != 0);
    snprintf(text, sizeof(text), "true <&%d", kept);
    CHECK(run((char *[]){"/bin/busybox", "sh", "-c", text, NULL}, environ, out, sizeof(out)) == 0);
}

static void groups_and_sessions(void)
{
    int status;
    pid_t pid = fork();

    if (pid == 0) {
        int good = setpgid(0, 0) == 0 && getpgrp() == getpid();

        good &= setsid() == -1 && errno == EPERM;
        if (fork() == 0) {
            good &= setsid() == getpid() && getsid(0) == getpid() && getpgrp() == getpid();
            good &= setpgid(0, 0) == -1 || getpgrp() == getpid();
            _exit(good ? 0 : 1);
        }
        wait(&status);
        _exit(good && status == 0 ? 0 : 1);
    }
    CHECK(waitpid(pid, &status, 0) == pid && status == 0);
    CHECK_ERRNO(setpgid(0, 99999), EPERM);
    CHECK_ERRNO(getpgid(99999), ESRCH);
    CHECK_ERRNO(setpgid(0, -1), EINVAL);
}

static void group_signals(void)
{
    int status, nr = 0;
    pid_t first = 0;

    for (int i = 0; i < 3; i++) {
        pid_t pid = fork();

        if (pid == 0)
            for (;;)
                pause();
        if (!first)
            first = pid;
        CHECK(setpgid(pid, first) == 0);
    }
    CHECK(kill(-first, SIGTERM) == 0);
    while (waitpid(-first, &status, 0) > 0) {
        CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
        nr++;
    }
    CHECK(nr == 3);
}

static void limits(void)
{
    struct rlimit limit;
    char *p;

    CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur >= 256);
    limit.rlim_cur = 20;
    CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
    int fd, last = -1;
    while ((fd = open("/dev/null", O_RDONLY)) >= 0)
        last = fd;
    CHECK(errno == EMFILE && last == 19);
    CHECK(getrlimit(RLIMIT_AS, &limit) == 0);
    limit.rlim_cur = 64 << 20;
    CHECK(setrlimit(RLIMIT_AS, &limit) == 0);
    p = mmap(NULL, 128 << 20, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(p == MAP_FAILED && errno == ENOMEM);
    limit.rlim_cur = 2;
    limit.rlim_max = 1;
    CHECK_ERRNO(setrlimit(RLIMIT_CPU, &limit), EINVAL);
}

static void identities(void)
{
    int status;

    if (fork() == 0) {
        uid_t r, e, s;
        int good = setgid(100) == 0 && setuid(1000) == 0 && getuid() == 1000 && geteuid() == 1000;

        good &= getresuid(&r, &e, &s) == 0 && s == 1000;
        good &= setuid(0) == -1 && errno == EPERM;
        good &= kill(1, SIGTERM) == -1 && errno == EPERM;
        good &= setpriority(PRIO_PROCESS, 0, -5) == -1;
        _exit(good ? 0 : 1);
    }
    wait(&status);
    CHECK(status == 0);
}

static void names_and_times(void)
{
    struct utsname u;
    struct timespec a, b;
    struct rusage usage;
    unsigned char random[32] = {0};

    CHECK(uname(&u) == 0 && strcmp(u.sysname, "Linux") == 0 && strcmp(u.machine, "riscv64") == 0);
    CHECK(clock_gettime(CLOCK_MONOTONIC, &a) == 0 && clock_gettime(CLOCK_MONOTONIC, &b) == 0);
    CHECK(b.tv_sec > a.tv_sec || (b.tv_sec == a.tv_sec && b.tv_nsec >= a.tv_nsec));
    CHECK_ERRNO(clock_gettime(77, &a), EINVAL);
    CHECK(getrusage(RUSAGE_SELF, &usage) == 0 && usage.ru_maxrss > 0);
    CHECK(syscall(SYS_getrandom, random, sizeof(random), 0) == sizeof(random));
    CHECK(random[0] | random[9] | random[20] | random[31]);
    CHECK_ERRNO(syscall(1000), ENOSYS);
    CHECK_ERRNO(syscall(-5L), ENOSYS);
}

static void pipes(void)
{
    int fds[2], status;
    char buf[4096], byte;
    long total = 0;
    ssize_t n;

    CHECK(pipe(fds) == 0);
    if (fork() == 0) {
        close(fds[0]);
        memset(buf, 'p', sizeof(buf));
        for (int i = 0; i < 100; i++)
            write(fds[1], buf, sizeof(buf));
        _exit(0);
    }
    close(fds[1]);
    while ((n = read(fds[0], buf, 1000)) > 0)
        total += n;
    CHECK(total == 100 * 4096);
    wait(&status);
    close(fds[0]);
    CHECK(pipe2(fds, O_NONBLOCK) == 0);
    CHECK_ERRNO(read(fds[0], &byte, 1), EAGAIN);
    close(fds[0]);
    signal(SIGPIPE, SIG_IGN);
    CHECK_ERRNO(write(fds[1], "x", 1), EPIPE);
    if (fork() == 0) {
        signal(SIGPIPE, SIG_DFL);
        write(fds[1], "x", 1);
        _exit(0);
    }
    wait(&status);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGPIPE);
}

CONFORMANCE_MAIN(TEST(auxiliary_vector), TEST(arguments_and_environment), TEST(scripts),
                 TEST(exec_errors), TEST(hostile_elf), TEST(busy_text), TEST(close_on_exec),
                 TEST(groups_and_sessions), TEST(group_signals), TEST(limits), TEST(identities),
                 TEST(names_and_times), TEST(pipes))
