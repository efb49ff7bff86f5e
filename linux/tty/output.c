/*
 * Output processing (termios(3): OPOST and what follows it).
 */
#include <arch/uaccess.h>
#include <string/string.h>

#include "internal.h"

#define CHUNK 128u

/* Process one byte into up to TTY_EXPANSION at out. */
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
        if ((uint8_t)c >= 0x20 && c != DELETE && ((uint8_t)c & 0xc0) != 0x80)
            tty->column++;
        out[0] = c;
        return 1;
    }
}

/*
 * Processes and sends what the driver has room for; how many of the n bytes that was. What one byte
 * becomes goes whole or not at all, so that the count is the truth. Room only grows meanwhile: who
 * holds output_lock is the only one to fill it.
 */
static size_t send(struct tty *tty, const char *bytes, size_t n) REQUIRES(&tty->output_lock)
{
    char out[CHUNK], piece[TTY_EXPANSION];
    size_t room = MIN(tty_room(tty), sizeof(out)), used = 0, nr_done = 0;

    if (!(TTY_PEEK(tty->termios.oflag) & OPOST))
        return tty->driver->write(tty, bytes, n);
    for (; nr_done < n; nr_done++) {
        uint32_t column = tty->column;
        size_t size = process(tty, bytes[nr_done], piece);

        if (size > room - used) {
            tty->column = column;
            break;
        }
        memcpy(out + used, piece, size);
        used += size;
    }
    if (used > 0)
        (void)tty->driver->write(tty, out, used);
    return nr_done;
}

/* Process and send n bytes, or as many as there is room for; returns how many. */
static size_t send_all(struct tty *tty, const char *bytes, size_t n) REQUIRES(&tty->output_lock)
{
    size_t nr_done = 0, nr;

    while (nr_done < n && (nr = send(tty, bytes + nr_done, n - nr_done)) > 0)
        nr_done += nr;
    return nr_done;
}

void tty_echo(struct tty *tty, const char *bytes, size_t n)
{
    mutex_lock(&tty->output_lock);
    (void)send_all(tty, bytes, n);
    mutex_unlock(&tty->output_lock);
}

static bool may_write(struct tty *tty)
{
    return tty_room(tty) >= TTY_EXPANSION || TTY_PEEK(tty->is_hung_up);
}

/* Send n bytes, sleeping for room if permitted; *nr_done grows by those that have gone. 0, -EAGAIN,
 * -EINTR, -EIO. */
static int write_chunk(struct tty *tty, const char *bytes, size_t n, bool may_sleep,
                       size_t *nr_done)
{
    for (;;) {
        mutex_lock(&tty->output_lock);
        size_t nr_sent = send_all(tty, bytes, n);

        mutex_unlock(&tty->output_lock);
        *nr_done += nr_sent;
        bytes += nr_sent;
        n -= nr_sent;
        if (n == 0)
            return 0;
        if (TTY_PEEK(tty->is_hung_up))
            return -EIO;
        if (!may_sleep)
            return -EAGAIN;
        int err = wait_event_interruptible(&tty->writers, may_write(tty));

        if (err)
            return err;
    }
}

static bool may_go_on(struct tty *tty)
{
    return !READ_ONCE(tty->is_stopped) || TTY_PEEK(tty->is_hung_up);
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
            ret =
                is_nonblocking ? -EAGAIN : wait_event_interruptible(&tty->writers, may_go_on(tty));
            continue;
        }
        size_t n = uio_copy_from(uio, chunk, sizeof(chunk));

        if (n == 0 || uio->has_fault) /* a piece is written whole, as on Linux */
            break;
        ret = write_chunk(tty, chunk, n, !is_nonblocking, &nr_done);
    }
    return nr_done == 0 && ret != 0 ? ret : uio_result(uio, nr_done);
}

void tty_start(struct tty *tty)
{
    WRITE_ONCE(tty->is_stopped, false);
    wait_wake_all(&tty->writers);
    poll_notify(&tty->poll, POLLOUT | POLLWRNORM);
}
