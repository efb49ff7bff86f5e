/*
 * The host's terminal shared by several guests.
 *
 * Output: the bytes of a single guest pass through. With several, each writes whole lines prefixed
 * by its name: `web| login:`. An unfinished line of the guest with the keyboard is shown when that
 * guest sleeps (a prompt), and then as it grows (echo); another guest's line goes below it. Other
 * unfinished lines are shown when they fill the buffer, or when their guest ends.
 *
 * Input goes to one guest, initially the one registered first. ^] (as in telnet) moves on to the
 * next. While that guest has no room, input waits in the host's UART and in front of it: nothing is
 * lost, but a later ^] waits, too.
 */
#ifndef VCONSOLE_VCONSOLE_H
#define VCONSOLE_VCONSOLE_H

#include <base/types.h>
#include <list/list.h>
#include <lock/spinlock.h>

#define VCONSOLE_LINE_MAX   160
#define VCONSOLE_ESCAPE     0x1d /* ^] */
#define VCONSOLE_INPUT_SIZE 4096 /* type-ahead per guest: a line discipline's longest line */

struct vconsole {
    const char *name; /* [I] */
    /* Take a byte typed for this guest. Interrupt context. */
    void (*input)(void *ctx, uint8_t byte); /* [I] */
    size_t (*room)(void *ctx); /* [I] number of bytes that input() can take. Any context. */
    void *ctx;                 /* [I] */
    struct list node;          /* [the list's lock] */

    struct spinlock lock;
    char line[VCONSOLE_LINE_MAX] GUARDED_BY(
        &lock);                        /* [lock] text after the prefix, without newline */
    unsigned length GUARDED_BY(&lock); /* [lock] */
    unsigned shown GUARDED_BY(
        &lock); /* [lock] bytes of it shown on the terminal, while its line is open there */
    char last GUARDED_BY(&lock); /* [lock] last byte written */
};

/* Take over the host console's input. Once. */
void vconsole_boot(void);

void vconsole_register(struct vconsole *console, const char *name,
                       void (*input)(void *ctx, uint8_t byte), size_t (*room)(void *ctx),
                       void *ctx);

/* Call after room() has grown. Any context, spinlocks may be held. */
void vconsole_room_made(void);

/* The guest ended: move the input to the next one. Idempotent. Output still works. */
void vconsole_unregister(struct vconsole *console);

/* Print output of the guest. Any context. */
void vconsole_write(struct vconsole *console, const char *bytes, size_t nr_bytes);

/* Show the unfinished line if the guest has the keyboard; called when it sleeps. Any context. */
void vconsole_show(struct vconsole *console);

/* End an unfinished line; called when the guest stopped. Any context. */
void vconsole_flush(struct vconsole *console);

#endif
