/*
 * The console below log and tty: output and input of bytes. Not here: line editing, levels,
 * terminals.
 *
 * Output before a driver is registered is kept (the first 4 KiB) and written when one arrives.
 */
#ifndef CONSOLE_CONSOLE_H
#define CONSOLE_CONSOLE_H

#include <base/types.h>

/* An output device. Registered by its driver; never freed. */
struct console {
    const char *name;
    /* Any context; polls if it must. Serialised by the console's lock, except in a panic. */
    void (*write)(struct console *con, const char *bytes, size_t nr_bytes);
    /* Called when there is room for input again. NULL: input is never left in the device. Any
     * context. */
    void (*resume_input)(struct console *con);
    struct console *next; /* the console's own */
};

void console_register(struct console *con);

/* Write to all consoles; adds a carriage return to each newline. Any context. */
void console_write(const char *bytes, size_t nr_bytes);

/* The same without translation: what a tty has already processed. */
void console_write_raw(const char *bytes, size_t nr_bytes);

/* Called by the driver with typed bytes. Interrupt context. */
void console_received(const char *bytes, size_t nr_bytes);

/* Set the receiver of input: fn(bytes, n) in interrupt context. NULL: input is dropped. */
void console_set_input(void (*fn)(const char *bytes, size_t nr_bytes));

/*
 * Return how many bytes may be passed to console_received() now. A driver takes no more out of its
 * device; the rest stays there, and the sender waits, until resume_input. Any context.
 */
size_t console_input_room(void);

/* Set the function that returns the room, called in any context. NULL, as initially: unlimited. */
void console_set_input_room(size_t (*room)(void));

/* Call after room() has grown. Any context. */
void console_input_resume(void);

/* Fall back to the firmware's console (slow, output only) if no driver has registered one. */
void console_start(void);

/* Panic: stop taking locks, and use the firmware's console if no driver has registered one. */
void console_enter_panic(void);

#endif
