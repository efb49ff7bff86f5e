/*
 * Terminals: the line discipline N_TTY of termios(3), controlling terminals and job control, over
 * the console and over pseudoterminals.
 *
 * Input bytes (from the console in interrupt context, where they only enter a ring; from a
 * pseudoterminal's master in thread context) pass the discipline in thread context: special
 * characters, editing, echo, then the read buffer. Signals go to the foreground process group.
 *
 * Locks: tty->lock (mutex) guards settings and the read buffer; tty->output_lock (mutex), taken
 * after it, keeps pieces of output together; process_lock guards the tie to a session and is taken
 * with neither held, or last.
 */
#ifndef TTY_TTY_H
#define TTY_TTY_H

#include <base/types.h>
#include <file/poll.h>
#include <lock/spinlock.h>
#include <sync/mutex.h>
#include <sync/waitqueue.h>
#include <vfs/stat.h>

struct process_group;
struct session;
struct tty;

/* The kernel's struct termios2 of asm-generic/termbits.h; the first 36 bytes are struct termios. */
#define TTY_NCCS 19
struct tty_termios {
    uint32_t iflag, oflag, cflag, lflag;
    uint8_t line;
    uint8_t cc[TTY_NCCS];
    uint32_t ispeed, ospeed;
};

struct tty_winsize {
    uint16_t rows, columns, xpixel, ypixel;
};

struct tty_driver {
    /* Send processed output; returns the number of bytes taken. May sleep. */
    size_t (*write)(struct tty *tty, const char *bytes, size_t n);
    /* How many bytes write takes now; what is written alone makes it less. NULL: it always takes
     * all. */
    size_t (*room)(struct tty *tty);
    /* Called when input was taken out of the read buffer. NULL: not needed. */
    void (*was_read)(struct tty *tty);
    /* Discard output that write took and nobody has received. NULL: there is never any. May
     * sleep. */
    void (*flush)(struct tty *tty);
    /* Called when an open file of the terminal was closed; nr_files are left. May be NULL. */
    void (*closed)(struct tty *tty);
};

#define TTY_BUFFER_SIZE 4096u /* bytes; a line is at most one shorter */

PRIVATE_LOCK(spinlock, process_lock);

struct tty {
    const struct tty_driver *driver; /* [I] */
    devno_t devno;                   /* [I] */
    char name[16];                   /* [I] below /dev */
    uint32_t nr_refs;                /* [a] */
    uint32_t nr_files;               /* [a] open files */

    struct mutex lock;
    struct tty_termios termios GUARDED_BY(&lock); /* [lock] */
    struct tty_winsize winsize GUARDED_BY(&lock); /* [lock] */
    /* The read buffer, by free-running counters: tail <= canon <= head <= tail + size. */
    uint8_t buffer[TTY_BUFFER_SIZE] GUARDED_BY(&lock); /* [lock] */
    /* [lock] bit set for a byte that ends a line, or is an end of file (0) */
    uint64_t line_ends[TTY_BUFFER_SIZE / 64] GUARDED_BY(&lock);
    uint32_t head GUARDED_BY(&lock);        /* [lock] end of what was typed */
    uint32_t canon GUARDED_BY(&lock);       /* [lock] end of the last complete line */
    uint32_t tail GUARDED_BY(&lock);        /* [lock] start of what is unread */
    bool is_next_literal GUARDED_BY(&lock); /* [lock] VLNEXT was typed */
    bool is_hung_up GUARDED_BY(&lock); /* [lock] the other side is closed: reads end, writes fail */

    struct mutex output_lock;
    uint32_t column GUARDED_BY(&output_lock); /* [output_lock] cursor column */
    bool is_stopped;                          /* [a] stopped by VSTOP or TCXONC */

    struct wait_queue readers;
    struct wait_queue writers;
    struct poll_head poll;

    struct session *
        session GUARDED_BY(&process_lock); /* [process_lock] session that it controls, or NULL */
    struct process_group *
        foreground GUARDED_BY(&process_lock); /* [process_lock] counted, or NULL */
    void *private;                            /* private to the driver */
};

/* Register /dev/tty, /dev/console, /dev/ttyS0 and /dev/ptmx, and take the console's input. After
 * devfs_init(). */
int tty_boot(void) MUST_CHECK;

/* The terminal of the console. */
extern struct tty tty_console;

/* The device number of a session's terminal, for tty_nr in /proc/PID/stat. 0: none. */
devno_t tty_session_devno(const struct session *session) REQUIRES(&process_lock);
/* The foreground group's id, or -1. */
int tty_session_foreground(const struct session *session) REQUIRES(&process_lock);

#endif
