/*
 * Threads and a disk that does not answer: one waits in a page fault, a second for the same page by
 * read; the others map memory, fault and read what is there.
 * usage: slow_fault FILE, of which page PAGE is not in memory; a line of input says when to begin.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PAGE 20
#define SIZE 4096

static int fd;
static unsigned char *map;
static volatile int tids[2];

static void check(int is_good, const char *what)
{
    if (is_good)
        return;
    printf("failed: %s\n", what);
    exit(1);
}

static void *fault(void *arg)
{
    static unsigned char copy[SIZE];

    (void)arg;
    tids[0] = (int)syscall(SYS_gettid);
    memcpy(copy, map + PAGE * SIZE, SIZE);
    return copy;
}

static void *read_it(void *arg)
{
    static unsigned char copy[SIZE];

    (void)arg;
    tids[1] = (int)syscall(SYS_gettid);
    check(pread(fd, copy, SIZE, PAGE * SIZE) == SIZE, "pread");
    return copy;
}

/* Until the thread sleeps, for the one thing that it can. */
static void wait_until_asleep(volatile int *tid)
{
    char path[64], text[200], state = 'R';

    while (*tid == 0)
        sched_yield();
    snprintf(path, sizeof(path), "/proc/self/task/%d/stat", *tid);
    while (state == 'R') {
        int stat = open(path, O_RDONLY);
        ssize_t n = read(stat, text, sizeof(text) - 1);

        check(n > 0, "stat");
        text[n] = 0;
        state = strrchr(text, ')')[2];
        close(stat);
        sched_yield();
    }
}

int main(int argc, char **argv)
{
    pthread_t threads[2];
    void *copies[2];
    unsigned char byte;

    check(argc == 2, "usage");
    fd = open(argv[1], O_RDONLY);
    map = mmap(NULL, (PAGE + 1) * SIZE, PROT_READ, MAP_SHARED, fd, 0);
    check(fd >= 0 && map != MAP_FAILED, argv[1]);
    check(pread(fd, &byte, 1, 0) == 1, "read");
    printf("ready\n");
    fflush(stdout);
    check(getchar() != EOF, "input");

    check(pthread_create(&threads[0], NULL, fault, NULL) == 0, "thread");
    wait_until_asleep(&tids[0]);
    check(pthread_create(&threads[1], NULL, read_it, NULL) == 0, "thread");
    wait_until_asleep(&tids[1]);

    volatile unsigned char *memory =
        mmap(NULL, 64 * SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    check(memory != MAP_FAILED, "mmap");
    for (int i = 0; i < 64; i++)
        memory[i * SIZE] = 1;
    check(munmap((void *)memory, 64 * SIZE) == 0, "munmap");
    check(map[0] == byte, "another page of the file, mapped");
    check(pread(fd, &byte, 1, 1) == 1 && byte == map[1], "another page of the file, read");
    printf("nobody else waits\n");
    fflush(stdout);

    for (int i = 0; i < 2; i++)
        check(pthread_join(threads[i], &copies[i]) == 0, "join");
    check(memcmp(copies[0], copies[1], SIZE) == 0, "the page");
    printf("byte %d\n", ((unsigned char *)copies[0])[7]);
    return 0;
}
