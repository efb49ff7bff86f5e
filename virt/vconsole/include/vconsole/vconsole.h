/*
 * One terminal for several guests.
 *
 * Output: while there is one guest its bytes go out as they come. With several, each writes whole
 * lines, led by its name: `web| login:`. An unfinished line of the guest that has the keyboard is
 * shown when that guest sleeps (a prompt), and from then on as it grows (the echo of what is
 * typed); another guest's line goes below it. Any other is shown when it is as long as the buffer,
 * or when its guest ends.
 *
 * Input goes to one guest, at first the one registered first. ^] (as in telnet) moves on to the
 * next. While that guest has no room, what is typed waits in the host's UART and before it: nothing
 * is lost, and a ^] behind it waits, too.
 */
#ifndef VCONSOLE_VCONSOLE_H
#define VCONSOLE_VCONSOLE_H

#include <base/types.h>
#include <list/list.h>
#include <lock/spinlock.h>

#define VCONSOLE_LINE_MAX   160
#define VCONSOLE_ESCAPE     0x1d /* ^] */
#define VCONSOLE_INPUT_SIZE 4096 /* of a guest, typed ahead: a line discipline's longest line */

struct vconsole {
    const char *name; /* [I] */
    /* A byte was typed for this guest. Interrupt context. */
    void (*input)(void *ctx, uint8_t byte); /* [I] */
    size_t (*room)(void *ctx);              /* [I] bytes that input() can take. Any context. */
    void *ctx;                              /* [I] */
    struct list node;                       /* [the list's lock] */

    struct spinlock lock;
    char line[VCONSOLE_LINE_MAX] GUARDED_BY(&lock); /* [lock] behind the prefix, without its end */
    unsigned length GUARDED_BY(&lock);              /* [lock] */
    unsigned shown
        GUARDED_BY(&lock); /* [lock] bytes of it on the terminal, while its line is open there */
    char last GUARDED_BY(&lock); /* [lock] the byte that went out last */
};

/* Takes the host console's input. Once. */
void vconsole_boot(void);

void vconsole_register(struct vconsole *console, const char *name,
                       void (*input)(void *ctx, uint8_t byte), size_t (*room)(void *ctx),
                       void *ctx);

/* After room() has grown. Any context, spinlocks held. */
void vconsole_room_made(void);

/* The guest ended: its input goes to the next one. Once more does nothing. Output still works. */
void vconsole_unregister(struct vconsole *console);

/* What the guest prints. Any context. */
void vconsole_write(struct vconsole *console, const char *bytes, size_t nr_bytes);

/* The guest sleeps: shows its unfinished line if it has the keyboard. Any context. */
void vconsole_show(struct vconsole *console);

/* Ends an unfinished line: the guest stopped. Any context. */
void vconsole_flush(struct vconsole *console);

#endif
