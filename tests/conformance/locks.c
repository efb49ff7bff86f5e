/* Record locks: which one is in the way, and circles of who waits for whom. fcntl(2). */
#include "check.h"

#define NR_OWNERS_MAX 8 /* Linux looks no further than ten */

static int fd;

static void open_file(void)
{
    fd = open("/tmp/locked", O_RDWR | O_CREAT | O_TRUNC, 0600);
    CHECK(fd >= 0);
}

static int set(int cmd, int type, off_t start, off_t len)
{
    struct flock l = {.l_type = (short)type, .l_start = start, .l_len = len};

    return fcntl(fd, cmd, &l);
}

/* The lock in the way of another process that would write to the range. */
static struct flock in_the_way(off_t start, off_t len)
{
    struct flock l = {.l_type = F_WRLCK, .l_start = start, .l_len = len};
    int ends[2];

    CHECK(pipe(ends) == 0);
    pid_t pid = fork();
    if (pid == 0)
        _exit(fcntl(fd, F_GETLK, &l) != 0 || write(ends[1], &l, sizeof(l)) != sizeof(l));
    CHECK(read(ends[0], &l, sizeof(l)) == sizeof(l));
    waitpid(pid, NULL, 0);
    close(ends[0]);
    close(ends[1]);
    return l;
}

static void the_first_lock_is_told_of(void)
{
    open_file();
    CHECK(set(F_SETLK, F_WRLCK, 50, 10) == 0 && set(F_SETLK, F_RDLCK, 10, 5) == 0);
    CHECK(set(F_SETLK, F_WRLCK, 30, 10) == 0);
    struct flock l = in_the_way(0, 0);
    CHECK(l.l_type == F_RDLCK && l.l_start == 10 && l.l_len == 5 && l.l_pid == getpid());
    l = in_the_way(15, 0);
    CHECK(l.l_type == F_WRLCK && l.l_start == 30 && l.l_len == 10 && l.l_whence == SEEK_SET);
    CHECK(in_the_way(15, 15).l_type == F_UNLCK);
}

static void neighbours_become_one(void)
{
    open_file();
    CHECK(set(F_SETLK, F_WRLCK, 0, 10) == 0 && set(F_SETLK, F_WRLCK, 20, 10) == 0);
    CHECK(set(F_SETLK, F_WRLCK, 10, 10) == 0);
    struct flock l = in_the_way(5, 1);
    CHECK(l.l_start == 0 && l.l_len == 30);
    CHECK(set(F_SETLK, F_RDLCK, 10, 10) == 0);
    l = in_the_way(12, 0);
    CHECK(l.l_type == F_RDLCK && l.l_start == 10 && l.l_len == 10);
    CHECK(set(F_SETLK, F_WRLCK, 10, 0) == 0);
    l = in_the_way(12, 1);
    CHECK(l.l_start == 0 && l.l_len == 0);
    CHECK(set(F_SETLK, F_UNLCK, 5, 1) == 0);
    CHECK(in_the_way(5, 1).l_type == F_UNLCK && in_the_way(0, 0).l_len == 5);
    CHECK(in_the_way(6, 0).l_start == 6);
}

/* ---- waiting in a circle ---- */

/*
 * nr children: each locks its byte, and when all have, waits for the next one's. Returns how many
 * were told of a deadlock, -1 if one ended otherwise. A child that was told leaves.
 */
