/*
 * Input processing: canonical and raw mode, special characters, line editing, echo.
 *
 * The read buffer holds typed bytes between tail and head. In canonical mode only complete lines,
 * up to `canon`, can be read; a bit in line_ends marks the byte that ends a line. An end of file
 * (VEOF) is a line end whose byte is 0, which readers do not get.
 */
#include <abi/abi.h>
#include <string/string.h>

#include "internal.h"

#define DISABLED 0 /* disables a special character */

static void put_byte(struct tty *tty, uint8_t c, bool is_line_end) REQUIRES(&tty->lock)
{
    uint32_t pos = tty->head % TTY_BUFFER_SIZE;

    tty->buffer[pos] = c;
    if (is_line_end)
        tty->line_ends[pos / 64] |= 1ull << (pos % 64);
    else
        tty->line_ends[pos / 64] &= ~(1ull << (pos % 64));
    tty->head++;
}

static bool is_end_of_file(const struct tty *tty, uint32_t pos) REQUIRES(&tty->lock)
{
    return tty->buffer[pos % TTY_BUFFER_SIZE] == 0 && tty_is_line_end(tty, pos);
}

bool tty_has_input(const struct tty *tty) NO_LOCK_CHECK("exact with the lock, a hint without")
{
    return tty->tail != (tty_is_canonical(tty) ? tty->canon : tty->head);
}

bool tty_is_readable(const struct tty *tty) NO_LOCK_CHECK("exact with the lock, a hint without")
{
    uint32_t nr_min = tty->termios.cc[VTIME] == 0 ? tty->termios.cc[VMIN] : 1;

    if (tty_is_canonical(tty))
        return tty_has_input(tty);
    return tty->head - tty->tail >= MAX(nr_min, 1u);
}

uint32_t tty_nr_input(const struct tty *tty)
{
    uint32_t nr = tty->head - tty->tail;

    if (!tty_is_canonical(tty))
        return nr;
    nr = tty->canon - tty->tail;
    for (uint32_t pos = tty->tail; pos != tty->canon; pos++)
        nr -= is_end_of_file(tty, pos);
    return nr;
}

void tty_flush_input(struct tty *tty)
{
    tty->tail = tty->canon = tty->head;
}

/* Bytes typed in raw mode count as a complete line; an unfinished line becomes readable at once. */
static void complete(struct tty *tty, bool was_canonical) REQUIRES(&tty->lock)
{
    uint32_t pos = (tty->head - 1) % TTY_BUFFER_SIZE;

    if (tty->head != tty->tail && !was_canonical && tty->buffer[pos] != 0)
        tty->line_ends[pos / 64] |= 1ull << (pos % 64);
    tty->canon = tty->head;
    tty->is_next_literal = false;
}

void tty_settings_changed(struct tty *tty, bool was_canonical)
{
    if (was_canonical != tty_is_canonical(tty))
        complete(tty, was_canonical);
    wait_wake_all(&tty->readers);
    poll_notify(&tty->poll, POLLIN | POLLRDNORM);
}

/* ---- echo ---- */

/* True if c is echoed as ^X. */
static bool is_caret(const struct tty *tty, uint8_t c) REQUIRES(&tty->lock)
{
    return (tty->termios.lflag & ECHOCTL) && (c < 0x20 || c == DELETE) && c != '\t';
}

/* A byte that is nothing but itself, be it a newline. */
static void echo_literal(struct tty *tty, uint8_t c) REQUIRES(&tty->lock)
{
    const char caret[2] = {'^', (char)(c ^ 0x40)};
    const char plain = (char)c;

    if (!(tty->termios.lflag & ECHO))
        return;
    if (is_caret(tty, c))
        tty_echo(tty, caret, 2);
    else
        tty_echo(tty, &plain, 1);
}

static void echo(struct tty *tty, uint8_t c) REQUIRES(&tty->lock)
{
    uint32_t lflag = tty->termios.lflag;

    if (c != '\n')
        echo_literal(tty, c);
    else if ((lflag & ECHO) || (tty_is_canonical(tty) && (lflag & ECHONL)))
        tty_echo(tty, "\n", 1);
}

static bool is_continuation(const struct tty *tty, uint8_t c) REQUIRES(&tty->lock)
{
    return (tty->termios.iflag & IUTF8) != 0 && (c & 0xc0) == 0x80;
}

