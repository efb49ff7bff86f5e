/*
 * The clock: ticks of the `time` counter to nanoseconds and back, and the wall clock's offset.
 *
 * The conversion is a multiplication by a 64-bit factor normalised to use all its bits, and a shift
 * of the 128-bit product: no division at run time, and a relative error below 2^-63. The way back
 * starts from the same kind of estimate and is then corrected, so that time_ns_to_ticks(ns) is
 * exactly the first tick whose time is not before ns: a timer armed for it never fires early by the
 * clock.
 */
#include <time/time.h>

#include <arch/cpu.h>

#include "clock.h"

static struct {
    uint64_t frequency_hz;
    struct time_scale to_ns;
    struct time_scale to_ticks;
    uint64_t realtime_offset_ns; /* [a] */
} clock;

/* to_hz / from_hz = mult / 2^shift with the greatest mult that fits: long division, bit by bit. */
struct time_scale time_scale_make(uint64_t from_hz, uint64_t to_hz)
{
    uint64_t quotient = to_hz / from_hz;
    uint64_t rest = to_hz % from_hz;
    uint32_t shift = 0;

    while (!(quotient >> 63) && shift < 127) {
        bool carry = rest >> 63;

        rest <<= 1;
        quotient <<= 1;
        if (carry || rest >= from_hz) {
            rest -= from_hz;
            quotient |= 1;
        }
        shift++;
    }
    return (struct time_scale){.mult = quotient, .shift = shift};
}

uint64_t time_scale_apply(struct time_scale scale, uint64_t n)
{
    unsigned __int128 product = (unsigned __int128)n * scale.mult;
    uint64_t high = (uint64_t)(product >> 64);
    uint64_t low = (uint64_t)product;

    if (scale.shift >= 64)
        return high >> (scale.shift - 64);
    if (scale.shift == 0)
        return high ? TIME_NEVER : low;
    if (high >> scale.shift)
        return TIME_NEVER;
    return high << (64 - scale.shift) | low >> scale.shift;
}

void clock_init(uint64_t frequency_hz)
{
    clock.frequency_hz = frequency_hz;
    clock.to_ns = time_scale_make(frequency_hz, NS_PER_SEC);
    clock.to_ticks = time_scale_make(NS_PER_SEC, frequency_hz);
}

struct time_scale time_scale(void)
{
    return clock.to_ns;
}

uint64_t time_frequency_hz(void)
{
    return clock.frequency_hz;
}

uint64_t time_ticks_to_ns(uint64_t ticks)
{
    return time_scale_apply(clock.to_ns, ticks);
}

uint64_t time_ns_to_ticks(uint64_t ns)
{
    uint64_t ticks;

    if (ns == TIME_NEVER)
        return TIME_NEVER;
    ticks = time_scale_apply(clock.to_ticks, ns);
    while (ticks != TIME_NEVER && time_ticks_to_ns(ticks) < ns)
        ticks++;
    return ticks;
}

uint64_t time_now_ns(void)
{
    return time_ticks_to_ns(time_now_ticks());
}

uint64_t time_realtime_offset_ns(void)
{
    return __atomic_load_n(&clock.realtime_offset_ns, __ATOMIC_RELAXED);
}

uint64_t time_realtime_ns(void)
{
    return time_now_ns() + time_realtime_offset_ns();
}

void time_set_realtime_ns(uint64_t ns)
{
    __atomic_store_n(&clock.realtime_offset_ns, ns - time_now_ns(), __ATOMIC_RELAXED);
}

void time_delay_ns(uint64_t ns)
{
    uint64_t end = time_deadline_ns(ns);

    while (time_now_ns() < end)
        arch_cpu_relax();
}
