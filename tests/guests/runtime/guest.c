/*
 * The console and the end of a small guest.
 */
#include "guest.h"

void *memset(void *dst, int byte, size_t n);
void *memcpy(void *restrict dst, const void *restrict src, size_t n);

void *memset(void *dst, int byte, size_t n)
{
    for (volatile unsigned char *d = dst; n; n--)
        *d++ = (unsigned char)byte;
    return dst;
}

void *memcpy(void *restrict dst, const void *restrict src, size_t n)
{
    volatile unsigned char *d = dst;

    for (const unsigned char *s = src; n; n--)
        *d++ = *s++;
    return dst;
}

static char line[256];
static size_t length;

static void put(char c)
{
    if (length < sizeof(line))
        line[length++] = c;
}

static void put_number(unsigned long value, unsigned base, bool is_negative)
{
    char digits[24];
    int n = 0;

    do {
        digits[n++] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value);
    if (is_negative)
        put('-');
    while (n)
        put(digits[--n]);
}

static void write_line(void)
{
    if (sbi(SBI_DBCN, 0, length, (unsigned long)line, 0, 0, 0).error != 0)
        for (size_t i = 0; i < length; i++)
            sbi(1, 0, (unsigned long)line[i], 0, 0, 0, 0);
    length = 0;
}

void guest_printf(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    for (const char *f = format; *f; f++) {
        if (*f != '%') {
            put(*f);
            continue;
        }
        const bool is_long = *++f == 'l';

        if (is_long)
            f++;
        if (*f == 's') {
            for (const char *s = va_arg(args, const char *); *s; s++)
                put(*s);
        } else if (*f == 'c') {
            put((char)va_arg(args, int));
        } else if (*f == 'd') {
            const long v = is_long ? va_arg(args, long) : va_arg(args, int);

            put_number(v < 0 ? 0 - (unsigned long)v : (unsigned long)v, 10, v < 0);
        } else {
            const unsigned long v = is_long ? va_arg(args, unsigned long) : va_arg(args, unsigned);

            put_number(v, *f == 'x' ? 16 : 10, false);
        }
    }
    va_end(args);
    write_line();
}

static _Noreturn void shut_down(unsigned long reason)
{
    sbi(SBI_SRST, 0, 0, reason, 0, 0, 0);
    for (;;)
        __asm__ volatile("wfi");
}

void guest_off(void)
{
    shut_down(0);
}

void guest_fail(void)
{
    shut_down(1);
}
