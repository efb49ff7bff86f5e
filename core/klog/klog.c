/*
 * The kernel's log: formats lines, keeps them in a ring, and prints those at the console level.
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
#define NR_NOTES 64

/* Notes of log_note(), until the ring is first read. When full, further ones go into the ring. */
struct note {
    uint64_t time;  /* of the counter */
    uint64_t place; /* ring position that it precedes */
    const char *format;
    uintptr_t a, b;
};
/* Notes fill from the end down, so that a boot with few lines touches few pages. */
static struct {
    struct note notes[NR_NOTES];
    char ring[RING_SIZE];
} kept SECTION(".noinit.log") GUARDED_BY(&log_lock);
static unsigned nr_notes GUARDED_BY(&log_lock);
static bool are_notes_read GUARDED_BY(&log_lock);
/* NULL, and not linked, in a kernel whose log is never read. */
static bool (*keep)(const char *format, uintptr_t a, uintptr_t b);
static uint64_t written GUARDED_BY(&log_lock); /* bytes ever put into the ring */
static unsigned level = LOG_INFO + 1;          /* [a] */

void log_set_level(unsigned new_level)
{
    level = new_level;
}

unsigned log_get_level(void)
{
    return level;
}

static void ring_put(const char *bytes, size_t nr_bytes) REQUIRES(&log_lock)
{
    for (size_t i = 0; i < nr_bytes; i++)
        kept.ring[written++ % RING_SIZE] = bytes[i];
}

/* Format "[ 1.000000] ", the time since about power-on; needs only the device tree. */
static int stamp(char *line, uint64_t time)
{
    uint64_t hz = boot_info.timebase_hz;
    uint64_t us = hz == 0 ? 0 : time / hz * 1000000 + time % hz * 1000000 / hz;

    return snprintf(line, LINE_SIZE, "[%5lu.%06lu] ", (unsigned long)(us / 1000000),
                    (unsigned long)(us % 1000000));
}

static size_t line_end(char *line, int n)
{
    if (n > LINE_SIZE - 2)
        n = LINE_SIZE - 2;
    line[n++] = '\n';
    return (size_t)n;
}

/* Rebuild the ring with every note inserted by its time. */
static void notes_to_ring(void) REQUIRES(&log_lock)
{
    static char old[RING_SIZE] SECTION(".noinit.log.old");
    uint64_t end = written, from = end > RING_SIZE ? end - RING_SIZE : 0;
    char line[LINE_SIZE];

    memcpy(old, kept.ring, sizeof(old));
    written = 0;
    for (unsigned i = 0; i < nr_notes; i++) {
        const struct note *note = &kept.notes[NR_NOTES - 1 - i];
        int n = stamp(line, note->time);

        if (note->place < from)
            continue;
        for (; from < note->place; from++)
            kept.ring[written++ % RING_SIZE] = old[from % RING_SIZE];
        n += snprintf(line + n, sizeof(line) - (size_t)n - 1, note->format, note->a, note->b);
        ring_put(line, line_end(line, n));
    }
    for (; from < end; from++)
        kept.ring[written++ % RING_SIZE] = old[from % RING_SIZE];
}

size_t log_read(uint64_t *pos, char *buffer, size_t size)
{
    unsigned long flags = spin_lock_irqsave(&log_lock);
    size_t n = 0;

    if (!are_notes_read) {
        are_notes_read = true;
        notes_to_ring();
    }
    if (written > RING_SIZE && *pos < written - RING_SIZE)
        *pos = written - RING_SIZE;
    while (n < size && *pos < written)
        buffer[n++] = kept.ring[(*pos)++ % RING_SIZE];
    spin_unlock_irqrestore(&log_lock, flags);
    return n;
}

static bool note_keep(const char *format, uintptr_t a, uintptr_t b)
{
    unsigned long flags = spin_lock_irqsave(&log_lock);
    bool is_kept = !are_notes_read && nr_notes < NR_NOTES;

    if (is_kept)
        kept.notes[NR_NOTES - ++nr_notes] = (struct note){arch_time(), written, format, a, b};
    spin_unlock_irqrestore(&log_lock, flags);
    return is_kept;
}

void log_notes_keep(void)
{
    keep = note_keep;
}

void log_note(const char *format, uintptr_t a, uintptr_t b)
{
    if (level > LOG_DEBUG || (keep && !keep(format, a, b)))
        log_print(LOG_DEBUG, format, a, b);
}

void log_vprint(enum log_level line_level, const char *format, va_list args)
{
    char line[LINE_SIZE];
    int n = stamp(line, arch_time());

    n += vsnprintf(line + n, sizeof(line) - (size_t)n - 1, format, args);
    n = (int)line_end(line, n);
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

    if (!value || str_to_u64(value, &end, 10, &n) != 0 || *end != '\0' || n > 8)
        return -EINVAL;
    log_set_level((unsigned)n);
    return 0;
}

/* Show only warnings and worse, so that unknown words are still reported. */
static int set_quiet(const char *value)
{
    if (value)
        return -EINVAL;
    log_set_level(LOG_WARN + 1);
    return 0;
}

static int set_debug(const char *value)
{
    if (value)
        return -EINVAL;
    log_set_level(LOG_DEBUG + 1);
    return 0;
}

BOOTARG("loglevel", set_loglevel);
BOOTARG("quiet", set_quiet);
BOOTARG("debug", set_debug);
