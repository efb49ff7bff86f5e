/*
 * The console: output to every registered device, input to one receiver.
 */
#include <arch/power.h>
#include <console/console.h>
#include <lock/spinlock.h>

#define EARLY_SIZE 4096 /* holds a warning for each of 64 command-line words, and more */

static struct spinlock console_lock = SPINLOCK_INIT("console");
static struct console *consoles GUARDED_BY(&console_lock); /* grows only */
static void (*input)(const char *bytes, size_t nr_bytes);  /* [a] */
static size_t (*input_room)(void);                         /* [a] */
static bool is_panic;                                      /* [a] lockless, after a panic */

/* Output from before the first console; when full, later output is dropped. */
static char early[EARLY_SIZE] GUARDED_BY(&console_lock);
static size_t early_used GUARDED_BY(&console_lock);

static unsigned long lock(void) ACQUIRES(&console_lock)
    NO_LOCK_CHECK("in a panic, when one CPU alone goes on, nothing is taken")
{
    return is_panic ? arch_irq_save() : spin_lock_irqsave(&console_lock);
}

static void unlock(unsigned long flags) RELEASES(&console_lock)
    NO_LOCK_CHECK("in a panic, when one CPU alone goes on, nothing was taken")
{
    if (is_panic)
        arch_irq_restore(flags);
    else
        spin_unlock_irqrestore(&console_lock, flags);
}

static void emit(const char *bytes, size_t nr_bytes) REQUIRES(&console_lock)
{
    if (!consoles) {
        for (size_t i = 0; i < nr_bytes; i++)
            if (is_panic)
                arch_early_putchar(bytes[i]);
            else if (early_used < EARLY_SIZE)
                early[early_used++] = bytes[i];
    }
    for (struct console *con = consoles; con; con = con->next)
        con->write(con, bytes, nr_bytes);
}

void console_register(struct console *con)
{
    unsigned long flags = lock();

    if (!consoles && early_used != 0)
        con->write(con, early, early_used);
    con->next = consoles;
    __atomic_store_n(&consoles, con, __ATOMIC_RELEASE);
    unlock(flags);
}

void console_write_raw(const char *bytes, size_t nr_bytes)
{
    unsigned long flags = lock();

    emit(bytes, nr_bytes);
    unlock(flags);
}

void console_write(const char *bytes, size_t nr_bytes)
{
    unsigned long flags = lock();
    size_t from = 0;

    for (size_t i = 0; i < nr_bytes; i++) {
        if (bytes[i] == '\n') {
            emit(bytes + from, i - from);
            emit("\r\n", 2);
            from = i + 1;
        }
    }
    emit(bytes + from, nr_bytes - from);
    unlock(flags);
}

void console_received(const char *bytes, size_t nr_bytes)
{
    void (*fn)(const char *bytes, size_t nr_bytes) = __atomic_load_n(&input, __ATOMIC_ACQUIRE);

    if (fn)
        fn(bytes, nr_bytes);
}

void console_set_input(void (*fn)(const char *bytes, size_t nr_bytes))
{
    __atomic_store_n(&input, fn, __ATOMIC_RELEASE);
}

void console_set_input_room(size_t (*room)(void))
{
    __atomic_store_n(&input_room, room, __ATOMIC_RELEASE);
}

size_t console_input_room(void)
{
    size_t (*room)(void) = __atomic_load_n(&input_room, __ATOMIC_ACQUIRE);

    return room ? room() : SIZE_MAX;
}

void console_input_resume(void)
{
    struct console *con =
        UNLOCKED(__atomic_load_n(&consoles, __ATOMIC_ACQUIRE), "it only ever grows, at the front");

    for (; con; con = con->next)
        if (con->resume_input)
            con->resume_input(con);
}

static void firmware_write(struct console *con, const char *bytes, size_t nr_bytes)
{
    (void)con;
    for (size_t i = 0; i < nr_bytes; i++)
        arch_early_putchar(bytes[i]);
}

void console_start(void)
{
    static struct console firmware = {.name = "sbi", .write = firmware_write};

    if (!UNLOCKED(consoles, "at boot, with one CPU"))
        console_register(&firmware);
}

void console_enter_panic(void)
{
    is_panic = true;
    ASSUME_LOCKED(&console_lock, "in a panic, when one CPU alone goes on");
    if (!consoles) {
        for (size_t i = 0; i < early_used; i++)
            arch_early_putchar(early[i]);
        early_used = 0;
    }
}
