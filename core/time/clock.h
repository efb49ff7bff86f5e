/* Between the files of core/time. */
#ifndef TIME_CLOCK_PRIVATE_H
#define TIME_CLOCK_PRIVATE_H

#include <base/types.h>

void clock_init(uint64_t frequency_hz);

#endif
