/*
 * Clocks and sleeping.
 */
#include <thread/thread.h>
#include <time/time.h>

#include "libc.h"

/* The C library's forms of these (sys/time.h, sys/times.h), whose headers are not the kernel's. */
struct timeval {
    int64_t tv_sec;
    long tv_usec;
};

struct timespec {
    int64_t tv_sec;
    long tv_nsec;
};

struct tms {
    unsigned long tms_utime, tms_stime, tms_cutime, tms_cstime;
};

int gettimeofday(struct timeval *tv, void *zone);
unsigned long times(struct tms *out);
int nanosleep(const struct timespec *wanted, struct timespec *rest);
int usleep(unsigned long us);
unsigned sleep(unsigned seconds);

int gettimeofday(struct timeval *tv, void *zone)
{
    uint64_t now_us = time_realtime_ns() / 1000;

    (void)zone;
    *tv = (struct timeval){(int64_t)(now_us / 1000000), (long)(now_us % 1000000)};
    return 0;
}

/* In CLOCKS_PER_SEC, which is a million: what this thread has run. */
unsigned long times(struct tms *out)
{
    *out = (struct tms){.tms_utime = thread_run_ns(thread_current()) / 1000};
    return time_now_ns() / 1000;
}

int nanosleep(const struct timespec *wanted, struct timespec *rest)
{
    thread_sleep_ns((uint64_t)wanted->tv_sec * NS_PER_SEC + (uint64_t)wanted->tv_nsec);
    if (rest)
        *rest = (struct timespec){0, 0};
    return 0;
}

int usleep(unsigned long us)
{
    thread_sleep_ns(us * NS_PER_USEC);
    return 0;
}

unsigned sleep(unsigned seconds)
{
    thread_sleep_ns(seconds * NS_PER_SEC);
    return 0;
}
