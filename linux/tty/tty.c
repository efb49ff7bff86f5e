/*
 * File operations of terminals, and the console's terminal.
 */
#include <tty/tty.h>

#include <base/errno.h>
#include <bootargs/bootargs.h>
#include <console/console.h>
#include <devfs/devfs.h>
#include <heap/heap.h>
#include <log/log.h>
#include <string/string.h>
#include <vfs/device.h>
#include <vfs/inode.h>
#include <work/work.h>

#include "internal.h"

/* Linux's admin-guide/devices.txt */
#define TTY_MAJOR     4
#define TTYS_MINOR    64
#define TTYAUX_MAJOR  5
#define TTY_MINOR     0
#define CONSOLE_MINOR 1

static const struct tty_termios default_termios = {
    .iflag = ICRNL | IXON,
    .oflag = OPOST | ONLCR,
    .cflag = B115200 | CS8 | CREAD | HUPCL,
    .lflag = ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN,
    .cc = {[VINTR] = CONTROL('C'),
           [VQUIT] = CONTROL('\\'),
           [VERASE] = DELETE,
           [VKILL] = CONTROL('U'),
           [VEOF] = CONTROL('D'),
           [VMIN] = 1,
           [VSTART] = CONTROL('Q'),
           [VSTOP] = CONTROL('S'),
           [VSUSP] = CONTROL('Z'),
           [VREPRINT] = CONTROL('R'),
           [VDISCARD] = CONTROL('O'),
           [VWERASE] = CONTROL('W'),
           [VLNEXT] = CONTROL('V')},
    .ispeed = 115200,
    .ospeed = 115200,
};

void tty_init(struct tty *tty, const struct tty_driver *driver, devno_t devno, const char *name)
{
    *tty = (struct tty){.driver = driver, .devno = devno, .nr_refs = 1, .termios = default_termios};
    strlcpy(tty->name, name, sizeof(tty->name));
    mutex_init(&tty->lock);
    mutex_init(&tty->output_lock);
    wait_queue_init(&tty->readers);
    wait_queue_init(&tty->writers);
    poll_head_init(&tty->poll);
}

void tty_get(struct tty *tty)
{
    __atomic_fetch_add(&tty->nr_refs, 1, __ATOMIC_RELAXED);
}

void tty_put(struct tty *tty)
{
    if (__atomic_sub_fetch(&tty->nr_refs, 1, __ATOMIC_ACQ_REL) == 0)
        heap_free(tty); /* only pseudoterminals: the console keeps its first reference */
}

/* ---- files ---- */

static ssize_t tty_file_read(struct file *file, struct uio *uio, uint64_t *pos)
{
    (void)pos;
    return tty_read(file->private, uio, (file->flags & O_NONBLOCK) != 0);
}

static ssize_t tty_file_write(struct file *file, struct uio *uio, uint64_t *pos)
{
    struct tty *tty = file->private;

    (void)pos;
    if ((TTY_PEEK(tty->termios.lflag) & TOSTOP) != 0) {
        int ret = tty_check_background(tty, SIGTTOU);

        if (ret != 0)
            return ret;
    }
    return tty_write(tty, uio, (file->flags & O_NONBLOCK) != 0);
}

static unsigned tty_file_poll(struct file *file, struct poll_head **head)
{
    struct tty *tty = file->private;
    unsigned events = 0;

    if (head)
        *head = &tty->poll;
    if (tty_is_readable(tty))
        events |= POLLIN | POLLRDNORM;
    if (!READ_ONCE(tty->is_stopped) && tty_room(tty) >= TTY_EXPANSION)
        events |= POLLOUT | POLLWRNORM;
    if (TTY_PEEK(tty->is_hung_up))
        events |= POLLHUP | POLLIN | POLLOUT;
    return events;
}

static long tty_file_ioctl(struct file *file, unsigned cmd, uint64_t arg)
{
    return tty_ioctl(file->private, file, cmd, arg);
}

static void tty_file_release(struct file *file)
{
    struct tty *tty = file->private;

    __atomic_fetch_sub(&tty->nr_files, 1, __ATOMIC_RELAXED);
    if (tty->driver->closed)
        tty->driver->closed(tty);
    tty_put(tty);
}

const struct file_ops tty_file_ops = {
    .read = tty_file_read,
    .write = tty_file_write,
    .poll = tty_file_poll,
    .ioctl = tty_file_ioctl,
    .release = tty_file_release,
    .is_stream = true,
};

int tty_open_file(struct file *file, struct tty *tty)
{
    tty_get(tty);
    __atomic_fetch_add(&tty->nr_files, 1, __ATOMIC_RELAXED);
    file->private = tty;
    file->ops = &tty_file_ops;
    return 0;
}

/* ---- the console ---- */

struct tty tty_console;

static size_t console_tty_write(struct tty *tty, const char *bytes, size_t n)
{
    (void)tty;
    console_write_raw(bytes, n);
    return n;
}

/*
 * Ring of typed bytes between the interrupt handler and the discipline; they wait here while the
 * discipline has no room (a long paste).
 */
static struct {
    struct spinlock lock;
    uint32_t head GUARDED_BY(&lock);        /* [lock] free-running */
    uint32_t tail GUARDED_BY(&lock);        /* [lock] moved by the work alone */
    uint8_t bytes[32768] GUARDED_BY(&lock); /* [lock] */
    struct work work;
} typed;

static void console_was_read(struct tty *tty)
{
    (void)tty;
    if (UNLOCKED(READ_ONCE(typed.head) != READ_ONCE(typed.tail), "the work looks again, locked"))
        (void)work_submit(&typed.work);
}

static const struct tty_driver console_driver = {.write = console_tty_write,
                                                 .was_read = console_was_read};

