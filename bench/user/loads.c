/*
 * Loads that many harts share: loads NAME WORKERS ROUNDS runs one on so many processes or threads,
 * each of which does so many rounds, and prints "BENCH load.NAME nanoseconds" of the whole to
 * standard error. NAME alone of `list` prints the names.
 *
 *     exec     fork, exec of this program, wait
 *     faults   each process touches memory of its own and gives it back
 *     space    the same by threads of one process, each in a mapping of its own
 *     open     open and close of a file, each process in its own folder
 *     create   create and unlink, likewise
 *     futex    two threads of each process wake each other in turn
 *     pipe     two processes send a byte to and fro through pipes, for each worker
 */
#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define TOUCHED (64 * 4096)

static const char *self;

static void die(const char *what)
{
    perror(what);
    _exit(1);
}

static void load_exec(int worker, long rounds)
{
    while (rounds-- > 0) {
        pid_t pid = fork();
        int status;

        if (pid == 0) {
            execl(self, self, "nothing", NULL);
            die("exec");
        }
        if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0)
            die("fork");
    }
}

static void load_faults(int worker, long rounds)
{
    char *p = mmap(NULL, TOUCHED, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (p == MAP_FAILED)
        die("mmap");
    while (rounds-- > 0) {
        for (long at = 0; at < TOUCHED; at += 4096)
            p[at] = 1;
        if (madvise(p, TOUCHED, MADV_DONTNEED) < 0)
            die("madvise");
    }
}

static void folder_of(int worker, char *path, size_t size, const char *name)
{
    snprintf(path, size, "folder%d", worker);
    if (mkdir(path, 0755) < 0 && access(path, W_OK) < 0)
        die(path);
    snprintf(path, size, "folder%d/%s", worker, name);
}

static void load_open(int worker, long rounds)
{
    char path[64];
    int fd;

    folder_of(worker, path, sizeof(path), "file");
    close(open(path, O_CREAT | O_RDWR, 0644));
    while (rounds-- > 0) {
        fd = open(path, O_RDONLY);
        if (fd < 0)
            die(path);
        close(fd);
    }
}

static void load_create(int worker, long rounds)
{
    char path[64];
    int fd;

    folder_of(worker, path, sizeof(path), "made");
    while (rounds-- > 0) {
        fd = open(path, O_CREAT | O_EXCL | O_RDWR, 0644);
        if (fd < 0)
            die(path);
        close(fd);
        if (unlink(path) < 0)
            die(path);
    }
}

/* Whose turn it is: 0 or 1. */
struct turn {
    uint32_t word;
    long rounds;
};

static void play(struct turn *turn, uint32_t mine)
{
    for (long i = 0; i < turn->rounds; i++) {
        while (__atomic_load_n(&turn->word, __ATOMIC_ACQUIRE) != mine)
            syscall(SYS_futex, &turn->word, FUTEX_WAIT_PRIVATE, 1 - mine, NULL, NULL, 0);
        __atomic_store_n(&turn->word, 1 - mine, __ATOMIC_RELEASE);
        syscall(SYS_futex, &turn->word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
    }
}

static void *second_player(void *turn)
{
    play(turn, 1);
    return NULL;
}

static void load_futex(int worker, long rounds)
{
    struct turn turn = {0, rounds};
    pthread_t other;

    if (pthread_create(&other, NULL, second_player, &turn) != 0)
        die("thread");
    play(&turn, 0);
    pthread_join(other, NULL);
}

static void load_pipe(int worker, long rounds)
{
    int there[2], back[2];
    char c = 0;
    pid_t pid;

    if (pipe(there) < 0 || pipe(back) < 0)
        die("pipe");
    pid = fork();
    if (pid == 0) {
        while (rounds-- > 0)
            if (read(there[0], &c, 1) != 1 || write(back[1], &c, 1) != 1)
                die("pipe");
        _exit(0);
    }
    while (rounds-- > 0)
        if (write(there[1], &c, 1) != 1 || read(back[0], &c, 1) != 1)
            die("pipe");
    if (pid < 0 || waitpid(pid, NULL, 0) != pid)
        die("fork");
}

static const struct load {
    const char *name;
    void (*run)(int worker, long rounds);
    int by_threads;
} loads[] = {
    {"exec", load_exec, 0}, {"faults", load_faults, 0}, {"space", load_faults, 1},
    {"open", load_open, 0}, {"create", load_create, 0}, {"futex", load_futex, 0},
    {"pipe", load_pipe, 0},
};
#define NR_LOADS (sizeof(loads) / sizeof(loads[0]))

static long rounds;
static const struct load *load;

static void *thread(void *worker)
{
    load->run((int)(intptr_t)worker, rounds);
    return NULL;
}

static void start(int workers)
{
    pthread_t threads[64];
    int status;

    for (int i = 0; i < workers; i++) {
        if (load->by_threads) {
            if (pthread_create(&threads[i], NULL, thread, (void *)(intptr_t)i) != 0)
                die("thread");
        } else if (fork() == 0) {
            load->run(i, rounds);
            _exit(0);
        }
    }
    for (int i = 0; i < workers; i++)
        if (load->by_threads)
            pthread_join(threads[i], NULL);
        else if (wait(&status) < 0 || status != 0)
            die("a worker");
}

static uint64_t now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

int main(int argc, char **argv)
{
    int workers;
    uint64_t begin;

    self = argv[0];
    if (argc == 2 && strcmp(argv[1], "nothing") == 0)
        return 0;
    if (argc == 2 && strcmp(argv[1], "list") == 0) {
        for (size_t i = 0; i < NR_LOADS; i++)
            puts(loads[i].name);
        return 0;
    }
    for (size_t i = 0; argc == 4 && i < NR_LOADS; i++)
        if (strcmp(argv[1], loads[i].name) == 0)
            load = &loads[i];
    workers = argc == 4 ? atoi(argv[2]) : 0;
    rounds = argc == 4 ? atol(argv[3]) : 0;
    if (load == NULL || workers < 1 || workers > 64 || rounds < 1) {
        fprintf(stderr, "usage: loads NAME WORKERS ROUNDS | list\n");
        return 2;
    }
    begin = now_ns();
    start(workers);
    fprintf(stderr, "BENCH load.%s %llu\n", load->name, (unsigned long long)(now_ns() - begin));
    return 0;
}
