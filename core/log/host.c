/*
 * The log and panic on the host: lines go to stderr and are kept to be read, a panic ends the
 * process or jumps into the test.
 */
#include <stdio.h>
#include <string.h>

#include <log/log.h>

/* arch/host, which this component must not depend on: it is no part of a kernel. */
NORETURN void host_panic(const char *message);

static unsigned log_level = 5;
static char kept[16384]; /* the first lines; nothing is dropped, so that positions stay */
static size_t nr_kept;

void log_vprint(enum log_level level, const char *format, va_list args)
{
    char line[512];
    int n = vsnprintf(line, sizeof(line) - 1, format, args);
    size_t len = n < 0 ? 0 : strlen(line);

    line[len++] = '\n';
    if (len <= sizeof(kept) - nr_kept) {
        memcpy(kept + nr_kept, line, len);
        nr_kept += len;
    }
    if (level < log_level)
        fwrite(line, 1, len, stderr);
}

void log_print(enum log_level level, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    log_vprint(level, format, args);
    va_end(args);
}

void log_note(const char *format, uintptr_t a, uintptr_t b)
{
    (void)format;
    (void)a;
    (void)b;
}

void log_notes_keep(void)
{
}

void log_set_level(unsigned level)
{
    log_level = level;
}

unsigned log_get_level(void)
{
    return log_level;
}

size_t log_read(uint64_t *pos, char *buffer, size_t size)
{
    size_t n = *pos < nr_kept ? nr_kept - (size_t)*pos : 0;

    n = n < size ? n : size;
    memcpy(buffer, kept + *pos, n);
    *pos += n;
    return n;
}

void panic(const char *format, ...)
{
    char message[256];
    va_list args;

    va_start(args, format);
    vsnprintf(message, sizeof(message), format, args);
    va_end(args);
    host_panic(message);
}

void assert_failed(const char *condition, const char *file, int line)
{
    panic("%s:%d: assertion failed: %s", file, line, condition);
}
