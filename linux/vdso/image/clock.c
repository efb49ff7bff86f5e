/*
 * The clocks, in user mode. Compiled for programs: no kernel header, no state but the page's.
 *
 * Clocks that need the kernel (CPU time, invalid numbers) are left to the system call. A wild
 * pointer faults in the program, as on Linux.
 */
#include <abi/clock.h>
#include <abi/numbers.h>

#include "layout.h"

#define NS_PER_SEC 1000000000ull

/* Clocks that are aliases here. */
#define CLOCKS_REALTIME                                                                            \
    (1u << CLOCK_REALTIME | 1u << CLOCK_REALTIME_COARSE | 1u << CLOCK_REALTIME_ALARM |             \
     1u << CLOCK_TAI)
#define CLOCKS_MONOTONIC                                                                           \
    (1u << CLOCK_MONOTONIC | 1u << CLOCK_MONOTONIC_RAW | 1u << CLOCK_MONOTONIC_COARSE |            \
     1u << CLOCK_BOOTTIME | 1u << CLOCK_BOOTTIME_ALARM)

struct timespec {
    int64_t tv_sec, tv_nsec;
};
struct timeval {
    int64_t tv_sec, tv_usec;
};
struct timezone {
    int32_t minutes_west, dst_time;
};

/* Exported to programs. */
int __vdso_clock_gettime(int clock, struct timespec *t);
int __vdso_clock_getres(int clock, struct timespec *t);
int __vdso_gettimeofday(struct timeval *t, struct timezone *zone);

extern const struct vdso_time vdso_time __attribute__((visibility("hidden"))); /* image.ld */

static long system_call2(long number, long a, long b)
{
    register long a0 __asm__("a0") = a;
    register long a1 __asm__("a1") = b;
    register long a7 __asm__("a7") = number;

    __asm__ volatile("ecall" : "+r"(a0) : "r"(a1), "r"(a7) : "memory");
    return a0;
}

static uint64_t now_ns(void)
{
    uint64_t ticks;
    unsigned __int128 product;
    uint64_t shift = vdso_time.shift;

    __asm__ volatile("rdtime %0" : "=r"(ticks));
    product = (unsigned __int128)ticks * vdso_time.mult;
    if (shift - 1 < 63) /* 1 to 63: the counter is slower than 1 GHz */
        return (uint64_t)(product >> 64) << (64 - shift) | (uint64_t)product >> shift;
    return (uint64_t)(product >> shift);
}

static uint64_t realtime_ns(void)
{
    return now_ns() + __atomic_load_n(&vdso_time.realtime_ns, __ATOMIC_RELAXED);
}

int __vdso_clock_gettime(int clock, struct timespec *t)
{
    uint64_t ns;

    if ((unsigned)clock < 32 && (CLOCKS_MONOTONIC >> clock & 1))
        ns = now_ns();
    else if ((unsigned)clock < 32 && (CLOCKS_REALTIME >> clock & 1))
        ns = realtime_ns();
    else
        return (int)system_call2(NR_clock_gettime, clock, (long)t);
    t->tv_sec = (int64_t)(ns / NS_PER_SEC);
    t->tv_nsec = (int64_t)(ns % NS_PER_SEC);
    return 0;
}

int __vdso_clock_getres(int clock, struct timespec *t)
{
    if ((unsigned)clock >= 32 || !((CLOCKS_MONOTONIC | CLOCKS_REALTIME) >> clock & 1))
        return (int)system_call2(NR_clock_getres, clock, (long)t);
    if (t)
        *t = (struct timespec){0, 1};
    return 0;
}

int __vdso_gettimeofday(struct timeval *t, struct timezone *zone)
{
    uint64_t ns = realtime_ns();

    if (t) {
        t->tv_sec = (int64_t)(ns / NS_PER_SEC);
        t->tv_usec = (int64_t)(ns % NS_PER_SEC / 1000);
    }
    if (zone)
        *zone = (struct timezone){0, 0};
    return 0;
}
