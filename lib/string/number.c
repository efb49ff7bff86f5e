/*
 * Numbers in text.
 */
#include <base/errno.h>
#include <string/string.h>

/* Return the value of a digit in bases up to 36; 36: not a digit. */
static unsigned digit_value(char c)
{
    if (char_is_digit(c))
        return (unsigned)(c - '0');
    c = char_to_lower(c);
    return c >= 'a' && c <= 'z' ? (unsigned)(c - 'a') + 10 : 36;
}

/* Skip the prefix of base 16 or 2 if a digit follows it. */
static const char *skip_prefix(const char *s, unsigned *base)
{
    char mark = s[0] == '0' ? char_to_lower(s[1]) : '\0';

    if (mark == 'x' && (*base == 0 || *base == 16) && digit_value(s[2]) < 16) {
        *base = 16;
        return s + 2;
    }
    if (mark == 'b' && *base == 0 && digit_value(s[2]) < 2) {
        *base = 2;
        return s + 2;
    }
    if (*base == 0)
        *base = 10;
    return s;
}

int str_to_u64(const char *s, const char **end, unsigned base, uint64_t *out)
{
    uint64_t value = 0;
    bool has_overflow = false;
    const char *digits = s = skip_prefix(s, &base);

    for (unsigned digit; (digit = digit_value(*s)) < base; s++) {
        has_overflow |= __builtin_mul_overflow(value, (uint64_t)base, &value);
        has_overflow |= __builtin_add_overflow(value, (uint64_t)digit, &value);
    }
    if (end)
        *end = s;
    if (s == digits)
        return -EINVAL;
    if (has_overflow)
        return -ERANGE;
    *out = value;
    return 0;
}

int str_to_size(const char *s, const char **end, uint64_t *out)
{
    static const char suffixes[] = "kmgt";
    uint64_t value;
    unsigned shift = 0;
    int err = str_to_u64(s, &s, 0, &value);

    for (unsigned i = 0; i < 4; i++) {
        if (char_to_lower(*s) == suffixes[i]) {
            shift = 10 * (i + 1);
            s++;
            break;
        }
    }
    if (end)
        *end = s;
    if (err < 0)
        return err;
    if (value << shift >> shift != value)
        return -ERANGE;
    *out = value << shift;
    return 0;
}
