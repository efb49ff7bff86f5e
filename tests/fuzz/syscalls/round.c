/*
 * One program from its start to its end: a fresh folder, its processes, and when they are through,
 * stand still or have had their time, no trace of them. All by process 1, whom no signal reaches.
 */
#include "fuzz.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LOOK_MS  10
#define QUIET_MS 150  /* without a call: all wait for each other */
#define ROUND_MS 3000 /* at most */
/* From SIGKILL to the last death; for a sanitizer's kernel on a busy machine. */
#define DEATH_MS 60000

static uint64_t now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void look_pause(void)
{
    nanosleep(&(struct timespec){.tv_nsec = LOOK_MS * 1000000}, NULL);
}

static void file_make(const char *path, const char *text, mode_t mode)
{
    int fd = open(path, O_CREAT | O_WRONLY | O_TRUNC, mode);

    if (fd >= 0 && write(fd, text, strlen(text)) < 0)
        perror(path);
    close(fd);
}

static void folder_make(void)
{
    mkdir("/tmp/r", 0777);
    if (mount("none", "/tmp/r", "tmpfs", 0, "size=4m,nr_inodes=500,mode=777") != 0)
        printf("fuzz: no folder: error %d\n", errno);
    mkdir("/tmp/r/d", 0777);
    mkdir("/tmp/r/d/e", 0777);
    mkdir("/tmp/r/m", 0777);
    file_make("/tmp/r/a", "some text\n", 0666);
    file_make("/tmp/r/b", "", 0777);
    file_make("/tmp/r/c", "#!/init again\n", 0777);
    file_make("/tmp/r/d/a", "other text\n", 0644);
    mknod("/tmp/r/f", S_IFIFO | 0666, 0);
    if (symlink("d", "/tmp/r/l") != 0)
        printf("fuzz: no link\n");
    for (const char *p = "abdm"; *p; p++) {
        char path[] = "/tmp/r/?";

        path[7] = *p;
        chmod(path, 0777);
    }
}

/* What the programs have mounted goes with the folder. */
static void folder_remove(void)
{
    for (int i = 0; i < 200 && umount2("/tmp/r", MNT_DETACH) == 0; i++)
        ;
}

static bool reap(int *nr_left)
{
    pid_t pid;

    while ((pid = waitpid(-1, NULL, WNOHANG | __WALL)) > 0)
        for (unsigned p = 0; p < program.nr_processes; p++)
            *nr_left -= shared->pids[p] == (uint32_t)pid;
    return pid < 0;
}

static void round_wait(int nr_left)
{
    uint64_t begin = now_ms(), last = begin, calls = 0;

    while (nr_left > 0 && now_ms() - begin < ROUND_MS && now_ms() - last < QUIET_MS) {
        look_pause();
        if (shared->nr_calls != calls)
            last = now_ms();
        calls = shared->nr_calls;
        reap(&nr_left);
    }
}

static void show_file(const char *path)
{
    char text[1500];
    int fd = open(path, O_RDONLY);
    ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

    if (n > 0)
        printf("%.*s\n", (int)n, text);
    close(fd);
}

static void all_die(void)
{
    uint64_t begin = now_ms();
    int nr_left = 0;

    while (kill(-1, SIGKILL), !reap(&nr_left)) {
        if (now_ms() - begin > DEATH_MS) {
            printf("fuzz: stuck: processes that SIGKILL does not end\n");
            for (pid_t p = 2; p < 32768; p++) {
                char path[32];

                snprintf(path, sizeof(path), "/proc/%d/status", p);
                show_file(path);
            }
            begin = now_ms();
        }
        nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
    }
}

void run_round(uint64_t seed, unsigned fail_of_256)
{
    int nr_left = 0;

    generate(seed, fail_of_256);
    folder_make();
    shared->go = 0;
    shared->births_left = 40;
    memset(shared->futexes, 0, sizeof(shared->futexes));
    memset(shared->pids, 0, sizeof(shared->pids));
    for (unsigned p = 0; p < program.nr_processes; p++) {
        pid_t pid = fork();

        if (pid == 0)
            process_run(p);
        shared->pids[p] = pid < 0 ? 0 : (uint32_t)pid;
        nr_left += pid > 0;
    }
    __atomic_store_n(&shared->go, 1, __ATOMIC_RELEASE);
    round_wait(nr_left);
    all_die();
    folder_remove();
}
