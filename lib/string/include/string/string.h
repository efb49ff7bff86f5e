/*
 * Memory and string primitives, with the C standard's contracts (strlcpy, strnlen: the BSDs').
 *
 * In a freestanding build they are implemented here, in 8-byte words whatever the alignment of the
 * arguments; the compiler emits calls to mem* by itself. In a hosted build (unit tests) the C
 * library's are used, which the sanitizers watch; str_to_u64, strlcpy and str_equal are ours
 * everywhere.
 */
#ifndef STRING_STRING_H
#define STRING_STRING_H

#include <base/types.h>

void *memcpy(void *restrict dst, const void *restrict src, size_t nr_bytes);
void *memmove(void *dst, const void *src, size_t nr_bytes);
void *memset(void *dst, int byte, size_t nr_bytes);
int memcmp(const void *a, const void *b, size_t nr_bytes);
void *memchr(const void *s, int byte, size_t nr_bytes);

size_t strlen(const char *s);
size_t strnlen(const char *s, size_t max);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t max);
char *strchr(const char *s, int c);
char *strrchr(const char *s, int c);
char *strstr(const char *s, const char *needle);

/*
 * Copy at most size - 1 bytes and always terminate (unless size is 0). Returns strlen(src): the
 * copy was truncated iff the result is >= size.
 */
size_t strlcpy(char *dst, const char *src, size_t size);

static inline bool str_equal(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

static inline bool str_has_prefix(const char *s, const char *prefix)
{
    return strncmp(s, prefix, strlen(prefix)) == 0;
}

/* ASCII only, no locale. */
static inline bool char_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static inline bool char_is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static inline bool char_is_printable(char c)
{
    return c >= ' ' && c <= '~';
}

static inline char char_to_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

static inline char char_to_upper(char c)
{
    return c >= 'a' && c <= 'z' ? (char)(c - ('a' - 'A')) : c;
}

/*
 * Read an unsigned number at the start of s: no white space, no sign. base: 2 to 36, or 0 for "0x"
 * = 16, "0b" = 2, else 10 (a leading zero does not mean octal). *end (may be NULL) is set behind
 * the last digit. 0, -EINVAL when there is no digit, -ERANGE when the value does not fit (*end is
 * then behind the last digit, *out unchanged).
 */
MUST_CHECK int str_to_u64(const char *s, const char **end, unsigned base, uint64_t *out);

/* The same for a size with an optional suffix K, M, G or T (powers of 1024). */
MUST_CHECK int str_to_size(const char *s, const char **end, uint64_t *out);

#endif
