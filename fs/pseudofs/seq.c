#include <base/errno.h>
#include <heap/heap.h>
#include <printf/printf.h>
#include <pseudofs/pseudofs.h>
#include <string/string.h>

/* Make room for n more bytes and a NUL. */
static bool seq_reserve(struct seq *seq, size_t n)
{
    size_t wanted = seq->len + n + 1;

    if (seq->has_failed)
        return false;
    if (wanted <= seq->capacity)
        return true;
    size_t capacity = MAX(seq->capacity * 2, (size_t)512);

    while (capacity < wanted)
        capacity *= 2;
    char *buf = heap_realloc(seq->buf, capacity);

    if (!buf) {
        seq->has_failed = true;
        return false;
    }
    seq->buf = buf;
    seq->capacity = capacity;
    return true;
}

void seq_write(struct seq *seq, const void *bytes, size_t n)
{
    if (!seq_reserve(seq, n))
        return;
    memcpy(seq->buf + seq->len, bytes, n);
    seq->len += n;
}

void seq_puts(struct seq *seq, const char *text)
{
    seq_write(seq, text, strlen(text));
}

void seq_putc(struct seq *seq, char c)
{
    seq_write(seq, &c, 1);
}

static void seq_sink(void *ctx, const char *data, size_t nr_bytes)
{
    seq_write(ctx, data, nr_bytes);
}

void seq_printf(struct seq *seq, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    (void)printf_format(seq_sink, seq, fmt, ap);
    va_end(ap);
}
