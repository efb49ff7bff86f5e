/*
 * stdin, stdout and stderr on the console. Output is kept until the end of a line; input is a queue
 * that the driver's interrupt fills, echoed when it is read.
 */
#include <console/console.h>
#include <lock/spinlock.h>
#include <stdio.h>
#include <sync/mutex.h>
#include <sync/waitqueue.h>

#include "libc.h"

#define LINE_MAX  256
#define QUEUE_MAX 1024 /* a power of two */

static struct mutex out_lock = MUTEX_INIT(out_lock);
static char line[LINE_MAX] GUARDED_BY(&out_lock);
static size_t length GUARDED_BY(&out_lock);

static struct spinlock in_lock = SPINLOCK_INIT("libc stdin");
static char queue[QUEUE_MAX] GUARDED_BY(&in_lock);
static unsigned head GUARDED_BY(&in_lock);
static unsigned tail GUARDED_BY(&in_lock);
static struct wait_queue readers = WAIT_QUEUE_INIT(readers);

static void write_line(void) REQUIRES(&out_lock)
{
    console_write(line, length);
    length = 0;
}

void libc_console_flush(void)
{
    mutex_lock(&out_lock);
    write_line();
    mutex_unlock(&out_lock);
}

static int put(char c, FILE *file)
{
    (void)file;
    mutex_lock(&out_lock);
    line[length++] = c;
    if (c == '\n' || length == LINE_MAX)
        write_line();
    mutex_unlock(&out_lock);
    return (unsigned char)c;
}

static int put_at_once(char c, FILE *file)
{
    put(c, file);
    libc_console_flush();
    return (unsigned char)c;
}

static int flush(FILE *file)
{
    (void)file;
    libc_console_flush();
    return 0;
}

/* Interrupt context. What does not fit is lost. */
static void typed(const char *bytes, size_t nr_bytes)
{
    unsigned long flags = spin_lock_irqsave(&in_lock);

    for (size_t i = 0; i < nr_bytes && head - tail < QUEUE_MAX; i++)
        queue[head++ % QUEUE_MAX] = bytes[i];
    spin_unlock_irqrestore(&in_lock, flags);
    wait_wake_all(&readers);
}

static bool take(char *c)
{
    unsigned long flags = spin_lock_irqsave(&in_lock);
    bool has_one = head != tail;

    if (has_one)
        *c = queue[tail++ % QUEUE_MAX];
    spin_unlock_irqrestore(&in_lock, flags);
    return has_one;
}

static int get(FILE *file)
{
    char c;

    (void)file;
    libc_console_flush();
    wait_event(&readers, take(&c));
    if (c == 4) /* ^D */
        return _FDEV_EOF;
    if (c == '\r')
        c = '\n';
    console_write(&c, 1);
    return (unsigned char)c;
}

__attribute__((constructor)) static void start(void)
{
    console_set_input(typed);
}

static FILE in = FDEV_SETUP_STREAM(NULL, get, NULL, _FDEV_SETUP_READ);
static FILE out = FDEV_SETUP_STREAM(put, NULL, flush, _FDEV_SETUP_WRITE);
static FILE err = FDEV_SETUP_STREAM(put_at_once, NULL, flush, _FDEV_SETUP_WRITE);

FILE *const stdin = &in;
FILE *const stdout = &out;
FILE *const stderr = &err;
