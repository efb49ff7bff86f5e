/*
 * One terminal for several guests.
 *
 * Output: while there is one guest its bytes go out as they come. With several, each writes whole
 * lines, led by its name: `web| login:`. A line that stays unfinished is shown when the guest waits
 * for input, or when it is as long as the buffer.
 *
 * Input goes to one guest, at first the one registered first. ^] (as in telnet) moves on to the
 * next.
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
    void *ctx;                              /* [I] */
    struct list node;                       /* [the list's lock] */

    struct spinlock lock;
    char line[VCONSOLE_LINE_MAX]; /* [lock] behind the prefix, without its end */
    unsigned length;              /* [lock] */
    char last;                    /* [lock] the byte that went out last */
};

/* Takes the host console's input. Once. */
void vconsole_boot(void);

void vconsole_register(struct vconsole *console, const char *name,
                       void (*input)(void *ctx, uint8_t byte), void *ctx);

/* The guest ended: its input goes to the next one. Once more does nothing. Output still works. */
void vconsole_unregister(struct vconsole *console);

/* What the guest prints. Any context. */
void vconsole_write(struct vconsole *console, const char *bytes, size_t nr_bytes);

/* Shows an unfinished line: the guest waits for input, or stopped. Any context. */
void vconsole_flush(struct vconsole *console);

#endif
