/*
 * The kernel's log: formats lines, keeps them in a ring, and prints those that matter now.
 */
#include <arch/timer.h>
#include <bootargs/bootargs.h>
#include <base/errno.h>
#include <console/console.h>
#include <lock/spinlock.h>
#include <log/log.h>
#include <platform/boot_info.h>
#include <printf/printf.h>
#include <string/string.h>

#define LINE_SIZE 256
#define RING_SIZE 8192 /* a power of two */

static struct spinlock log_lock = SPINLOCK_INIT("log");
static char ring[RING_SIZE] SECTION(".noinit.log"); /* GUARDED_BY(log_lock) */
static uint64_t written;                            /* bytes ever put into the ring */
static unsigned level = LOG_INFO + 1;

void log_set_level(unsigned new_level)
{
    level = new_level;
}

unsigned log_get_level(void)
{
    return level;
}

static void ring_put(const char *bytes, size_t nr_bytes)
{
    for (size_t i = 0; i < nr_bytes; i++)
        ring[written++ % RING_SIZE] = bytes[i];
}

size_t log_read(uint64_t *pos, char *buffer, size_t size)
{
    unsigned long flags = spin_lock_irqsave(&log_lock);
    size_t n = 0;

    if (written > RING_SIZE && *pos < written - RING_SIZE)
        *pos = written - RING_SIZE;
    while (n < size && *pos < written)
        buffer[n++] = ring[(*pos)++ % RING_SIZE];
    spin_unlock_irqrestore(&log_lock, flags);
    return n;
}

/* Since the counter was 0, about power-on; needs nothing but the device tree. */
static uint64_t uptime_us(void)
{
    uint64_t hz = boot_info.timebase_hz;

    if (hz == 0)
        return 0;
    return arch_time() / hz * 1000000 + arch_time() % hz * 1000000 / hz;
}

void log_vprint(enum log_level line_level, const char *format, va_list args)
{
    char line[LINE_SIZE];
    uint64_t now_us = uptime_us();
    int n = snprintf(line, sizeof(line), "[%5lu.%06lu] ", (unsigned long)(now_us / 1000000),
                     (unsigned long)(now_us % 1000000));

    n += vsnprintf(line + n, sizeof(line) - (size_t)n - 1, format, args);
    if (n > (int)sizeof(line) - 2)
        n = (int)sizeof(line) - 2;
    line[n++] = '\n';
    if (line_level == LOG_EMERG) { /* panic: the lock's holder may be stopped */
        console_write(line, (size_t)n);
        return;
    }
    unsigned long flags = spin_lock_irqsave(&log_lock);

    ring_put(line, (size_t)n);
    if (line_level < level)
        console_write(line, (size_t)n);
    spin_unlock_irqrestore(&log_lock, flags);
}

void log_print(enum log_level line_level, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    log_vprint(line_level, format, args);
    va_end(args);
}

static int set_loglevel(const char *value)
{
    uint64_t n;
    const char *end;

    if (value == NULL || str_to_u64(value, &end, 10, &n) != 0 || *end != '\0' || n > 8)
        return -EINVAL;
    log_set_level((unsigned)n);
    return 0;
}

/* Only warnings and worse: a word that is not understood is said even then. */
static int set_quiet(const char *value)
{
    if (value != NULL)
        return -EINVAL;
    log_set_level(LOG_WARN + 1);
    return 0;
}

static int set_debug(const char *value)
{
    if (value != NULL)
        return -EINVAL;
    log_set_level(LOG_DEBUG + 1);
    return 0;
}

BOOTARG("loglevel", set_loglevel);
BOOTARG("quiet", set_quiet);
BOOTARG("debug", set_debug);
