/*
 * The formatter: parses conversions, sends text to a sink. No buffer but a number's digits.
 */
#include <printf/printf.h>

#define INT_MAX __INT_MAX__
#define INT_MIN (-INT_MAX - 1)

enum {
    FLAG_LEFT = 1,
    FLAG_ZERO = 2,
    FLAG_PLUS = 4,
    FLAG_SPACE = 8,
    FLAG_ALTERNATE = 16,
};

struct output {
    printf_sink_fn *sink;
    void *ctx;
    size_t length; /* bytes sent */
};

/* One conversion as the format spells it. */
struct spec {
    unsigned flags;
    int width;
    int precision; /* -1: none */
    char length;   /* 'H' for hh, 'h', 'l' for all 64-bit lengths, 0 */
    char conversion;
};

static void emit(struct output *out, const char *data, size_t nr_bytes)
{
    if (nr_bytes) {
        out->sink(out->ctx, data, nr_bytes);
        out->length += nr_bytes;
    }
}

static void emit_fill(struct output *out, char c, long count)
{
    static const char spaces[] = "                ", zeros[] = "0000000000000000";
    const char *fill = c == '0' ? zeros : spaces;

    for (; count > 0; count -= 16)
        emit(out, fill, (size_t)MIN(count, 16l));
}

/* prefix, then zeros, then digits, padded to the width. */
static void emit_number(struct output *out, const struct spec *spec, const char *prefix,
                        const char *digits, size_t nr_digits)
{
    size_t prefix_length = 0;
    long zeros, pad;

    while (prefix[prefix_length])
        prefix_length++;
    zeros = spec->precision - (long)nr_digits;
    pad = spec->width - (long)(prefix_length + nr_digits) - MAX(zeros, 0l);
    if ((spec->flags & FLAG_ZERO) && !(spec->flags & FLAG_LEFT) && spec->precision < 0) {
        zeros = pad;
        pad = 0;
    }
    if (!(spec->flags & FLAG_LEFT))
        emit_fill(out, ' ', pad);
    emit(out, prefix, prefix_length);
    emit_fill(out, '0', zeros);
    emit(out, digits, nr_digits);
    if (spec->flags & FLAG_LEFT)
        emit_fill(out, ' ', pad);
}

static unsigned base_of(char conversion)
{
    switch (conversion) {
    case 'x':
    case 'X':
    case 'p':
        return 16;
    case 'o':
        return 8;
    default:
        return 10;
    }
}

static void format_unsigned(struct output *out, const struct spec *spec, const char *prefix,
                            uint64_t value)
{
    const char *digits = spec->conversion == 'X' ? "0123456789ABCDEF" : "0123456789abcdef";
    unsigned base = base_of(spec->conversion);
    char buf[24];
    char *end = buf + sizeof(buf), *p = end;

    for (; value; value /= base)
        *--p = digits[value % base];
    if (spec->flags & FLAG_ALTERNATE) {
        if (base == 16 && p != end)
            prefix = spec->conversion == 'X' ? "0X" : "0x";
        else if (base == 8)
            *--p = '0';
    }
    if (p == end && spec->precision != 0)
        *--p = '0';
    emit_number(out, spec, prefix, p, (size_t)(end - p));
}

static void format_string(struct output *out, const struct spec *spec, const char *s, size_t length)
{
    long pad = spec->width - (long)length;

    if (!(spec->flags & FLAG_LEFT))
        emit_fill(out, ' ', pad);
    emit(out, s, length);
    if (spec->flags & FLAG_LEFT)
        emit_fill(out, ' ', pad);
}

static size_t bounded_length(const char *s, int precision)
{
    size_t length = 0;

    while ((precision < 0 || length < (size_t)precision) && s[length])
        length++;
    return length;
}

static unsigned flag_of(char c)
{
    switch (c) {
    case '-':
        return FLAG_LEFT;
    case '0':
        return FLAG_ZERO;
    case '+':
        return FLAG_PLUS;
    case ' ':
        return FLAG_SPACE;
    case '#':
        return FLAG_ALTERNATE;
    default:
        return 0;
    }
}

static const char *parse_int(const char *fmt, int *out)
{
    int value = 0;

    for (; *fmt >= '0' && *fmt <= '9'; fmt++)
        value = value > (INT_MAX - 9) / 10 ? INT_MAX : value * 10 + (*fmt - '0');
    *out = value;
    return fmt;
}

