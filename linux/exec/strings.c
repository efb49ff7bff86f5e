/*
 * Collects the strings of argv and envp.
 */
#include "internal.h"

#include <arch/uaccess.h>

void strings_free(struct strings *s)
{
    heap_free(s->data);
    *s = (struct strings){0};
}

static int make_room(struct strings *s, size_t more)
{
    size_t capacity = s->capacity ? s->capacity : 512;
    char *data;

    if (s->size + more > STRINGS_MAX)
        return -E2BIG;
    while (capacity < s->size + more)
        capacity *= 2;
    if (capacity == s->capacity)
        return 0;
    data = heap_realloc(s->data, capacity);
    if (!data)
        return -ENOMEM;
    s->data = data;
    s->capacity = capacity;
    return 0;
}

int strings_append(struct strings *s, const char *text, size_t length)
{
    int err = make_room(s, length + 1);

    if (err)
        return err;
    memcpy(s->data + s->size, text, length);
    s->data[s->size + length] = '\0';
    s->size += length + 1;
    s->count++;
    return 0;
}

/* Copy in pieces that fit the free room, so that a short string needs no large buffer. */
static int append_user(struct strings *s, uint64_t addr)
{
    size_t length = 0;

    for (;;) {
        int err = make_room(s, length + 64);
        size_t room;
        ssize_t n;

        if (err)
            return err;
        room = MIN(s->capacity - s->size - length, STRING_MAX - length);
        n = strncpy_from_user(s->data + s->size + length, addr + length, room);
        if (n >= 0) {
            s->size += length + (size_t)n + 1;
            s->count++;
            return 0;
        }
        if (n != -ENAMETOOLONG)
            return (int)n;
        length += room;
        if (length >= STRING_MAX)
            return -E2BIG;
    }
}

int strings_from_user(struct strings *s, uint64_t array)
{
    if (!array)
        return 0;
    for (uint64_t at = array;; at += sizeof(uint64_t)) {
        uint64_t pointer;
        int err;

        if (copy_from_user(&pointer, at, sizeof(pointer)) != 0)
            return -EFAULT;
        if (!pointer)
            return 0;
        err = append_user(s, pointer);
        if (err)
            return err;
    }
}

int strings_from_kernel(struct strings *s, const char *const *array)
{
    int err = 0;

    for (; *array && !err; array++)
        err = strings_append(s, *array, strlen(*array));
    return err;
}

void strings_shift(struct strings *s)
{
    size_t length;

    if (!s->count)
        return;
    length = strlen(s->data) + 1;
    memmove(s->data, s->data + length, s->size - length);
    s->size -= length;
    s->count--;
}