static int run_circle(int nr, int last_waits)
{
    pid_t pids[NR_OWNERS_MAX];
    int held[2], go[2], nr_told = 0;
    char byte;

    open_file();
    CHECK(pipe(held) == 0 && pipe(go) == 0);
    for (int i = 0; i < nr; i++) {
        pids[i] = fork();
        if (pids[i] != 0)
            continue;
        close(go[1]);
        CHECK(set(F_SETLK, F_WRLCK, i, 1) == 0 && write(held[1], "x", 1) == 1);
        CHECK(read(go[0], &byte, 1) == 0);
        if (i == nr - 1 && !last_waits)
            usleep(50000); /* the others come to wait */
        else if (set(F_SETLKW, F_WRLCK, (i + 1) % nr, 1) != 0)
            _exit(errno == EDEADLK ? 1 : 2);
        _exit(nr_bad ? 2 : 0);
    }
    for (int i = 0; i < nr; i++)
        CHECK(read(held[0], &byte, 1) == 1);
    close(go[1]);
    for (int i = 0; i < nr; i++) {
        int status;

        CHECK(waitpid(pids[i], &status, 0) == pids[i]);
        if (!WIFEXITED(status) || WEXITSTATUS(status) > 1)
            return -1;
        nr_told += WEXITSTATUS(status);
    }
    return nr_told;
}

static void circles_are_found(void)
{
    for (int round = 0; round < 10; round++) {
        CHECK(run_circle(2, 1) == 1);
        CHECK(run_circle(3, 1) == 1);
    }
    CHECK(run_circle(NR_OWNERS_MAX, 1) == 1);
}

static void a_chain_is_no_circle(void)
{
    for (int round = 0; round < 5; round++) {
        CHECK(run_circle(2, 0) == 0);
        CHECK(run_circle(NR_OWNERS_MAX, 0) == 0);
    }
}

static void nothing(int signal)
{
    (void)signal;
}

/* Two readers who both want to write. */
static void readers_who_become_writers(void)
{
    int go[2], status;
    char byte;

    open_file();
    CHECK(pipe(go) == 0 && set(F_SETLK, F_RDLCK, 0, 1) == 0);
    pid_t pid = fork();
    if (pid == 0) {
        CHECK(set(F_SETLK, F_RDLCK, 0, 1) == 0 && write(go[1], "x", 1) == 1);
        int ret = set(F_SETLKW, F_WRLCK, 0, 1);
        _exit(nr_bad ? 2 : ret == 0 ? 0 : errno == EDEADLK ? 1 : 2);
    }
    CHECK(read(go[0], &byte, 1) == 1);
    int ret = set(F_SETLKW, F_WRLCK, 0, 1);
    CHECK(ret == 0 || errno == EDEADLK);
    set(F_SETLK, F_UNLCK, 0, 1);
    CHECK(waitpid(pid, &status, 0) == pid && WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == (ret == 0 ? 1 : 0));
}

/* Locks of open files have no process that could wait in a circle: a signal ends that. */
static void open_file_locks_are_left_out(void)
{
    struct sigaction action = {.sa_handler = nothing};
    struct itimerval soon = {.it_value.tv_usec = 100000, .it_interval.tv_usec = 100000};
    int go[2], status;
    char byte;

    open_file();
    CHECK(pipe(go) == 0);
    sigaction(SIGALRM, &action, NULL);
    CHECK(set(F_OFD_SETLK, F_WRLCK, 0, 1) == 0);
    pid_t pid = fork();
    if (pid == 0) {
        close(fd);
        fd = open("/tmp/locked", O_RDWR);
        CHECK(set(F_OFD_SETLK, F_WRLCK, 1, 1) == 0 && write(go[1], "x", 1) == 1);
        CHECK(set(F_OFD_SETLKW, F_WRLCK, 0, 1) == 0);
        _exit(nr_bad != 0);
    }
    CHECK(read(go[0], &byte, 1) == 1);
    setitimer(ITIMER_REAL, &soon, NULL);
    CHECK_ERRNO(set(F_OFD_SETLKW, F_WRLCK, 1, 1), EINTR);
    setitimer(ITIMER_REAL, &(struct itimerval){0}, NULL);
    CHECK(set(F_OFD_SETLK, F_UNLCK, 0, 1) == 0);
    CHECK(waitpid(pid, &status, 0) == pid && status == 0);
}

CONFORMANCE_MAIN(TEST(the_first_lock_is_told_of), TEST(neighbours_become_one),
                 TEST(circles_are_found), TEST(a_chain_is_no_circle),
                 TEST(readers_who_become_writers), TEST(open_file_locks_are_left_out))
