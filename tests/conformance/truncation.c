/* Files that shrink while they are mapped: SIGBUS behind the end, and never a page of the past.
 * mmap(2), ftruncate(2). */
#include "check.h"

#include <pthread.h>

static volatile char *map;
static sigjmp_buf beyond_end;
static __thread bool is_touching;
static volatile bool is_over;

static void on_bus(int signal)
{
    (void)signal;
    if (is_touching)
        siglongjmp(beyond_end, 1);
    _exit(99);
}

static int make(const char *name, size_t size)
{
    int fd = open(name, O_RDWR | O_CREAT | O_TRUNC, 0600);

    unlink(name);
    CHECK(fd >= 0 && ftruncate(fd, (off_t)size) == 0);
    map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    CHECK(map != MAP_FAILED);
    return fd;
}

static void catch_bus(void)
{
    struct sigaction action = {.sa_handler = on_bus, .sa_flags = SA_NODEFER};

    sigaction(SIGBUS, &action, NULL);
}

/* Faults the page in, over and over, so that faults meet truncations. */
static void *touch(void *arg)
{
    (void)arg;
    catch_bus();
    while (!is_over) {
        is_touching = true;
        if (sigsetjmp(beyond_end, 1) == 0)
            (void)map[0];
        is_touching = false;
    }
    return NULL;
}

static void race(void (*cut)(int fd))
{
    int fd = make("/tmp/truncation", 4096);
    pthread_t thread;
    struct timespec start, now;

    catch_bus();
    pthread_create(&thread, NULL, touch, NULL);
    clock_gettime(CLOCK_MONOTONIC, &start);
    now = start;
    for (int i = 1; now.tv_sec - start.tv_sec < 4 && nr_bad == 0; i++) {
        unsigned char byte = (unsigned char)i;

        cut(fd);
        CHECK(pwrite(fd, &byte, 1, 0) == 1);
        CHECK(map[0] == (char)byte); /* mapping and file are one */
        clock_gettime(CLOCK_MONOTONIC, &now);
    }
    is_over = true;
    pthread_join(thread, NULL);
}

static void cut_and_grow(int fd)
{
    CHECK(ftruncate(fd, 0) == 0);
    CHECK(ftruncate(fd, 4096) == 0);
}

static void punch(int fd)
{
    CHECK(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4096) == 0);
    CHECK(map[0] == 0);
}

static void faults_race_with_truncation(void)
{
    race(cut_and_grow);
}

static void faults_race_with_hole_punching(void)
{
    race(punch);
}

static void accesses_beyond_the_end_are_sigbus(void)
{
    int fd = make("/tmp/truncation2", 3 * 4096);

    map[0] = 1;
    map[2 * 4096] = 1;
    CHECK(ftruncate(fd, 100) == 0);
    CHECK(map[0] == 1 && map[4095] == 0); /* the rest of the last page reads as zero */
    CHECK(WTERMSIG(IN_CHILD((void)map[2 * 4096])) == SIGBUS);
    CHECK(WTERMSIG(IN_CHILD(map[4096] = 1)) == SIGBUS);
    /* the kernel finds the same: EFAULT */
    CHECK_ERRNO(write(fd, (char *)map + 4096, 1), EFAULT);
    CHECK(ftruncate(fd, 3 * 4096) == 0);
    CHECK(map[2 * 4096] == 0);
}

static void private_pages_beyond_the_end_go_too(void)
{
    int fd = make("/tmp/truncation3", 2 * 4096);
    char *copy = mmap(NULL, 2 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);

    copy[4096] = 7;
    CHECK(ftruncate(fd, 4096) == 0);
    CHECK(WTERMSIG(IN_CHILD((void)*(volatile char *)(copy + 4096))) == SIGBUS);
}

/* A hole in the file is none in a private copy: that is the program's own memory. */
static void private_copies_outlive_a_hole(void)
{
    int fd = make("/tmp/truncation4", 4 * 4096);
    char *copy = mmap(NULL, 4 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);

    for (int i = 0; i < 4; i++)
        map[i * 4096] = (char)(i + 1);
    CHECK(copy[0] == 1 && copy[4096] == 2 && copy[2 * 4096] == 3);
    copy[4096] = 70;
    CHECK(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 3 * 4096) == 0);
    CHECK(copy[0] == 0 && copy[4096] == 70 && copy[2 * 4096] == 0 && copy[3 * 4096] == 4);
    CHECK(map[4096] == 0);
}

CONFORMANCE_MAIN(TEST(faults_race_with_truncation), TEST(faults_race_with_hole_punching),
                 TEST(accesses_beyond_the_end_are_sigbus),
                 TEST(private_pages_beyond_the_end_go_too), TEST(private_copies_outlive_a_hole))
