/* Shared by the files of core/time only. */
#ifndef TIME_CLOCK_PRIVATE_H
#define TIME_CLOCK_PRIVATE_H

#include <base/types.h>

void clock_init(uint64_t frequency_hz);

#endif
