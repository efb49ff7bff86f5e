/*
 * The console below log and tty: bytes out, bytes in. Not here: line editing, levels, terminals.
 *
 * Output before a driver is registered is kept (the first 4 KiB) and written when one arrives.
 */
#ifndef CONSOLE_CONSOLE_H
#define CONSOLE_CONSOLE_H

#include <base/types.h>

/* A device that shows bytes. Registered by its driver; lives for ever. */
struct console {
    const char *name;
    /* Any context; polls if it must. Serialised by the console's lock, except in a panic. */
    void (*write)(struct console *con, const char *bytes, size_t nr_bytes);
    /* There is room for input again. NULL: it never leaves any in the device. Any context. */
    void (*resume_input)(struct console *con);
    struct console *next; /* the console's own */
};

void console_register(struct console *con);

/* To all consoles; a newline gets its carriage return. Any context. */
void console_write(const char *bytes, size_t nr_bytes);

/* The same without translation: what a tty has already processed. */
void console_write_raw(const char *bytes, size_t nr_bytes);

/* Interrupt context, from the driver: bytes that were typed. */
void console_received(const char *bytes, size_t nr_bytes);

/* Sets their receiver: fn(bytes, n) in interrupt context. NULL: they are dropped. */
void console_set_input(void (*fn)(const char *bytes, size_t nr_bytes));

/*
 * How many bytes may be handed to console_received() now. A driver takes no more out of its device;
 * the rest stays there, and the sender waits, until resume_input. Any context.
 */
size_t console_input_room(void);

/* Sets the function that tells: room() in any context. NULL, as at first: any number. */
void console_set_input_room(size_t (*room)(void));

/* After room() has grown. Any context. */
void console_input_resume(void);

/* After the drivers had their chance: without any, the firmware's console is used (slow, output
 * only). */
void console_start(void);

/* Panic: from now on no locks; and if no driver ever came, output goes through the firmware. */
void console_enter_panic(void);

#endif