/* Count the columns of the unfinished line up to `end`, from its own bytes. */
static uint32_t line_width(const struct tty *tty, uint32_t end) REQUIRES(&tty->lock)
{
    uint32_t width = 0;

    for (uint32_t pos = tty->canon; pos != end; pos++) {
        uint8_t c = tty->buffer[pos % TTY_BUFFER_SIZE];

        if (c == '\t')
            width += 8 - width % 8;
        else if (is_caret(tty, c))
            width += 2;
        else if (c >= 0x20 && !is_continuation(tty, c))
            width++;
    }
    return width;
}

static void echo_erase(struct tty *tty, uint32_t old_end) REQUIRES(&tty->lock)
{
    uint32_t lflag = tty->termios.lflag;

    if ((lflag & ECHO) == 0)
        return;
    if ((lflag & ECHOE) == 0) {
        echo(tty, tty->termios.cc[VERASE]);
        return;
    }
    /* A tab's width depends on the column where the prompt ended; an estimate from the line itself
     * is close enough. */
    for (uint32_t n = line_width(tty, old_end) - line_width(tty, tty->head); n > 0; n--)
        tty_echo(tty, "\b \b", 3);
}

/* ---- editing ---- */

static void erase_char(struct tty *tty) REQUIRES(&tty->lock)
{
    uint32_t old_end = tty->head;

    if (tty->head == tty->canon)
        return;
    do
        tty->head--;
    while (tty->head != tty->canon &&
           is_continuation(tty, tty->buffer[tty->head % TTY_BUFFER_SIZE]));
    echo_erase(tty, old_end);
}

static bool is_word_char(uint8_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           c >= 0x80;
}

static void erase_word(struct tty *tty) REQUIRES(&tty->lock)
{
    uint32_t old_end = tty->head;
    bool has_seen_word = false;

    while (tty->head != tty->canon) {
        bool is_word = is_word_char(tty->buffer[(tty->head - 1) % TTY_BUFFER_SIZE]);

        if (has_seen_word && !is_word)
            break;
        has_seen_word |= is_word;
        tty->head--;
    }
    echo_erase(tty, old_end);
}

static void erase_line(struct tty *tty) REQUIRES(&tty->lock)
{
    uint32_t old_end = tty->head;
    uint32_t lflag = tty->termios.lflag;

    tty->head = tty->canon;
    if ((lflag & ECHOK) && (lflag & ECHOKE) && (lflag & ECHOE)) {
        echo_erase(tty, old_end);
        return;
    }
    echo(tty, tty->termios.cc[VKILL]);
    if ((lflag & ECHOK) != 0 && (lflag & ECHO) != 0)
        tty_echo(tty, "\n", 1);
}

static void reprint(struct tty *tty) REQUIRES(&tty->lock)
{
    echo(tty, tty->termios.cc[VREPRINT]);
    tty_echo(tty, "\n", 1);
    for (uint32_t pos = tty->canon; pos != tty->head; pos++)
        echo(tty, tty->buffer[pos % TTY_BUFFER_SIZE]);
}

/* ---- one byte ---- */

static bool is_special(const struct tty *tty, unsigned which, uint8_t c) REQUIRES(&tty->lock)
{
    return c != DISABLED && tty->termios.cc[which] == c;
}

/* Return the signal that a byte sends, or 0. */
static int signal_of(const struct tty *tty, uint8_t c) REQUIRES(&tty->lock)
{
    if ((tty->termios.lflag & ISIG) == 0)
        return 0;
    if (is_special(tty, VINTR, c))
        return SIGINT;
    if (is_special(tty, VQUIT, c))
        return SIGQUIT;
    return is_special(tty, VSUSP, c) ? SIGTSTP : 0;
}

/* Handle a byte typed in canonical mode. True: it was an editing character. */
static bool edit(struct tty *tty, uint8_t c) REQUIRES(&tty->lock)
{
    bool is_extended = (tty->termios.lflag & IEXTEN) != 0;

    if (is_special(tty, VERASE, c) || (c == '\b' && tty->termios.cc[VERASE] == DELETE)) {
        erase_char(tty);
    } else if (is_special(tty, VKILL, c)) {
        erase_line(tty);
    } else if (is_extended && is_special(tty, VWERASE, c)) {
        erase_word(tty);
    } else if (is_extended && is_special(tty, VREPRINT, c)) {
        reprint(tty);
    } else if (is_extended && is_special(tty, VLNEXT, c)) {
        tty->is_next_literal = true;
        if ((tty->termios.lflag & (ECHO | ECHOCTL)) == (ECHO | ECHOCTL))
            tty_echo(tty, "^\b", 2);
    } else {
        return false;
    }
    return true;
}

