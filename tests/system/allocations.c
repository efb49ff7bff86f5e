#include "allocations.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static int counts;

#define NR_COUNTS 40

static struct counts {
    char name[32];
    long nr;
} before[NR_COUNTS], after[NR_COUNTS];

static void count(struct counts *out)
{
    static char page[4096];
    ssize_t n = pread(counts, page, sizeof(page) - 1, 0);
    char *at = page;

    page[n > 0 ? n : 0] = '\0';
    memset(out, 0, NR_COUNTS * sizeof(*out));
    for (int i = 0; i < NR_COUNTS && sscanf(at, "%31s %ld", out[i].name, &out[i].nr) == 2; i++)
        at = strchr(at, '\n') + 1;
}

/*
 * What grew, if anything did. Frames come and go with the caches of the allocators; everything else
 * is exact, once what ends in its own time (threads, the reaper) has ended.
 */
const char *allocations_leaked(long *by)
{
    static const struct timespec moment = {0, 20000000};
    const char *name = NULL;

    for (int tries = 0; tries < 500; tries++) {
        name = NULL;
        count(after);
        for (int i = 0; i < NR_COUNTS; i++) {
            bool is_frames = strstr(after[i].name, "frames") != NULL;

            *by = after[i].nr - before[i].nr;
            if (*by > (is_frames ? 24 : 0)) {
                name = after[i].name;
                break;
            }
        }
        if (name == NULL)
            return NULL;
        nanosleep(&moment, NULL);
    }
    (void)!write(counts, "leaks", 5);
    return name;
}

bool allocations_open(void)
{
    counts = open("/proc/allocations", O_RDWR | O_CLOEXEC);
    return counts >= 0;
}

void allocations_mark(void)
{
    count(before); /* which itself allocates, the first time */
    (void)!write(counts, "mark", 4);
    count(before);
}
