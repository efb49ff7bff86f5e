/*
 * Private to apps/bench-heap. Figures are instructions, read from the instret counter, which is
 * exact under QEMU's -icount shift=0,sleep=off; with several harts they are wall clock, and named
 * so. One line per figure: BENCH name value unit.
 */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include <base/types.h>

void bench_print_unit(const char *name, uint64_t hundredths, const char *unit);
void bench_print(const char *name, uint64_t value, uint64_t hundredths);
/* total / nr with two digits. */
void bench_print_mean(const char *name, uint64_t total, uint64_t nr);

/* xorshift64 (Marsaglia 2003). */
uint64_t bench_random(void);

/* A size between 16 and 4095, uniform in its logarithm. */
void sizes_init(void);
size_t size_random(void);
size_t size_of(uint64_t number);
/* The same between 16 and max, a power of two, by interpolation within an octave. */
size_t size_random_up_to(size_t max);

void bench_walk(void);
void bench_tail(void);
void bench_harts(void);
void bench_worst(void);

#endif
