/*
 * The shared terminal; see vconsole.h. Lock order: the list's, then a console's, then the
 * terminal's.
 */
#include <console/console.h>
#include <printf/printf.h>
#include <string/string.h>
#include <vconsole/vconsole.h>

static struct spinlock list_lock = SPINLOCK_INIT("vconsoles");
static struct list consoles GUARDED_BY(&list_lock) = {&consoles, &consoles};
static struct vconsole *focus GUARDED_BY(&list_lock); /* receives the input */
static bool is_shared GUARDED_BY(&list_lock);         /* there has been more than one guest */

static struct spinlock terminal_lock = SPINLOCK_INIT("terminal");
/* Console whose unfinished line the cursor is on. */
static struct vconsole *open_line GUARDED_BY(&terminal_lock);

#define IS_SHARED UNLOCKED(READ_ONCE(is_shared), "it becomes true once, before a second guest runs")

static void show_focus(void) REQUIRES(&list_lock)
{
    char text[64];
    const int length = snprintf(text, sizeof(text), "[input: %s]\n", focus->name);

    console_write(text, (size_t)length);
}

static struct vconsole *next_of(struct vconsole *console) REQUIRES(&list_lock)
{
    struct list *node = console->node.next;

    if (node == &consoles)
        node = consoles.next;
    return container_of(node, struct vconsole, node);
}

static void received(const char *bytes, size_t nr_bytes)
{
    uint64_t flags = spin_lock_irqsave(&list_lock);

    for (size_t i = 0; i < nr_bytes && focus; i++) {
        if (bytes[i] == VCONSOLE_ESCAPE && is_shared) {
            focus = next_of(focus);
            show_focus();
        } else {
            focus->input(focus->ctx, (uint8_t)bytes[i]);
        }
    }
    spin_unlock_irqrestore(&list_lock, flags);
}

/* Byte by byte with several guests, since any byte may switch the input. */
static size_t room(void)
{
    uint64_t flags = spin_lock_irqsave(&list_lock);
    size_t n = focus ? focus->room(focus->ctx) : SIZE_MAX;

    if (is_shared)
        n = MIN(n, (size_t)1);
    spin_unlock_irqrestore(&list_lock, flags);
    return n;
}

void vconsole_room_made(void)
{
    console_input_resume();
}

void vconsole_boot(void)
{
    console_set_input(received);
    console_set_input_room(room);
}

void vconsole_register(struct vconsole *console, const char *name,
                       void (*input)(void *ctx, uint8_t byte), size_t (*room)(void *ctx), void *ctx)
{
    *console = (struct vconsole){.name = name, .input = input, .room = room, .ctx = ctx};
    spin_init(&console->lock, "vconsole");

    uint64_t flags = spin_lock_irqsave(&list_lock);
    is_shared = is_shared || !list_is_empty(&consoles);
    list_add_tail(&consoles, &console->node);
    if (!focus)
        focus = console;
    spin_unlock_irqrestore(&list_lock, flags);
}

void vconsole_unregister(struct vconsole *console)
{
    vconsole_flush(console);

    uint64_t flags = spin_lock_irqsave(&list_lock);
    if (list_is_linked(&console->node)) {
        if (focus == console)
            focus = next_of(console) == console ? NULL : next_of(console);
        list_del_init(&console->node);
    }
    spin_unlock_irqrestore(&list_lock, flags);
    console_input_resume(); /* the next one may have room */
}

/*
 * Write the line with its prefix below the unfinished line of another guest, or only the new part
 * if our own line is open. A single write, so that lines of several guests do not mix.
 */
static void line_show(struct vconsole *console, bool is_whole) REQUIRES(&console->lock)
{
    char text[VCONSOLE_LINE_MAX + 32];
    size_t length = 0, shown = 0;
    uint64_t flags = spin_lock_irqsave(&terminal_lock);

    if (open_line == console)
        shown = console->shown;
    else
        length = (size_t)snprintf(text, 32, "%s%s| ", open_line ? "\n" : "", console->name);
    memcpy(text + length, console->line + shown,
           console->length - shown); /* a guest may print NULs */
    length += console->length - shown;
    if (is_whole)
        text[length++] = '\n';
    console_write(text, length);
    console->shown = console->length;
    open_line = is_whole ? NULL : console;
    spin_unlock_irqrestore(&terminal_lock, flags);
}

static void line_out(struct vconsole *console) REQUIRES(&console->lock)
{
    line_show(console, true);
    console->length = 0;
}

static void write_lines(struct vconsole *console, const char *bytes, size_t nr_bytes)
    REQUIRES(&console->lock)
{
    for (size_t i = 0; i < nr_bytes; i++) {
        if (bytes[i] == '\n')
            line_out(console);
        else if (bytes[i] != '\r')
            console->line[console->length++] = bytes[i];
        if (console->length == VCONSOLE_LINE_MAX)
            line_out(console);
    }
    if (console->length &&
        UNLOCKED(READ_ONCE(open_line), "only who made it so changes that") == console)
        line_show(console, false); /* an echo: the user waits for it */
}

/* Pass the bytes through; add a carriage return to a line feed without one. */
static void write_plain(struct vconsole *console, const char *bytes, size_t nr_bytes)
    REQUIRES(&console->lock)
{
    size_t start = 0;

    for (size_t i = 0; i < nr_bytes; i++) {
        if (bytes[i] == '\n' && console->last != '\r') {
            console_write_raw(bytes + start, i - start);
            console_write_raw("\r\n", 2);
            start = i + 1;
        }
        console->last = bytes[i];
    }
    if (start < nr_bytes)
        console_write_raw(bytes + start, nr_bytes - start);
}

void vconsole_write(struct vconsole *console, const char *bytes, size_t nr_bytes)
{
    uint64_t flags = spin_lock_irqsave(&console->lock);

    if (IS_SHARED)
        write_lines(console, bytes, nr_bytes);
    else
        write_plain(console, bytes, nr_bytes);
    spin_unlock_irqrestore(&console->lock, flags);
}

void vconsole_flush(struct vconsole *console)
{
    uint64_t flags = spin_lock_irqsave(&console->lock);

    if (console->length)
        line_out(console);
    spin_unlock_irqrestore(&console->lock, flags);
}

void vconsole_show(struct vconsole *console)
{
    uint64_t flags = spin_lock_irqsave(&console->lock);

    if (console->length && IS_SHARED &&
        UNLOCKED(READ_ONCE(focus), "a glance: list_lock goes before this lock") == console)
        line_show(console, false);
    spin_unlock_irqrestore(&console->lock, flags);
}
