/*
 * Parses the first line of a script.
 */
#include <base/errno.h>
#include <string/string.h>
#include <userstack/userstack.h>

bool script_is(const char *head, size_t size)
{
    return size >= 2 && head[0] == '#' && head[1] == '!';
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

int script_parse(const char *head, size_t size, struct script *out)
{
    size_t at = 2, end = 2, length = 0;

    size = MIN(size, (size_t)SCRIPT_LINE_MAX);
    while (end < size && head[end] != '\n' && head[end] != '\0')
        end++;
    /* A line that fills the buffer may be truncated: acceptable in the argument, not in the
     * interpreter. */
    while (at < end && is_blank(head[at]))
        at++;
    while (at < end && !is_blank(head[at]))
        out->interpreter[length++] = head[at++];
    out->interpreter[length] = '\0';
    if (length == 0 || (at == end && end == SCRIPT_LINE_MAX))
        return -ENOEXEC;
    while (at < end && is_blank(head[at]))
        at++;
    while (end > at && is_blank(head[end - 1]))
        end--;
    memcpy(out->argument, head + at, end - at);
    out->argument[end - at] = '\0';
    return 0;
}
