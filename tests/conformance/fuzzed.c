/* What the fuzzer of system calls (tests/fuzz/syscalls) has found, each as small as it could be
 * made. */
#include "check.h"

#include <pthread.h>
#include <sys/mount.h>

/* A file whose text is made when it is read has no size: setting one has no effect, and does no
 * harm. */
static void generated_files_have_no_size(void)
{
    static const char *const names[] = {"/proc/self/comm", "/proc/self/oom_score_adj"};
    struct stat stat;

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        int fd = open(names[i], O_RDWR);

        if (fd < 0)
            continue;
        CHECK(ftruncate(fd, 1 << 20) == 0 && fstat(fd, &stat) == 0 && stat.st_size == 0);
        CHECK(truncate(names[i], 100) == 0 && truncate(names[i], 0) == 0);
        close(fd);
        fd = open(names[i], O_WRONLY | O_TRUNC);
        CHECK(fd >= 0);
        close(fd);
    }
}

/* A mount of what is no disk, refused: the mount that the name leads through is in use as
 * before. */
static void refused_mounts_let_nothing_go(void)
{
    mkdir("/tmp/busy", 0755);
    CHECK(mount("none", "/tmp/busy", "tmpfs", 0, "") == 0);
    int fd = open("/tmp/busy/no-disk", O_CREAT | O_RDWR, 0644);

    mkdir("/tmp/busy/place", 0755);
    for (int i = 0; i < 4; i++)
        CHECK_ERRNO(mount("/tmp/busy/no-disk", "/tmp/busy/place", "vfat", 0, ""), ENOTBLK);
    CHECK_ERRNO(umount("/tmp/busy"), EBUSY);
    close(fd);
    CHECK(umount("/tmp/busy") == 0);
    rmdir("/tmp/busy");
}

/* A program that runs is not made shorter under itself. */
static void running_programs_are_not_truncated(void)
{
    CHECK_ERRNO(open("/proc/self/exe", O_WRONLY), ETXTBSY);
    CHECK_ERRNO(open("/proc/self/exe", O_RDONLY | O_TRUNC), ETXTBSY);
    CHECK_ERRNO(truncate("/proc/self/exe", 0), ETXTBSY);
}

#define NR_TIMERS 3000

static volatile bool is_over;

static void *deletes(void *arg)
{
    while (!is_over)
        for (int id = 0; id < 3; id++)
            syscall(SYS_timer_delete, id);
    return arg;
}

/* A timer may be deleted by another thread before timer_create has returned. */
static void timers_go_while_they_come(void)
{
    struct sigevent event = {.sigev_notify = SIGEV_NONE};
    pthread_t thread;
    int id, nr_made = 0;

    CHECK(pthread_create(&thread, NULL, deletes, NULL) == 0);
    for (int i = 0; i < NR_TIMERS; i++)
        nr_made += syscall(SYS_timer_create, CLOCK_MONOTONIC, i % 2 ? &event : NULL, &id) == 0;
    is_over = true;
    pthread_join(thread, NULL);
    CHECK(nr_made > 0);
}

/* A mount that is let go takes what is mounted on it along, and has no more mounts on it. */
static void lazy_unmounts_take_all(void)
{
    char line[4096];
    int nr_left = 0;

    mkdir("/tmp/lazy", 0755);
    CHECK(mount("none", "/tmp/lazy", "tmpfs", 0, "") == 0);
    mkdir("/tmp/lazy/on", 0755);
    CHECK(mount("none", "/tmp/lazy/on", "tmpfs", 0, "") == 0);
    CHECK(chdir("/tmp/lazy/on") == 0);
    mkdir("deeper", 0755);
    CHECK(mount("none", "deeper", "tmpfs", 0, "") == 0);
    CHECK_ERRNO(umount("/tmp/lazy"), EBUSY);
    CHECK(umount2("/tmp/lazy", MNT_DETACH) == 0);
    CHECK_ERRNO(mount("none", "deeper", "tmpfs", 0, ""), EINVAL);
    CHECK(chdir("/") == 0);
    FILE *mounts = fopen("/proc/self/mounts", "r");

    while (mounts && fgets(line, sizeof line, mounts))
        nr_left += strstr(line, "/tmp/lazy") != NULL;
    CHECK(mounts && nr_left == 0);
    rmdir("/tmp/lazy");
}

CONFORMANCE_MAIN(TEST(lazy_unmounts_take_all), TEST(timers_go_while_they_come),
                 TEST(running_programs_are_not_truncated), TEST(generated_files_have_no_size),
                 TEST(refused_mounts_let_nothing_go))