static void finish_line(struct tty *tty, uint8_t c) REQUIRES(&tty->lock)
{
    put_byte(tty, c, true);
    tty->canon = tty->head;
}

static bool is_full(const struct tty *tty) REQUIRES(&tty->lock)
{
    /* Reserve one place for the end of the line. */
    return tty->head - tty->tail >= TTY_BUFFER_SIZE - 1;
}

/*
 * Input without room stays with its sender. Only an unfinished line that fills the buffer keeps
 * taking bytes: the excess is dropped, since its newline must come through.
 */
static bool has_no_room(const struct tty *tty) REQUIRES(&tty->lock)
{
    if (tty_is_canonical(tty))
        return is_full(tty) && tty->canon != tty->tail;
    return tty->head - tty->tail >= TTY_BUFFER_SIZE;
}

static void take_canonical(struct tty *tty, uint8_t c) REQUIRES(&tty->lock)
{
    if (tty->is_next_literal) {
        tty->is_next_literal = false;
        if (!is_full(tty)) {
            put_byte(tty, c, false);
            echo_literal(tty, c);
        }
        return;
    }
    if (edit(tty, c))
        return;
    if (c == '\n') {
        echo(tty, c);
        finish_line(tty, c);
    } else if (is_special(tty, VEOF, c)) {
        finish_line(tty, 0);
    } else if (is_special(tty, VEOL, c) ||
               ((tty->termios.lflag & IEXTEN) != 0 && is_special(tty, VEOL2, c))) {
        echo(tty, c);
        finish_line(tty, c);
    } else if (is_full(tty)) {
        if ((tty->termios.iflag & IMAXBEL) != 0)
            tty_echo(tty, "\a", 1);
    } else {
        put_byte(tty, c, false);
        echo(tty, c);
    }
}

/* Start and stop characters; true: consumed. */
static bool flow_control(struct tty *tty, uint8_t c) REQUIRES(&tty->lock)
{
    if ((tty->termios.iflag & IXON) == 0)
        return false;
    if (is_special(tty, VSTART, c)) {
        tty_start(tty);
        return true;
    }
    if (is_special(tty, VSTOP, c)) {
        WRITE_ONCE(tty->is_stopped, true);
        return true;
    }
    if (tty->is_stopped && (tty->termios.iflag & IXANY) != 0)
        tty_start(tty);
    return false;
}

/* Take one byte. Returns the signal to send once the lock is released, or 0. */
static int take_byte(struct tty *tty, uint8_t c) REQUIRES(&tty->lock)
{
    uint32_t iflag = tty->termios.iflag;

    if ((iflag & ISTRIP) != 0)
        c &= 0x7f;
    if (!tty->is_next_literal) {
        if (flow_control(tty, c))
            return 0;
        int signal = signal_of(tty, c);

        if (signal != 0) {
            if ((tty->termios.lflag & NOFLSH) == 0)
                tty_flush_input(tty);
            tty_start(tty);
            echo(tty, c);
            return signal;
        }
        if (c == '\r' && (iflag & IGNCR) != 0)
            return 0;
        if (c == '\r' && (iflag & ICRNL) != 0)
            c = '\n';
        else if (c == '\n' && (iflag & INLCR) != 0)
            c = '\r';
    }
    if (tty_is_canonical(tty)) {
        take_canonical(tty, c);
    } else if (tty->head - tty->tail < TTY_BUFFER_SIZE) {
        echo(tty, c);
        put_byte(tty, c, false);
    }
    return 0;
}

size_t tty_receive(struct tty *tty, const uint8_t *bytes, size_t n)
{
    size_t nr_taken = 0;

    while (nr_taken < n) {
        int signal = 0;

        mutex_lock(&tty->lock);
        while (nr_taken < n && signal == 0) {
            if (has_no_room(tty))
                break;
            signal = take_byte(tty, bytes[nr_taken++]);
        }
        bool is_readable = tty_has_input(tty);

        mutex_unlock(&tty->lock);
        if (is_readable) {
            wait_wake_all(&tty->readers);
            poll_notify(&tty->poll, POLLIN | POLLRDNORM);
        }
        if (signal == 0)
            break;
        tty_signal(tty, signal);
    }
    return nr_taken;
}

bool tty_is_interrupt(struct tty *tty, uint8_t c)
{
    mutex_lock(&tty->lock);
    bool is_one = (tty->termios.lflag & NOFLSH) == 0 && signal_of(tty, c) != 0;

    mutex_unlock(&tty->lock);
    return is_one;
}
