/* fork, wait, exit: copies of memory, status, orphans, vfork. */
#include "check.h"

static int data = 1;

static void memory_is_copied(void)
{
    volatile int *heap = malloc(sizeof(int) * 100000);
    volatile int local = 5;
    int status;
    pid_t pid;

    for (int i = 0; i < 100000; i++)
        heap[i] = i;
    pid = fork();
    if (pid == 0) {
        int good = data == 1 && local == 5;

        for (int i = 0; i < 100000; i++)
            good &= heap[i] == i;
        data = 2;
        local = 6;
        for (int i = 0; i < 100000; i++)
            heap[i] = -1;
        _exit(good ? 42 : 1);
    }
    CHECK(waitpid(pid, &status, 0) == pid);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 42);
    CHECK(data == 1 && local == 5);
    for (int i = 0; i < 100000; i++) {
        if (heap[i] != i) {
            CHECK(!"the child's writes are seen by the parent");
            break;
        }
    }
}

static void parent_writes_first(void)
{
    int to_child[2], status;
    char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    char byte;
    pid_t pid;

    page[0] = 'a';
    CHECK(pipe(to_child) == 0);
    pid = fork();
    if (pid == 0) {
        read(to_child[0], &byte, 1);
        _exit(page[0] == 'a' ? 0 : 1);
    }
    page[0] = 'b';
    write(to_child[1], "x", 1);
    CHECK(waitpid(pid, &status, 0) == pid && status == 0);
    CHECK(page[0] == 'b');
}

static void shared_memory_is_shared(void)
{
    int *word = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int status;
    pid_t pid = fork();

    if (pid == 0) {
        word[7] = 77;
        _exit(0);
    }
    waitpid(pid, &status, 0);
    CHECK(word[7] == 77);
}

static void deep_chain(void)
{
    int status;

    for (int depth = 0; depth < 20; depth++) {
        pid_t pid = fork();

        if (pid > 0) {
            waitpid(pid, &status, 0);
            if (depth > 0)
                _exit(WEXITSTATUS(status) + 1);
            CHECK(WEXITSTATUS(status) == 19);
            return;
        }
        data++;
    }
    _exit(data == 21 ? 0 : 100);
}

static void wait_reports(void)
{
    int status;
    siginfo_t info;
    struct rusage usage;
    pid_t pid = fork();

    if (pid == 0)
        _exit(300);
    CHECK(wait4(pid, &status, 0, &usage) == pid);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == (300 & 0xff));
    CHECK_ERRNO(waitpid(pid, &status, 0), ECHILD);
    CHECK_ERRNO(waitpid(-1, &status, 0), ECHILD);
    pid = fork();
    if (pid == 0) {
        raise(SIGTERM);
        _exit(1);
    }
    CHECK(waitid(P_PID, pid, &info, WEXITED | WNOWAIT) == 0);
    CHECK(info.si_pid == pid && info.si_code == CLD_KILLED && info.si_status == SIGTERM);
    CHECK(waitid(P_PID, pid, &info, WEXITED) == 0);
    CHECK_ERRNO(waitid(P_PID, pid, &info, WEXITED), ECHILD);
    CHECK_ERRNO(waitid(P_PID, pid, &info, 0), EINVAL);
}

static void nohang(void)
{
    int fds[2], status;
    char byte;
    pid_t pid;

    pipe(fds);
    pid = fork();
    if (pid == 0) {
        close(fds[1]);
        read(fds[0], &byte, 1);
        _exit(9);
    }
    CHECK(waitpid(pid, &status, WNOHANG) == 0);
    close(fds[1]);
    CHECK(waitpid(pid, &status, 0) == pid && WEXITSTATUS(status) == 9);
}

static void orphans_are_adopted(void)
{
    int fds[2];
    pid_t pid, parent = 0;

    pipe(fds);
    pid = fork();
    if (pid == 0) {
        pid_t me = getpid();

        if (fork() == 0) {
            while (getppid() == me)
                usleep(1000);
            parent = getppid();
            write(fds[1], &parent, sizeof(parent));
            _exit(0);
        }
        _exit(0);
    }
    waitpid(pid, NULL, 0);
    CHECK(read(fds[0], &parent, sizeof(parent)) == sizeof(parent));
    CHECK(parent == 1);
}

static void ignored_children_vanish(void)
{
    pid_t pid;

    signal(SIGCHLD, SIG_IGN);
    pid = fork();
    if (pid == 0)
        _exit(0);
    CHECK_ERRNO(waitpid(pid, NULL, 0), ECHILD);
    CHECK_ERRNO(kill(pid, 0), ESRCH);
}

static void vfork_borrows_memory(void)
{
    static volatile int seen;
    pid_t pid = vfork();

    if (pid == 0) {
        seen = 123;
        _exit(4);
    }
    CHECK(seen == 123);
    int status;
    CHECK(waitpid(pid, &status, 0) == pid && WEXITSTATUS(status) == 4);
}

static void many_children(void)
{
    int sum = 0, status;

    for (int i = 0; i < 100; i++)
        if (fork() == 0)
            _exit(i % 7);
    for (int i = 0; i < 100; i++) {
        CHECK(wait(&status) > 0);
        sum += WEXITSTATUS(status);
    }
    int expected = 0;
    for (int i = 0; i < 100; i++)
        expected += i % 7;
    CHECK(sum == expected);
}

CONFORMANCE_MAIN(TEST(memory_is_copied), TEST(parent_writes_first), TEST(shared_memory_is_shared),
                 TEST(deep_chain), TEST(wait_reports), TEST(nohang), TEST(orphans_are_adopted),
                 TEST(ignored_children_vanish), TEST(vfork_borrows_memory), TEST(many_children))
