/*
 * String functions for freestanding builds, and strlcpy, which older C libraries lack.
 *
 * strlen and strcmp go by aligned words: a word may be read beyond the terminator, never across a
 * page. (w - 01..01) & ~w & 80..80 is non-zero iff w holds a zero byte (Mycroft 1987).
 */
#include <string/string.h>

#if !__STDC_HOSTED__ || defined(STRING_IMPLEMENT)

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("no-tree-loop-distribute-patterns")
#endif

#define WHOLE_WORDS __attribute__((no_sanitize("address")))

typedef uint64_t __attribute__((may_alias)) word_t;

#define OFFSET(p)   ((uintptr_t)(p) & (sizeof(word_t) - 1))
#define HAS_ZERO(w) (((w)-0x0101010101010101ull) & ~(w)&0x8080808080808080ull)

WHOLE_WORDS size_t strlen(const char *s)
{
    const char *p = s;

    for (; OFFSET(p); p++)
        if (!*p)
            return (size_t)(p - s);
    while (!HAS_ZERO(*(const word_t *)p))
        p += sizeof(word_t);
    while (*p)
        p++;
    return (size_t)(p - s);
}

size_t strnlen(const char *s, size_t max)
{
    size_t length = 0;

    while (length < max && s[length])
        length++;
    return length;
}

WHOLE_WORDS int strcmp(const char *a, const char *b)
{
    const uint8_t *p = (const uint8_t *)a, *q = (const uint8_t *)b;

    if (OFFSET((uintptr_t)p | (uintptr_t)q) == 0) {
        while (*(const word_t *)p == *(const word_t *)q && !HAS_ZERO(*(const word_t *)p)) {
            p += sizeof(word_t);
            q += sizeof(word_t);
        }
    }
    for (; *p && *p == *q; p++)
        q++;
    return *p - *q;
}

int strncmp(const char *a, const char *b, size_t max)
{
    const uint8_t *p = (const uint8_t *)a, *q = (const uint8_t *)b;

    for (; max; max--, p++, q++)
        if (*p != *q || !*p)
            return *p - *q;
    return 0;
}

char *strchr(const char *s, int c)
{
    for (;; s++) {
        if (*s == (char)c)
            return (char *)s;
        if (!*s)
            return NULL;
    }
}

char *strrchr(const char *s, int c)
{
    const char *last = NULL;

    do {
        if (*s == (char)c)
            last = s;
    } while (*s++);
    return (char *)last;
}

char *strstr(const char *s, const char *needle)
{
    size_t length = strlen(needle);

    for (; *s || !length; s++)
        if (strncmp(s, needle, length) == 0)
            return (char *)s;
    return NULL;
}

#endif

size_t strlcpy(char *dst, const char *src, size_t size)
{
    size_t length = strlen(src);

    if (size) {
        size_t nr_copied = MIN(length, size - 1);

        memcpy(dst, src, nr_copied);
        dst[nr_copied] = '\0';
    }
    return length;
}
