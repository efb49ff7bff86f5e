/*
 * ioctl_tty(2): settings, window size, queues.
 */
#include <arch/uaccess.h>
#include <file/ioctl.h>
#include <string/string.h>
#include <task/task.h>

#include "internal.h"

#define TCGETS     0x5401u
#define TCSETS     0x5402u
#define TCSETSW    0x5403u
#define TCSETSF    0x5404u
#define TCSBRK     0x5409u
#define TCXONC     0x540au
#define TIOCOUTQ   0x5411u
#define TIOCSTI    0x5412u
#define TIOCGWINSZ 0x5413u
#define TIOCSWINSZ 0x5414u
#define TIOCGETD   0x5424u
#define TCSBRKP    0x5425u
#define TCGETS2    0x802c542au
#define TCSETS2    0x402c542bu
#define TCSETSW2   0x402c542cu
#define TCSETSF2   0x402c542du

/* Actions of TCXONC. */
#define TCOOFF 0u
#define TCOON  1u
#define TCIOFF 2u
#define TCION  3u

#define TERMIOS_SIZE  36u /* sizeof(struct termios), which lacks the speeds */
#define TERMIOS2_SIZE 44u
_Static_assert(sizeof(struct tty_termios) == TERMIOS2_SIZE, "struct termios2");

static long get_termios(struct tty *tty, uint64_t arg, size_t size)
{
    mutex_lock(&tty->lock);
    struct tty_termios termios = tty->termios;

    mutex_unlock(&tty->lock);
    return copy_to_user(arg, &termios, size);
}

static long set_termios(struct tty *tty, uint64_t arg, size_t size, bool is_flush)
{
    struct tty_termios wanted;
    long ret = tty_check_background(tty, SIGTTOU);

    if (ret != 0)
        return ret;
    mutex_lock(&tty->lock);
    wanted = tty->termios;
    mutex_unlock(&tty->lock);
    if (copy_from_user(&wanted, arg, size) != 0)
        return -EFAULT;
    wanted.line = 0; /* N_TTY is the only line discipline */
    mutex_lock(&tty->lock);
    bool was_canonical = (tty->termios.lflag & ICANON) != 0;

    /* Output is never queued here, so there is nothing to drain before TCSETSW takes effect. */
    mutex_lock(&tty->output_lock);
    tty->termios = wanted;
    mutex_unlock(&tty->output_lock);
    if (is_flush)
        tty_flush_input(tty);
    tty_settings_changed(tty, was_canonical);
    if ((wanted.iflag & IXON) == 0 && tty->is_stopped)
        tty_start(tty);
    mutex_unlock(&tty->lock);
    tty_was_read(tty);
    return 0;
}

static long set_winsize(struct tty *tty, uint64_t arg)
{
    struct tty_winsize wanted;

    if (copy_from_user(&wanted, arg, sizeof(wanted)) != 0)
        return -EFAULT;
    mutex_lock(&tty->lock);
    bool is_changed = memcmp(&tty->winsize, &wanted, sizeof(wanted)) != 0;

    tty->winsize = wanted;
    mutex_unlock(&tty->lock);
    if (is_changed)
        tty_signal(tty, SIGWINCH);
    return 0;
}

static long get_winsize(struct tty *tty, uint64_t arg)
{
    mutex_lock(&tty->lock);
    struct tty_winsize winsize = tty->winsize;

    mutex_unlock(&tty->lock);
    return copy_to_user(arg, &winsize, sizeof(winsize));
}

static long put_int(uint64_t arg, int32_t value)
{
    return copy_to_user(arg, &value, sizeof(value));
}

static long flow(struct tty *tty, uint64_t action)
{
    long ret = tty_check_background(tty, SIGTTOU);
    char c;

    if (ret != 0)
        return ret;
    switch (action) {
    case TCOOFF:
        WRITE_ONCE(tty->is_stopped, true);
        return 0;
    case TCOON:
        tty_start(tty);
        return 0;
    case TCIOFF:
    case TCION:
        mutex_lock(&tty->lock);
        c = (char)tty->termios.cc[action == TCIOFF ? VSTOP : VSTART];
        mutex_unlock(&tty->lock);
        if (c != 0)
            tty_echo(tty, &c, 1);
        return 0;
    default:
        return -EINVAL;
    }
}

void tty_flush(struct tty *tty, bool input, bool output)
{
    if (input) {
        mutex_lock(&tty->lock);
        tty_flush_input(tty);
        mutex_unlock(&tty->lock);
        tty_was_read(tty);
    }
    if (output && tty->driver->flush)
        tty->driver->flush(tty);
}

static long flush(struct tty *tty, uint64_t queue)
{
    long ret = tty_check_background(tty, SIGTTOU);

    if (ret != 0)
        return ret;
    if (queue > TCIOFLUSH)
        return -EINVAL;
    tty_flush(tty, queue != TCOFLUSH, queue != TCIFLUSH);
    return 0;
}

static long nr_readable(struct tty *tty, uint64_t arg)
{
    mutex_lock(&tty->lock);
    int32_t nr = (int32_t)tty_nr_input(tty);

    mutex_unlock(&tty->lock);
    return put_int(arg, nr);
}

static long type_byte(struct tty *tty, uint64_t arg)
{
    uint8_t c;

    if (!tty_is_own(tty) && !cred_has_cap(cred_current(), CAP_SYS_ADMIN))
        return -EPERM;
    if (copy_from_user(&c, arg, 1) != 0)
        return -EFAULT;
    (void)tty_receive(tty, &c, 1);
    return 0;
}

long tty_ioctl(struct tty *tty, const struct file *file, unsigned cmd, uint64_t arg)
{
    if (TTY_PEEK(tty->is_hung_up))
        return cmd == TIOCSPGRP ? -ENOTTY : -EIO;
    switch (cmd) {
    case TCGETS:
        return get_termios(tty, arg, TERMIOS_SIZE);
    case TCGETS2:
        return get_termios(tty, arg, TERMIOS2_SIZE);
    case TCSETS:
    case TCSETSW:
    case TCSETSF:
        return set_termios(tty, arg, TERMIOS_SIZE, cmd == TCSETSF);
    case TCSETS2:
    case TCSETSW2:
    case TCSETSF2:
        return set_termios(tty, arg, TERMIOS2_SIZE, cmd == TCSETSF2);
    case TCSBRK: /* arg != 0 is tcdrain(3): output is always drained; breaks are not supported */
    case TCSBRKP:
        return tty_check_background(tty, SIGTTOU);
    case TCXONC:
        return flow(tty, arg);
    case TCFLSH:
        return flush(tty, arg);
    case TIOCOUTQ:
        return put_int(arg, 0);
    case FIONREAD:
        return nr_readable(tty, arg);
    case TIOCGWINSZ:
        return get_winsize(tty, arg);
    case TIOCSWINSZ:
        return set_winsize(tty, arg);
    case TIOCSTI:
        return type_byte(tty, arg);
    case TIOCGETD:
        return put_int(arg, 0);
    default:
        return tty_job_ioctl(tty, file, cmd, arg);
    }
}
