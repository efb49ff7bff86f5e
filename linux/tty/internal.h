#ifndef TTY_INTERNAL_H
#define TTY_INTERNAL_H

#include <abi/abi.h>
#include <base/errno.h>
#include <tty/tty.h>
#include <uio/uio.h>
#include <vfs/file.h>

/* asm-generic/termbits.h and termbits-common.h */
enum {
    VINTR,
    VQUIT,
    VERASE,
    VKILL,
    VEOF,
    VTIME,
    VMIN,
    VSWTC,
    VSTART,
    VSTOP,
    VSUSP,
    VEOL,
    VREPRINT,
    VDISCARD,
    VWERASE,
    VLNEXT,
    VEOL2
};
#define CONTROL(c) ((c)&0x1f) /* the character of ^c */
#define DELETE     0x7f

#define BRKINT  0x0002u
#define ISTRIP  0x0020u
#define INLCR   0x0040u
#define IGNCR   0x0080u
#define ICRNL   0x0100u
#define IUCLC   0x0200u
#define IXON    0x0400u
#define IXANY   0x0800u
#define IMAXBEL 0x2000u
#define IUTF8   0x4000u
#define OPOST   0x0001u
#define OLCUC   0x0002u
#define ONLCR   0x0004u
#define OCRNL   0x0008u
#define ONOCR   0x0010u
#define ONLRET  0x0020u
#define TABDLY  0x1800u
#define XTABS   0x1800u
#define B38400  0x000fu
#define B115200 0x1002u
#define CS8     0x0030u
#define CREAD   0x0080u
#define HUPCL   0x0400u
#define ISIG    0x0001u
#define ICANON  0x0002u
#define ECHO    0x0008u
#define ECHOE   0x0010u
#define ECHOK   0x0020u
#define ECHONL  0x0040u
#define NOFLSH  0x0080u
#define TOSTOP  0x0100u
#define ECHOCTL 0x0200u
#define ECHOKE  0x0800u
#define IEXTEN  0x8000u

/* ---- tty.c ---- */

void tty_init(struct tty *tty, const struct tty_driver *driver, devno_t devno, const char *name);
void tty_get(struct tty *tty);
void tty_put(struct tty *tty);
extern const struct file_ops tty_file_ops;
/* Attach the file to tty (taking a reference); may make tty the caller's controlling terminal. */
int tty_open_file(struct file *file, struct tty *tty);

/* ---- input.c ---- */

static inline bool tty_is_canonical(const struct tty *tty) REQUIRES(&tty->lock)
{
    return (tty->termios.lflag & ICANON) != 0;
}

/* True if the byte at this count ends a line. */
static inline bool tty_is_line_end(const struct tty *tty, uint32_t pos) REQUIRES(&tty->lock)
{
    pos %= TTY_BUFFER_SIZE;
    return tty->line_ends[pos / 64] >> (pos % 64) & 1;
}

/* Take bytes from the other side; returns how many: the rest can be sent again when input has been
 * read. Thread context. */
size_t tty_receive(struct tty *tty, const uint8_t *bytes, size_t n);
/* Tell the sender that there may be room again. */
static inline void tty_was_read(struct tty *tty)
{
    if (tty->driver->was_read)
        tty->driver->was_read(tty);
}

/* True if this byte would send a signal and discard the input before it. */
bool tty_is_interrupt(struct tty *tty, uint8_t c);
/* Read a word of the settings or state without the lock. */
#define TTY_PEEK(word) UNLOCKED(READ_ONCE(word), "one word, of which any moment's value is right")
/* True if a read can return. Exact with tty->lock, a hint without. */
bool tty_has_input(const struct tty *tty);
/* True if poll(2) reports it readable: in raw mode, if there is as much as a read waits for. */
bool tty_is_readable(const struct tty *tty);
/* Count the bytes that a read can get now. */
uint32_t tty_nr_input(const struct tty *tty) REQUIRES(&tty->lock);
void tty_flush_input(struct tty *tty) REQUIRES(&tty->lock);
/* Wake readers and pollers after a change of the settings. */
void tty_settings_changed(struct tty *tty, bool was_canonical) REQUIRES(&tty->lock);

/* ---- read.c ---- */

ssize_t tty_read(struct tty *tty, struct uio *uio, bool is_nonblocking);

/* ---- output.c ---- */

#define TTY_EXPANSION 8u /* what one byte becomes at most: a tab's blanks */

/* Return how many bytes the driver takes now. A write can make progress with room for one
 * expansion. */
static inline size_t tty_room(struct tty *tty)
{
    return tty->driver->room ? tty->driver->room(tty) : SIZE_MAX;
}

ssize_t tty_write(struct tty *tty, struct uio *uio, bool is_nonblocking);
/* Echo bytes through output processing; those without room are dropped. */
void tty_echo(struct tty *tty, const char *bytes, size_t n);
void tty_start(struct tty *tty);

/* ---- job.c ---- */

/* Send a signal to the foreground group. No lock held. */
void tty_signal(struct tty *tty, int signal);
/* Check that the calling process may read (SIGTTIN) or change (SIGTTOU) the terminal: 0, -EIO,
 * -ERESTARTSYS. */
int tty_check_background(struct tty *tty, int signal);
/* True if it is the caller's controlling terminal. */
bool tty_is_own(const struct tty *tty);
/* Make an opened terminal the caller's controlling terminal if possible. */
void tty_try_control(struct tty *tty, const struct file *file);
long tty_job_ioctl(struct tty *tty, const struct file *file, unsigned cmd, uint64_t arg);
/* Return the terminal of the caller's session with a reference, or NULL. */
struct tty *tty_of_session(void);
/* Hang up: the other side is closed for good. Sends SIGHUP; reads and writes end. */
void tty_hang_up(struct tty *tty);

/* ---- ioctl.c, pty.c ---- */

#define TIOCSPGRP 0x5410u
/* By way of file: one of the terminal's, or the master's of a pseudoterminal. */
long tty_ioctl(struct tty *tty, const struct file *file, unsigned cmd, uint64_t arg);
static inline bool tty_file_is_master(const struct file *file)
{
    return file->ops != &tty_file_ops;
}
/* tcflush(3): discard input that was not read, output that was not received. */
#define TCFLSH    0x540bu
#define TCIFLUSH  0u
#define TCOFLUSH  1u
#define TCIOFLUSH 2u
void tty_flush(struct tty *tty, bool input, bool output);
int pty_boot(void);

#endif
