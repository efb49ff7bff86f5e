/*
 * Reads from the read buffer (input.c), and waits until there is enough in it.
 */
#include <time/time.h>

#include "internal.h"

/* Read one line, or part of it. An end of file goes with what is before it, also where that fills
 * the buffer: the next read is not to take it for one of its own. */
static ssize_t read_line(struct tty *tty, struct uio *uio) REQUIRES(&tty->lock)
{
    size_t nr_done = 0;

    while (tty->tail != tty->canon) {
        uint8_t c = tty->buffer[tty->tail % TTY_BUFFER_SIZE];
        bool is_end = tty_is_line_end(tty, tty->tail);

        if (is_end && c == 0) {
            tty->tail++;
            break;
        }
        if (uio->nr_left == 0)
            break;
        if (uio_copy_to(uio, &c, 1) != 1)
            return nr_done > 0 ? (ssize_t)nr_done : -EFAULT;
        tty->tail++;
        nr_done++;
        if (is_end)
            break;
    }
    return (ssize_t)nr_done;
}

/* Read what is buffered, in up to two pieces. */
static ssize_t read_raw(struct tty *tty, struct uio *uio) REQUIRES(&tty->lock)
{
    size_t nr_done = 0;

    while (tty->tail != tty->head && uio->nr_left > 0 && !uio->has_fault) {
        uint32_t at = tty->tail % TTY_BUFFER_SIZE;
        size_t n = MIN(tty->head - tty->tail, TTY_BUFFER_SIZE - at);

        n = uio_copy_to(uio, &tty->buffer[at], n);
        tty->tail += (uint32_t)n;
        nr_done += n;
    }
    /* In raw mode every byte counts as a line. */
    tty->canon = tty->head;
    return uio_result(uio, nr_done);
}

/* Wait in raw mode for nr_min bytes, or until the time between bytes (tenths of a second) has
 * passed. */
static int wait_raw(struct tty *tty, uint32_t nr_min, uint32_t vtime)
    NO_LOCK_CHECK("hints of when to look: who reads looks again, with the lock")
{
    uint64_t step_ns = (uint64_t)vtime * 100 * NS_PER_MSEC;

    for (;;) {
        uint32_t before = READ_ONCE(tty->head);
        /* With VMIN the timer starts at the first byte. */
        bool is_timed = vtime > 0 && (nr_min == 0 || before != tty->tail);
        int ret = wait_event_interruptible_until(
            &tty->readers,
            READ_ONCE(tty->head) != before || READ_ONCE(tty->is_hung_up) || tty_is_canonical(tty),
            is_timed ? time_deadline_ns(step_ns) : TIME_NEVER);

        if (ret != 0)
            return ret == -ETIMEDOUT ? 0 : ret;
        if (tty->head - tty->tail >= nr_min || tty->is_hung_up || tty_is_canonical(tty))
            return 0;
    }
}

/* Sleep until a read can return. Called and returns without the lock. 0 or -EINTR, -EAGAIN. */
static int wait_input(struct tty *tty, size_t nr_wanted, bool is_nonblocking, bool *is_over)
    NO_LOCK_CHECK("hints of when to look: who reads looks again, with the lock")
{
    uint32_t nr_min = tty->termios.cc[VMIN];
    uint32_t vtime = tty->termios.cc[VTIME];

    *is_over = false;
    if (tty_is_canonical(tty)) {
        if (is_nonblocking)
            return -EAGAIN;
        return wait_event_interruptible(&tty->readers,
                                        tty_has_input(tty) || READ_ONCE(tty->is_hung_up));
    }
    nr_min = (uint32_t)MIN((size_t)nr_min, nr_wanted);
    if (nr_min == 0 && vtime == 0) {
        *is_over = true;
        return 0;
    }
    if (is_nonblocking)
        return -EAGAIN;
    *is_over = true;
    return wait_raw(tty, nr_min, vtime);
}

/* True if enough has arrived for a read of nr_wanted bytes to return. */
static bool is_enough(const struct tty *tty, size_t nr_wanted, bool is_nonblocking)
    REQUIRES(&tty->lock)
{
    if (!tty_has_input(tty))
        return false;
    if (tty_is_canonical(tty) || is_nonblocking)
        return true;
    return tty->head - tty->tail >= MIN((size_t)tty->termios.cc[VMIN], nr_wanted);
}

ssize_t tty_read(struct tty *tty, struct uio *uio, bool is_nonblocking)
{
    bool is_over = false;
    ssize_t ret;

    if (uio->nr_left == 0)
        return 0;
    for (;;) {
        ret = tty_check_background(tty, SIGTTIN);
        if (ret != 0)
            return ret;
        mutex_lock(&tty->lock);
        if (is_enough(tty, uio->nr_left, is_nonblocking) || (is_over && !tty_is_canonical(tty))) {
            ret = tty_is_canonical(tty) ? read_line(tty, uio) : read_raw(tty, uio);
            break;
        }
        if (tty->is_hung_up) {
            ret = 0;
            break;
        }
        mutex_unlock(&tty->lock);
        ret = wait_input(tty, uio->nr_left, is_nonblocking, &is_over);
        if (ret != 0)
            return ret;
    }
    mutex_unlock(&tty->lock);
    tty_was_read(tty);
    return ret;
}
