/*
 * Output processing (termios(3): OPOST and what follows it).
 */
#include <arch/uaccess.h>
#include <string/string.h>

#include "internal.h"

#define CHUNK 128u

/* One byte becomes up to 8 at out. */
static size_t process(struct tty *tty, char c, char *out) REQUIRES(&tty->output_lock)
{
    uint32_t oflag = TTY_PEEK(tty->termios.oflag);
    size_t n = 0;

    switch (c) {
    case '\n':
        if ((oflag & ONLCR) != 0) {
            out[n++] = '\r';
            tty->column = 0;
        } else if ((oflag & ONLRET) != 0) {
            tty->column = 0;
        }
        out[n++] = '\n';
        return n;
    case '\r':
        if ((oflag & ONOCR) != 0 && tty->column == 0)
            return 0;
        if ((oflag & OCRNL) != 0) {
            out[0] = '\n';
            return 1;
        }
        tty->column = 0;
        out[0] = '\r';
        return 1;
    case '\t': {
        uint32_t width = 8 - tty->column % 8;

        tty->column += width;
        if ((oflag & TABDLY) != XTABS) {
            out[0] = '\t';
            return 1;
        }
        memset(out, ' ', width);
        return width;
    }
    case '\b':
        if (tty->column > 0)
            tty->column--;
        out[0] = '\b';
        return 1;
    default:
        if ((oflag & OLCUC) != 0)
            c = char_to_upper(c);
        /* Control characters do not move the cursor, nor do continuation bytes of UTF-8. */
        if ((uint8_t)c >= 0x20 && c != 0x7f && ((uint8_t)c & 0xc0) != 0x80)
            tty->column++;
        out[0] = c;
        return 1;
    }
}

static bool may_write(struct tty *tty)
{
    return tty->driver->has_room(tty) || TTY_PEEK(tty->is_hung_up);
}

/* Hands bytes to the driver, sleeping for room if it says so. 0, -EAGAIN, -EINTR, -EIO. */
static int send(struct tty *tty, const char *bytes, size_t n, bool may_sleep)
    REQUIRES(&tty->output_lock)
{
    for (;;) {
        size_t nr_taken = tty->driver->write(tty, bytes, n);

        bytes += nr_taken;
        n -= nr_taken;
        if (n == 0)
            return 0;
        if (TTY_PEEK(tty->is_hung_up))
            return -EIO;
        if (!may_sleep)
            return -EAGAIN;
        mutex_unlock(&tty->output_lock);
        int ret = wait_event_interruptible(&tty->writers, may_write(tty));

        mutex_lock(&tty->output_lock);
        if (ret != 0)
            return ret;
    }
}

/* Processes and sends n bytes. */
static int write_processed(struct tty *tty, const char *bytes, size_t n, bool may_sleep)
    REQUIRES(&tty->output_lock)
{
    char out[CHUNK];
    size_t used = 0;

    if ((TTY_PEEK(tty->termios.oflag) & OPOST) == 0)
        return send(tty, bytes, n, may_sleep);
    for (size_t i = 0; i < n; i++) {
        if (used + 8 > sizeof(out)) {
            int ret = send(tty, out, used, may_sleep);

            if (ret != 0)
                return ret;
            used = 0;
        }
        used += process(tty, bytes[i], out + used);
    }
    return used == 0 ? 0 : send(tty, out, used, may_sleep);
}

void tty_echo(struct tty *tty, const char *bytes, size_t n)
{
    mutex_lock(&tty->output_lock);
    (void)write_processed(tty, bytes, n, false);
    mutex_unlock(&tty->output_lock);
}

ssize_t tty_write(struct tty *tty, struct uio *uio, bool is_nonblocking)
{
    char chunk[CHUNK];
    size_t nr_done = 0;
    int ret = 0;

    while (uio->nr_left > 0 && ret == 0) {
        if (TTY_PEEK(tty->is_hung_up)) {
            ret = -EIO;
            break;
        }
        if (READ_ONCE(tty->is_stopped)) {
            ret = is_nonblocking
                      ? -EAGAIN
                      : wait_event_interruptible(&tty->writers, !READ_ONCE(tty->is_stopped));
            continue;
        }
        size_t n = uio_copy_from(uio, chunk, sizeof(chunk));

        if (n == 0 || uio->has_fault) /* a piece goes whole, as on Linux */
            break;
        mutex_lock(&tty->output_lock);
        ret = write_processed(tty, chunk, n, !is_nonblocking);
        mutex_unlock(&tty->output_lock);
        if (ret == 0)
            nr_done += n;
    }
    return nr_done == 0 && ret != 0 ? ret : uio_result(uio, nr_done);
}

void tty_start(struct tty *tty)
{
    WRITE_ONCE(tty->is_stopped, false);
    wait_wake_all(&tty->writers);
    poll_notify(&tty->poll, POLLOUT | POLLWRNORM);
}
