/*
 * Formatted output.
 *
 * Conversions: d i u x X o c s p %; flags - 0 + space #; width and precision as digits or *;
 * lengths hh h l ll z j t. No floating point: %f and other unknown conversions are printed as they
 * stand, percent sign included, and end the interpretation of the format (the types of the
 * remaining arguments are unknown then). %p prints 0x and hexadecimal digits; %s of NULL prints
 * (null).
 *
 * snprintf and vsnprintf are ours in a freestanding build, the C library's in a hosted one;
 * printf_format is ours everywhere.
 */
#ifndef PRINTF_PRINTF_H
#define PRINTF_PRINTF_H

#include <stdarg.h>

#include <base/types.h>

/* Take nr_bytes of output; called several times for one format. Must not format itself. */
typedef void printf_sink_fn(void *ctx, const char *data, size_t nr_bytes);

/* Send the formatted text to sink piece by piece, without a buffer. Returns the number of bytes. */
int printf_format(printf_sink_fn *sink, void *ctx, const char *fmt, va_list ap);

/*
 * At most size - 1 bytes and a terminating NUL (nothing when size is 0). Returns the length that
 * the whole text has: it was cut iff the result is >= size.
 */
int vsnprintf(char *buf, size_t size, const char *fmt, va_list ap) PRINTF_LIKE(3, 0);
int snprintf(char *buf, size_t size, const char *fmt, ...) PRINTF_LIKE(3, 4);

#endif
