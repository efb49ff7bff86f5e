/*
 * Shared by fuzz targets that read their input as a row of numbers. Beyond its end the input is
 * zeros. One target a program, so the position is a static.
 */
#ifndef HOST_FUZZ_H
#define HOST_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t *input, *input_end;

static uint32_t take(unsigned nr_bytes)
{
    uint32_t value = 0;

    while (nr_bytes-- > 0)
        value = value << 8 | (input < input_end ? *input++ : 0);
    return value;
}

static void require(bool condition)
{
    if (!condition)
        abort();
}

#endif