static const char *parse_length(const char *fmt, char *out)
{
    switch (*fmt) {
    case 'h':
        *out = fmt[1] == 'h' ? 'H' : 'h';
        return fmt[1] == 'h' ? fmt + 2 : fmt + 1;
    case 'l':
        *out = 'l';
        return fmt[1] == 'l' ? fmt + 2 : fmt + 1;
    case 'z':
    case 'j':
    case 't':
        *out = 'l';
        return fmt + 1;
    default:
        *out = 0;
        return fmt;
    }
}

/* A va_list in a struct can be passed on by address wherever va_list is an array type. */
struct arguments {
    va_list ap;
};

/* fmt: behind the percent sign. Returns the place behind the conversion character. */
static const char *parse_spec(const char *fmt, struct arguments *args, struct spec *spec)
{
    unsigned flag;

    spec->flags = 0;
    while ((flag = flag_of(*fmt))) {
        spec->flags |= flag;
        fmt++;
    }
    if (*fmt == '*') {
        spec->width = va_arg(args->ap, int);
        fmt++;
        if (spec->width < 0) {
            spec->flags |= FLAG_LEFT;
            spec->width = spec->width == INT_MIN ? INT_MAX : -spec->width;
        }
    } else {
        fmt = parse_int(fmt, &spec->width);
    }
    spec->precision = -1;
    if (*fmt == '.') {
        if (*++fmt == '*') {
            spec->precision = MAX(va_arg(args->ap, int), -1);
            fmt++;
        } else {
            fmt = parse_int(fmt, &spec->precision);
        }
    }
    fmt = parse_length(fmt, &spec->length);
    spec->conversion = *fmt;
    return *fmt ? fmt + 1 : fmt;
}

static void convert_signed(struct output *out, const struct spec *spec, struct arguments *args)
{
    int64_t value = spec->length == 'l' ? va_arg(args->ap, int64_t) : va_arg(args->ap, int);
    const char *prefix = spec->flags & FLAG_PLUS ? "+" : spec->flags & FLAG_SPACE ? " " : "";

    if (spec->length == 'h')
        value = (short)value;
    else if (spec->length == 'H')
        value = (signed char)value;
    format_unsigned(out, spec, value < 0 ? "-" : prefix,
                    value < 0 ? -(uint64_t)value : (uint64_t)value);
}

static void convert_unsigned(struct output *out, const struct spec *spec, struct arguments *args)
{
    uint64_t value =
        spec->length == 'l' ? va_arg(args->ap, uint64_t) : va_arg(args->ap, unsigned int);

    if (spec->length == 'h')
        value = (unsigned short)value;
    else if (spec->length == 'H')
        value = (unsigned char)value;
    format_unsigned(out, spec, "", value);
}

/* Perform one conversion; false for an unknown one. */
static bool convert(struct output *out, const struct spec *spec, struct arguments *args)
{
    const char *s;
    char c;

    switch (spec->conversion) {
    case 'd':
    case 'i':
        convert_signed(out, spec, args);
        return true;
    case 'u':
    case 'x':
    case 'X':
    case 'o':
        convert_unsigned(out, spec, args);
        return true;
    case 'p':
        format_unsigned(out, spec, "0x", (uintptr_t)va_arg(args->ap, void *));
        return true;
    case 'c':
        c = (char)va_arg(args->ap, int);
        format_string(out, spec, &c, 1);
        return true;
    case 's':
        s = va_arg(args->ap, const char *);
        s = s ? s : "(null)";
        format_string(out, spec, s, bounded_length(s, spec->precision));
        return true;
    case '%':
        emit(out, "%", 1);
        return true;
    default:
        return false;
    }
}

int printf_format(printf_sink_fn *sink, void *ctx, const char *fmt, va_list ap)
{
    struct output out = {.sink = sink, .ctx = ctx};
    struct arguments args;

    va_copy(args.ap, ap);
    while (*fmt) {
        const char *start = fmt;
        struct spec spec;

        while (*fmt && *fmt != '%')
            fmt++;
        emit(&out, start, (size_t)(fmt - start));
        if (!*fmt)
            break;
        start = fmt;
        fmt = parse_spec(fmt + 1, &args, &spec);
        if (!convert(&out, &spec, &args)) {
            emit(&out, start, bounded_length(start, -1));
            break;
        }
    }
    va_end(args.ap);
    return (int)MIN(out.length, (size_t)INT_MAX);
}
