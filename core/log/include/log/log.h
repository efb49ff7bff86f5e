/*
 * Messages of the kernel: "[    0.004321] text" lines with a level, to the console.
 *
 * A line whose level is at or above the current one (loglevel=N, quiet, debug on the command line)
 * goes to the console; every line is kept in a ring for dmesg. Until a console driver is there the
 * ring holds the lines and they are printed when it arrives. Any context, including interrupt
 * handlers. The format is printf's without a newline; log adds it.
 */
#ifndef LOG_LOG_H
#define LOG_LOG_H

#include <stdarg.h>

#include <base/types.h>

/* The numbers are syslog's, so that Linux's loglevel= words mean the same. */
enum log_level {
    LOG_EMERG = 0,
    LOG_ERR = 3,
    LOG_WARN = 4,
    LOG_INFO = 6,
    LOG_DEBUG = 7,
};

void log_print(enum log_level level, const char *format, ...) PRINTF_LIKE(2, 3);
void log_vprint(enum log_level level, const char *format, va_list args);

#define log_err(...)  log_print(LOG_ERR, __VA_ARGS__)
#define log_warn(...) log_print(LOG_WARN, __VA_ARGS__)
#define log_info(...) log_print(LOG_INFO, __VA_ARGS__)
#ifdef DEBUG
#define log_debug(...) log_print(LOG_DEBUG, __VA_ARGS__)
#else
#define log_debug(...) ((void)0)
#endif

/*
 * Log a line about the boot at LOG_DEBUG, at almost no cost: printed if that level is shown; else,
 * after log_notes_keep(), stored unformatted with the time, and formatted when the log is first
 * read. So the format, with at most two arguments, and string arguments must never be freed. Any
 * context.
 */
void log_note(const char *format, uintptr_t a, uintptr_t b);

/* Keep notes; called first in a kernel whose log is read (log_read()). */
void log_notes_keep(void);

/* Set the console level: lines with a lower level number are shown (default 7: everything but
 * debug). */
void log_set_level(unsigned level);
unsigned log_get_level(void);

/*
 * Read the ring for dmesg: copy up to `size` bytes after position *pos (0 = oldest kept) and move
 * *pos behind them. Returns the number of bytes.
 */
size_t log_read(uint64_t *pos, char *buffer, size_t size);

/* --- panic and assert: our own bugs only, never what a user, a guest or a disk says ----------- */

/* Stop all other harts, print the message and every hart's backtrace, then act as panic= says. */
NORETURN void panic(const char *format, ...) PRINTF_LIKE(1, 2) COLD;

NORETURN void assert_failed(const char *condition, const char *file, int line) COLD;

#ifndef NDEBUG
#define assert(condition)                                                                          \
    (likely(condition) ? (void)0 : assert_failed(#condition, __FILE__, __LINE__))
#else
#define assert(condition) ((void)sizeof(condition))
#endif

#endif
