/*
 * Process 1. Words of the kernel's command line, which are in its environment:
 *
 *   FUZZ_SEED=n FUZZ_ROUND=n FUZZ_ROUNDS=n   rounds n.. of a seed
 *   FUZZ_SECONDS=n                           no new round after that
 *   FUZZ_REPEAT=n                            each round so many times
 *   FUZZ_SKIP=a-b,c                          without these calls of the program
 *   FUZZ_FAIL=n                              an allocation fails in n of 256 calls
 *   FUZZ_LEAKS=n                             what the kernel has allocated after n rounds, and at
 *                                            the end; the heap's part of it by place into the log
 *   FUZZ_LIST=1                              only says what the program is
 *   FUZZ_QUIET=n                             only every n-th round has a line
 */
#include "fuzz.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <time.h>
#include <unistd.h>

struct shared *shared;
struct program program;
bool may_fail, has_defect;
static uint64_t skipped[NR_CALLS_MAX / 64];

bool is_skipped(unsigned call)
{
    return skipped[call / 64] >> call % 64 & 1;
}

static uint64_t word(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);

    return text == NULL ? otherwise : strtoull(text, NULL, 0);
}

static void skips_read(void)
{
    char *text = getenv("FUZZ_SKIP");

    while (text != NULL && *text != '\0') {
        unsigned long first = strtoul(text, &text, 0), last = first;

        if (*text == '-')
            last = strtoul(text + 1, &text, 0);
        for (unsigned long i = first; i <= last && i < NR_CALLS_MAX; i++)
            skipped[i / 64] |= 1ul << i % 64;
        text += *text == ',' ? 1 : strlen(text);
    }
}

/* As far as the arguments are known before anything runs. */
void list_program(void)
{
    static struct worker w;

    printf("fuzz: program %#lx: %u processes of %u threads, %u calls\n", program.seed,
           program.nr_processes, program.nr_threads, program.nr_calls);
    for (unsigned i = 0; i < program.nr_calls; i++) {
        const struct call *call = &program.calls[i];
        const struct description *d = &descriptions[call->description];

        if (is_skipped(i))
            continue;
        printf("fuzz: %3u  %u.%u%s  %s(", i, call->process, call->thread,
               program.is_root[call->process] ? " root" : "", d->name);
        w.at = w.scratch;
        for (unsigned a = 0; a < NR_ARGS && d->args[a] != K_NONE; a++) {
            uint64_t value = d->args[a] == K_CLONE_ARGS || d->args[a] == K_WORKER_STACK
                                 ? 0
                                 : argument(&w, call, a);

            if (d->args[a] == K_PATH && value > 4096 && value < ARENA / 2 &&
                value != (uint64_t)w.data)
                printf("%s\"%.40s\"", a == 0 ? "" : ", ", (const char *)value);
            else if (value >= (uint64_t)&w && value < (uint64_t)(&w + 1))
                printf("%s&%#lx", a == 0 ? "" : ", ", *(uint64_t *)(value & ~7ul));
            else
                printf((int64_t)value < 0 && (int64_t)value > -200000 ? "%s%ld"
                       : value < 64                                   ? "%s%lu"
                                                                      : "%s%#lx",
                       a == 0 ? "" : ", ", value);
        }
        printf(")%s", call->times > 1 ? "" : "\n");
        if (call->times > 1)
            printf(" x %u\n", call->times);
    }
    printf("fuzz: listed\n");
}

static void folders(void)
{
    static const char *const mounts[][2] = {
        {"/dev", "devtmpfs"}, {"/proc", "proc"}, {"/sys", "sysfs"}, {"/tmp", "tmpfs"}};

    for (unsigned i = 0; i < sizeof(mounts) / sizeof(mounts[0]); i++) {
        mkdir(mounts[i][0], 0755);
        mount("none", mounts[i][0], mounts[i][1], 0, "");
    }
    mkdir("/dev/pts", 0755);
    mkdir("/dev/shm", 0777);
    mkdir("/disk", 0755);
    mount("none", "/dev/pts", "devpts", 0, "ptmxmode=666");
    chmod("/dev/ptmx", 0666);
    mount("/dev/vda", "/disk", "vfat", 0, "umask=0");
}

/* Which calls never did what they are for: what the descriptions do not reach. */
static void summary(void)
{
    printf("fuzz: never succeeded:");
    for (unsigned i = 0; i < nr_descriptions; i++)
        if (shared->tried[i] != 0 && shared->succeeded[i] == 0 && descriptions[i].args[5] != K_ANY)
            printf(" %s(%u)", descriptions[i].name, shared->tried[i]);
    printf("\nfuzz: never called:");
    for (unsigned i = 0; i < nr_descriptions; i++)
        if (shared->tried[i] == 0)
            printf(" %s", descriptions[i].name);
    printf("\n");
}

/* The counts of /proc/allocations in a line; then `command` to it. */
static void allocations(const char *command)
{
    static char text[4096];
    int fd = open("/proc/allocations", O_RDWR);
    ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);

    for (ssize_t i = 0; i < n; i++)
        text[i] = text[i] == '\n' ? ' ' : text[i];
    printf("fuzz: allocated: %.*s\n", (int)(n > 0 ? n : 0), text);
    if (fd >= 0 && write(fd, command, strlen(command)) < 0)
        printf("fuzz: no %s\n", command);
    close(fd);
}

static void rounds(void)
{
    uint64_t seed = word("FUZZ_SEED", 1), first = word("FUZZ_ROUND", 0),
             nr = word("FUZZ_ROUNDS", 1ul << 40);
    uint64_t repeat = word("FUZZ_REPEAT", 1), seconds = word("FUZZ_SECONDS", 1ul << 40),
             quiet = word("FUZZ_QUIET", 1), leaks = word("FUZZ_LEAKS", -1ul);
    struct timespec begin, t;

    clock_gettime(CLOCK_MONOTONIC, &begin);
    for (uint64_t round = first; round < first + nr; round++) {
        struct sysinfo info;

        clock_gettime(CLOCK_MONOTONIC, &t);
        if ((uint64_t)(t.tv_sec - begin.tv_sec) >= seconds)
            break;
        sysinfo(&info);
        if (round - first == leaks)
            allocations("mark");
        if (round % quiet == 0)
            printf("fuzz: round %lu, %lu calls, %lu KiB free\n", round, shared->nr_calls,
                   info.freeram * info.mem_unit >> 10);
        fflush(stdout);
        for (uint64_t i = 0; i < repeat; i++)
            run_round(mix(seed << 32 ^ round), (unsigned)word("FUZZ_FAIL", 0));
    }
    if (leaks != -1ul)
        allocations("leaks");
    printf("fuzz: done, %lu calls\n", shared->nr_calls);
}

int main(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    if (getpid() != 1) /* an exec of a program's */
        return open("/proc/self/maps", O_RDONLY);
    skips_read();
    shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    setvbuf(stdout, NULL, _IOLBF, 0);
    folders();
    may_fail = access("/proc/fail-nth", F_OK) == 0;
    has_defect = access("/dev/defect", F_OK) == 0;
    shared->go = 1;
    if (word("FUZZ_LIST", 0)) {
        generate(mix(word("FUZZ_SEED", 1) << 32 ^ word("FUZZ_ROUND", 0)),
                 (unsigned)word("FUZZ_FAIL", 0));
        list_program();
    } else {
        rounds();
        summary();
    }
    fflush(stdout);
    reboot(RB_POWER_OFF);
    return 0;
}
