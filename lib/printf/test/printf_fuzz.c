/*
 * Formats made from any bytes, with arguments of the right types, into buffers of any size: the
 * sanitizers watch, and the length must not depend on the buffer.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PRINTF_IMPLEMENT
#define snprintf  my_snprintf
#define vsnprintf my_vsnprintf
#include "../snprintf.c"

#pragma GCC diagnostic ignored "-Wformat-nonliteral"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char conversions[] = "diuxXopcs%";
    char fmt[64], *buf;
    int length, cut;
    long number;
    char conversion;
    size_t nr_flags;

    if (size < 12)
        return 0;
    memcpy(&number, data, sizeof(number));
    conversion = conversions[data[8] % (sizeof(conversions) - 1)];
    nr_flags = MIN(size - 10, (size_t)16);
    fmt[0] = '%';
    for (size_t i = 0; i < nr_flags; i++)
        fmt[1 + i] = "-+ #0123456789.."[data[10 + i] % 16];
    /* At most six digits in a row, so that the output stays small. */
    for (size_t i = 7; i <= nr_flags; i += 7)
        fmt[i] = '.';
    fmt[1 + nr_flags] = 'l';
    fmt[1 + nr_flags + !strchr("pcs%", conversion)] = conversion;
    fmt[2 + nr_flags + !strchr("pcs%", conversion)] = '\0';
    length = conversion == 's' ? snprintf(NULL, 0, fmt, "text") : snprintf(NULL, 0, fmt, number);
    cut = (int)(data[9] % 64);
    buf = malloc((size_t)cut + 1);
    if ((conversion == 's' ? snprintf(buf, (size_t)cut, fmt, "text")
                           : snprintf(buf, (size_t)cut, fmt, number)) != length)
        abort();
    if (cut && strlen(buf) > (size_t)MIN(cut - 1, MAX(length, 0)))
        abort();
    free(buf);
    return 0;
}
