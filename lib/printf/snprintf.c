/*
 * Formatting into a buffer, for freestanding builds.
 */
#include <printf/printf.h>

#if !__STDC_HOSTED__ || defined(PRINTF_IMPLEMENT)

struct buffer {
    char *next;
    size_t free; /* bytes that still fit, the terminator not counted */
};

static void buffer_sink(void *ctx, const char *data, size_t nr_bytes)
{
    struct buffer *buffer = ctx;

    nr_bytes = MIN(nr_bytes, buffer->free);
    if (!nr_bytes)
        return; /* there may be no buffer at all */
    for (size_t i = 0; i < nr_bytes; i++)
        buffer->next[i] = data[i];
    buffer->next += nr_bytes;
    buffer->free -= nr_bytes;
}

int vsnprintf(char *buf, size_t size, const char *fmt, va_list ap)
{
    struct buffer buffer = {.next = buf, .free = size ? size - 1 : 0};
    int length = printf_format(buffer_sink, &buffer, fmt, ap);

    if (size)
        *buffer.next = '\0';
    return length;
}

int snprintf(char *buf, size_t size, const char *fmt, ...)
{
    va_list ap;
    int length;

    va_start(ap, fmt);
    length = vsnprintf(buf, size, fmt, ap);
    va_end(ap);
    return length;
}

#endif