/* Interrupt context: fn of console_set_input. */
static void console_typed(const char *bytes, size_t n)
{
    unsigned long flags = spin_lock_irqsave(&typed.lock);

    for (size_t i = 0; i < n && typed.head - typed.tail < sizeof(typed.bytes); i++)
        typed.bytes[typed.head++ % sizeof(typed.bytes)] = (uint8_t)bytes[i];
    spin_unlock_irqrestore(&typed.lock, flags);
    (void)work_submit(&typed.work);
}

/* Copy the bytes after tail + offset; returns their number. */
static size_t typed_peek(uint32_t offset, uint8_t *bytes, size_t size)
{
    unsigned long flags = spin_lock_irqsave(&typed.lock);
    uint32_t pos = typed.tail + offset;
    size_t n = 0;

    for (; n < size && pos != typed.head; n++)
        bytes[n] = typed.bytes[pos++ % sizeof(typed.bytes)];
    spin_unlock_irqrestore(&typed.lock, flags);
    return n;
}

static void typed_take(size_t n)
{
    unsigned long flags = spin_lock_irqsave(&typed.lock);

    typed.tail += (uint32_t)n;
    spin_unlock_irqrestore(&typed.lock, flags);
}

/*
 * ^C must reach a program that does not read its input. It discards earlier input anyway, so drop
 * the bytes in front of it.
 */
static bool typed_skip_to_interrupt(void)
{
    uint8_t bytes[64];
    uint32_t offset = 0;
    size_t n;

    while ((n = typed_peek(offset, bytes, sizeof(bytes))) > 0) {
        for (size_t i = 0; i < n; i++) {
            if (!tty_is_interrupt(&tty_console, bytes[i]))
                continue;
            typed_take(offset + i);
            mutex_lock(&tty_console.lock);
            tty_flush_input(&tty_console);
            mutex_unlock(&tty_console.lock);
            return true;
        }
        offset += (uint32_t)n;
    }
    return false;
}

static void console_work(struct work *work)
{
    uint8_t bytes[64];
    size_t n, nr_taken;

    (void)work;
    do {
        n = typed_peek(0, bytes, sizeof(bytes));
        nr_taken = tty_receive(&tty_console, bytes, n);
        typed_take(nr_taken);
    } while (n > 0 && (nr_taken == n || typed_skip_to_interrupt()));
}

/* /dev/ttyS0 and /dev/console. Only the first can become a controlling terminal by being opened. */
static int console_open(struct file *file)
{
    int ret = tty_open_file(file, &tty_console);

    if (ret == 0 && DEVNO_MAJOR(file_inode(file)->rdev) == TTY_MAJOR)
        tty_try_control(&tty_console, file);
    return ret;
}

/* /dev/tty: the caller's controlling terminal; /dev/console. */
static int aux_open(struct file *file)
{
    struct tty *tty;

    if (DEVNO_MINOR(file_inode(file)->rdev) == CONSOLE_MINOR)
        return console_open(file);
    if (DEVNO_MINOR(file_inode(file)->rdev) != TTY_MINOR)
        return -ENXIO;
    tty = tty_of_session();
    if (!tty)
        return -ENXIO;
    int ret = tty_open_file(file, tty);

    tty_put(tty);
    return ret;
}

static const struct file_ops console_ops = {.open = console_open, .is_stream = true};
static const struct file_ops aux_ops = {.open = aux_open, .is_stream = true};
static struct device_range console_range = {.name = "ttyS",
                                            .mode_type = S_IFCHR,
                                            .first = DEVNO(TTY_MAJOR, TTYS_MINOR),
                                            .nr = 1,
                                            .ops = &console_ops};
static struct device_range aux_range = {.name = "/dev/tty",
                                        .mode_type = S_IFCHR,
                                        .first = DEVNO(TTYAUX_MAJOR, TTY_MINOR),
                                        .nr = 2,
                                        .ops = &aux_ops};

static struct tty_winsize console_size; /* set by tty.size=; else 0 by 0, as on Linux */

/*
 * tty.size=ROWSxCOLUMNS: a serial line does not report the window size at its other end.
 */
static int set_size(const char *value)
{
    uint64_t rows, columns;
    const char *end;

    if (!value || str_to_u64(value, &end, 10, &rows) != 0 || *end != 'x' ||
        str_to_u64(end + 1, &end, 10, &columns) != 0 || *end != '\0' || rows > UINT16_MAX ||
        columns > UINT16_MAX)
        return -EINVAL;
    console_size = (struct tty_winsize){.rows = (uint16_t)rows, .columns = (uint16_t)columns};
    return 0;
}
BOOTARG("tty.size", set_size);

int tty_boot(void)
{
    tty_init(&tty_console, &console_driver, DEVNO(TTY_MAJOR, TTYS_MINOR), "ttyS0");
    ASSUME_UNSHARED(&tty_console.lock, "nobody has opened it yet");
    tty_console.winsize = console_size;
    spin_init(&typed.lock, "tty-typed");
    work_init(&typed.work, console_work);
    int ret = device_range_register(&console_range);

    if (ret == 0)
        ret = device_range_register(&aux_range);
    if (ret == 0)
        ret = devfs_add("ttyS0", S_IFCHR | 0620, console_range.first);
    if (ret == 0)
        ret = devfs_add("console", S_IFCHR | 0600, DEVNO(TTYAUX_MAJOR, CONSOLE_MINOR));
    if (ret == 0)
        ret = devfs_add("tty", S_IFCHR | 0666, DEVNO(TTYAUX_MAJOR, TTY_MINOR));
    if (ret == 0)
        ret = pty_boot();
    console_set_input(console_typed);
    return ret;
}
